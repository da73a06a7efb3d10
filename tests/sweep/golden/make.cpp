// SPDX-License-Identifier: Apache-2.0
// make_golden FORMAT DIRECTORY: writes that format's golden journal into DIRECTORY/journal.
#include <cstdio>
#include <map>
#include <string>

#include "golden.hpp"

int main(int count, char** arguments) {
    using namespace graft::tests;
    const std::map<std::string, std::vector<Segment> (*)()> of_format{{"1", golden_format_1},
                                                                      {"2", golden_format_2},
                                                                      {"3", golden_format_3},
                                                                      {"4", golden_format_4},
                                                                      {"5", golden_format_5}};
    const auto chosen = of_format.find(count == 3 ? arguments[1] : "");
    if (chosen == of_format.end()) {
        std::fputs("make_golden FORMAT DIRECTORY (FORMAT: 1 to 5)\n", stderr);
        return 2;
    }
    write_golden(arguments[2], chosen->second());
}
