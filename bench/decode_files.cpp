// SPDX-License-Identifier: Apache-2.0
// One process and one thread that decodes files as graft-prepare's workers do, for
// bench/peers/preparation.py: decode_files SIDE < LIST, one path a line, then an empty line. For
// each further line it decodes all of them anew, and prints the seconds that it took by the clock
// and of the processor.
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <string>
#include <vector>

#include "core/clock.hpp"

#include "data/decode.hpp"

using namespace graft;

namespace {

double processor_seconds() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

}  // namespace

int main(int count, char** arguments) {
    const std::vector<std::string> given(arguments + 1, arguments + count);
    const std::vector<int> sides{std::stoi(given.at(0))};
    std::vector<data::Sample> samples;
    std::string line;
    while (std::getline(std::cin, line) && !line.empty()) {
        samples.emplace_back().files = {line};
    }
    data::decode_with_one_thread();
    std::vector<std::uint8_t> pixels(data::pixel_bytes(sides));
    while (std::getline(std::cin, line)) {
        const auto start = core::now();
        const double used = processor_seconds();
        for (const auto& sample : samples) {
            data::decode_sample("", sample, sides, data::HashOf::square, pixels);
        }
        std::cout << core::Seconds(core::now() - start).count() << ' ' << processor_seconds() - used
                  << std::endl;
    }
    return EXIT_SUCCESS;
}
