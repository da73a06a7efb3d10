// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace graft::commands {

// The file <sweep>/parts/division: which parts train the sweep's trials. A part is a sweep in a
// directory of its own, <sweep>/parts/01 and so on, with the sweep's grid and a list of its trials.
struct DivisionFile {
    std::size_t asked = 0;            // parts that were asked for; there may be fewer
    std::string grid;                 // hash of all trials of the grid that was divided
    std::vector<std::string> open;    // names of directories, whose trials are theirs
    std::vector<std::string> merged;  // their results were taken in, and they train no more
};

// "key value" lines. Keys that are not known are no error.
std::string to_text(const DivisionFile& division);
DivisionFile parse_division(const std::string& text);

// Empty for a sweep that was never divided.
DivisionFile read_division(const std::filesystem::path& sweep);
void write_division(const std::filesystem::path& sweep, const DivisionFile& division);

std::filesystem::path parts_directory(const std::filesystem::path& sweep);

}  // namespace graft::commands
