// SPDX-License-Identifier: Apache-2.0
// make_golden FORMAT DIRECTORY: writes that format's golden journal into DIRECTORY/journal.
#include <array>
#include <cstdio>
#include <string>

#include "golden.hpp"

int main(int count, char** arguments) {
    using namespace graft::tests;
    constexpr std::array formats{golden_format_1, golden_format_2, golden_format_3, golden_format_4,
                                 golden_format_5};
    for (std::size_t i = 0; count == 3 && i < formats.size(); ++i) {
        if (std::to_string(i + 1) == arguments[1]) {
            write_golden(arguments[2], formats[i]());
            return 0;
        }
    }
    std::fprintf(stderr, "make_golden FORMAT DIRECTORY (FORMAT: 1 to %zu)\n", formats.size());
    return 2;
}
