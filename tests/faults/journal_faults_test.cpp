// SPDX-License-Identifier: Apache-2.0
// The journal on a disk that is full or fails: what went wrong is said, what was acknowledged
// stays.
#include <cerrno>

#include "core/error.hpp"

#include "sweep/journal.hpp"

#include "faults/faulty_files.hpp"
#include "scheduler/file_thread.hpp"
#include "support/catch.hpp"
#include "support/specs.hpp"
#include "support/temporary.hpp"

using namespace graft;
using namespace graft::sweep;
using tests::FaultyFiles;
using tests::TemporaryDirectory;

namespace {

namespace fs = std::filesystem;

const PlannedTrial kTrial = tests::planned_trial();
const auto kIgnore = [](const Event&) {};

std::size_t events_in(const fs::path& sweep) {
    std::size_t count = 0;
    read_journal(sweep, [&](const Event&) { ++count; });
    return count;
}

// Two starts and five groups; `acknowledged` counts the events.
void write_journal(const fs::path& sweep, std::size_t& acknowledged) {
    for (int start = 0; start < 2; ++start) {
        auto writer = JournalWriter::start(sweep, tests::started(start), kIgnore);
        REQUIRE(writer);
        ++acknowledged;
        for (int group = 0; group <= start + 1; ++group) {
            try {
                const bool counts = writer->append({tests::planned({kTrial})});
                REQUIRE(counts);
            } catch (const core::Error&) {
                // What failed once takes nothing more, even when the disk is well again.
                CHECK_THROWS_AS(writer->append({tests::planned({kTrial})}), core::SystemError);
                throw;
            }
            ++acknowledged;
        }
    }
}

// What happens when the n-th operation fails; false when there are not so many.
bool survives(std::uint64_t n, int error, bool for_good, bool short_writes) {
    const TemporaryDirectory directory;
    std::size_t acknowledged = 0;
    std::string failed;
    bool thrown = false;
    {
        FaultyFiles faults(directory.path());
        faults.fail(n, error, for_good);
        if (short_writes) {
            faults.write_short();
        }
        try {
            write_journal(directory / "sweep", acknowledged);
        } catch (const core::NoSpaceError&) {
            thrown = true;
            CHECK(error != EIO);
        } catch (const core::SystemError&) {
            thrown = true;
            CHECK(error == EIO);
        }
        failed = faults.failed();
    }
    INFO("failed " << failed << " with error " << error << ", acknowledged " << acknowledged);
    // A close after the last sync says nothing about what was synced.
    CHECK((thrown || failed.empty() || failed.starts_with("close")));
    const auto before = fs::exists(directory / "sweep") ? events_in(directory / "sweep") : 0;
    // The group that failed may be there; it was not acknowledged, nor was it denied.
    CHECK((before == acknowledged || (thrown && before == acknowledged + 1)));
    const FaultyFiles well(directory.path());
    auto writer = JournalWriter::start(directory / "sweep", tests::started(3), kIgnore);
    REQUIRE(writer);
    REQUIRE(writer->append({tests::planned({kTrial})}));
    CHECK(events_in(directory / "sweep") == before + 2);
    return !failed.empty();
}

}  // namespace

TEST_CASE("a journal whose n-th operation fails keeps what was acknowledged, and goes on") {
    for (const int error : {ENOSPC, EDQUOT, EIO}) {
        for (const bool short_writes : {false, true}) {
            std::uint64_t n = 0;
            while (survives(n, error, false, short_writes)) {
                ++n;
            }
            CHECK(n > 20);
        }
    }
}

TEST_CASE("a disk that stays full from the n-th operation on loses nothing either") {
    std::uint64_t n = 0;
    while (survives(n, ENOSPC, true, true)) {
        ++n;
    }
    CHECK(n > 20);
}

TEST_CASE("a coordinator whose journal finds no space says what frees some") {
    const TemporaryDirectory directory;
    FaultyFiles faults(directory.path());
    faults.fail(tests::Operation::Kind::write, 1, ENOSPC, true);  // after the start's own
    auto writer = JournalWriter::start(directory.path(), tests::started(), kIgnore);
    REQUIRE(writer);
    scheduler::FileThread files(directory.path(), std::move(*writer), {});
    files.append({tests::planned({kTrial})});
    std::optional<scheduler::RunResult> failure;
    for (int i = 0; i < 1000 && !failure; ++i) {
        core::sleep_for(core::Seconds(0.01));
        failure = files.take_report().failure;
    }
    REQUIRE(failure);
    CHECK(failure->outcome == scheduler::Outcome::no_space);
    CHECK_THAT(failure->message, ContainsSubstring("graft clean " + directory.path().string()));
}
