// SPDX-License-Identifier: Apache-2.0
// sweep/journal: the segments of a journal, one after the other; each begins with "graftjnl". They
// are read as they are, and once more with every group's checksum mended, so that what lies
// behind the checksums is reached.
#include "sweep/journal.hpp"

#include <cstring>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/hash.hpp"

#include "sweep/record.hpp"

#include "fuzz/fuzz.hpp"
#include "support/temporary.hpp"

using namespace graft;

namespace {

constexpr std::string_view kMagic = "graftjnl";
constexpr std::size_t kHeaderBytes = 12, kGroupHeadBytes = 12, kMostSegments = 4;

std::vector<std::string> segments_in(std::string_view bytes) {
    std::vector<std::string> segments;
    while (!bytes.empty() && segments.size() < kMostSegments) {
        const auto next = std::min(bytes.find(kMagic, 1), bytes.size());
        segments.emplace_back(bytes.substr(0, next));
        bytes.remove_prefix(next);
    }
    return segments;
}

void mend_checksums(std::string& segment) {
    std::size_t at = kHeaderBytes;
    while (at + kGroupHeadBytes <= segment.size()) {
        std::uint32_t length = 0;
        std::memcpy(&length, segment.data() + at, sizeof length);
        const auto payload = std::string_view(segment).substr(at + kGroupHeadBytes);
        if (length > payload.size()) {
            return;
        }
        const std::uint64_t sum = core::checksum(payload.substr(0, length), length);
        std::memcpy(segment.data() + at + sizeof length, &sum, sizeof sum);
        at += kGroupHeadBytes + length;
    }
}

void read(const std::filesystem::path& sweep, const std::vector<std::string>& segments) {
    for (std::size_t i = 0; i < segments.size(); ++i) {
        fuzz::write_bytes(sweep::journal_directory(sweep) / fmt::format("{:06}", i + 1),
                          segments[i]);
    }
    sweep::Record record;
    try {
        const auto end =
            sweep::read_journal(sweep, [&](const sweep::Event& event) { record.apply(event); });
        fuzz::demand(end.segment <= static_cast<std::int64_t>(segments.size()),
                     "the journal ends in one of its segments");
    } catch (const core::Error& error) {
        fuzz::demand(std::strlen(error.what()) > 0, "an error says what is wrong");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const tests::TemporaryDirectory sweep;
    std::filesystem::create_directories(sweep::journal_directory(sweep.path()));
    auto segments = segments_in(fuzz::text_of(data, size));
    read(sweep.path(), segments);
    for (auto& segment : segments) {
        mend_checksums(segment);
    }
    read(sweep.path(), segments);
    return 0;
}
