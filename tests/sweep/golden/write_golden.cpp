// SPDX-License-Identifier: Apache-2.0
#include <fstream>

#include <fmt/format.h>

#include "sweep/journal.hpp"

#include "golden.hpp"

namespace graft::tests {

namespace {

namespace fs = std::filesystem;

fs::path file_of(const fs::path& sweep, std::size_t number) {
    return sweep::journal_directory(sweep) / fmt::format("{:06}", number);
}

void add_segment(const fs::path& sweep, const Segment& segment) {
    auto writer = sweep::JournalWriter::start(
        sweep, std::get<sweep::Started>(segment.front().front()), [](const sweep::Event&) {});
    for (std::size_t group = 1; group < segment.size(); ++group) {
        if (!writer.value().append(segment[group])) {
            throw std::logic_error("another start is in the golden journal's place");
        }
    }
}

}  // namespace

void write_golden(const fs::path& sweep, const std::vector<Segment>& segments) {
    add_segment(sweep, segments.at(0));
    const std::string first_start = core::read_file(file_of(sweep, 1)).substr(12, 40);
    add_segment(sweep, segments.at(1));
    std::ofstream(file_of(sweep, 2), std::ios::binary | std::ios::app) << first_start;
    add_segment(sweep, segments.at(2));
    // What a coordinator thought dead goes on to write: void, whatever it is.
    std::ofstream(file_of(sweep, 1), std::ios::binary | std::ios::app)
        << "void" << core::read_file(file_of(sweep, 2)).substr(12);
}

}  // namespace graft::tests
