// SPDX-License-Identifier: Apache-2.0
#include "commands/division_file.hpp"

#include "core/file.hpp"
#include "core/text.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

fs::path path_of(const fs::path& sweep) {
    return parts_directory(sweep) / "division";
}

// It becomes part of a path.
bool is_part_name(const std::string& name) {
    return !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

std::string to_text(const DivisionFile& division) {
    std::string text = fmt::format("asked {}\ngrid {}\n", division.asked, division.grid);
    for (const auto& name : division.open) {
        text += "part " + name + "\n";
    }
    for (const auto& name : division.merged) {
        text += "merged " + name + "\n";
    }
    return text;
}

DivisionFile parse_division(const std::string& text) {
    DivisionFile division;
    for (const auto& line : core::split(text, '\n')) {
        const auto space = line.find(' ');
        const std::string key = line.substr(0, space);
        const std::string value = space == std::string::npos ? "" : line.substr(space + 1);
        if (key == "asked") {
            division.asked = static_cast<std::size_t>(core::parse_int(value).value_or(0));
        } else if (key == "grid") {
            division.grid = value;
        } else if (key == "part" && is_part_name(value)) {
            division.open.push_back(value);
        } else if (key == "merged" && is_part_name(value)) {
            division.merged.push_back(value);
        }
    }
    return division;
}

DivisionFile read_division(const fs::path& sweep) {
    return parse_division(core::read_file_if_there(path_of(sweep)).value_or(""));
}

void write_division(const fs::path& sweep, const DivisionFile& division) {
    core::write_file(path_of(sweep), to_text(division));
}

fs::path parts_directory(const fs::path& sweep) {
    return sweep / "parts";
}

}  // namespace graft::commands
