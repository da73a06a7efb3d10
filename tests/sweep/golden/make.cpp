// SPDX-License-Identifier: Apache-2.0
// make_golden FORMAT DIRECTORY: writes that format's golden journal into DIRECTORY/journal.
#include <cstdio>
#include <string>

#include "golden.hpp"

int main(int count, char** arguments) {
    const std::string format = count == 3 ? arguments[1] : "";
    if (format != "1" && format != "2" && format != "3" && format != "4") {
        std::fputs("make_golden FORMAT DIRECTORY (FORMAT: 1 to 4)\n", stderr);
        return 2;
    }
    graft::tests::write_golden(arguments[2], format == "1"   ? graft::tests::golden_format_1()
                                             : format == "2" ? graft::tests::golden_format_2()
                                             : format == "3" ? graft::tests::golden_format_3()
                                                             : graft::tests::golden_format_4());
}
