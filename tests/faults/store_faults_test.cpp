// SPDX-License-Identifier: Apache-2.0
// The store under power cuts and on full disks: HDF5's own calls are interposed, too.
#include <cerrno>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/h5/file.hpp"

#include "faults/cuts.hpp"
#include "results/store.hpp"
#include "support/record_builder.hpp"
#include "support/specs.hpp"

using namespace graft;
using tests::Cuts;
using tests::FaultyFiles;
using tests::Operation;
using tests::RecordBuilder;
using tests::TemporaryDirectory;

namespace {

namespace fs = std::filesystem;

RecordBuilder small_sweep(int trials) {
    RecordBuilder builder;
    builder.dataset("retina");
    for (int seed = 1; seed <= trials; ++seed) {
        builder.finish(builder.plan(tests::planned("mobilenet", "retina", "random", seed)), 0.9,
                       0.8);
    }
    return builder;
}

void write(const fs::path& directory, int trials) {
    results::write_store(small_sweep(trials).record(),
                         {1, 100 * static_cast<std::uint64_t>(trials)},
                         results::store_path(directory));
}

std::size_t trials_in(const fs::path& directory) {
    return results::read_table(results::store_path(directory), "trials").rows();
}

std::size_t files_in(const fs::path& directory) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), {}));
}

// Of a store of so many trials, written in peace.
std::string bytes_of(int trials) {
    const TemporaryDirectory elsewhere;
    write(elsewhere.path(), trials);
    return core::read_file(results::store_path(elsewhere.path()));
}

// A store of 2 trials is replaced by one of 3 while the n-th operation fails; false when there are
// not so many.
bool survives(std::uint64_t n, int error, bool for_good) {
    static const std::string old = bytes_of(2), now = bytes_of(3);
    const TemporaryDirectory directory;
    write(directory.path(), 2);
    std::string failed;
    bool thrown = false;
    {
        FaultyFiles faults(directory.path());
        faults.fail(n, error, for_good);
        try {
            write(directory.path(), 3);
        } catch (const core::NoSpaceError& problem) {
            thrown = true;
            CHECK(error != EIO);
            CHECK(problem.exit_code() == 74);
        } catch (const core::SystemError&) {
            thrown = true;
            CHECK(error == EIO);
        }
        failed = faults.failed();
    }
    INFO("failed " << failed << " with error " << error << (for_good ? " for good" : ""));
    // The link that keeps the old store for a while may fail; the file system may have none. A file
    // that HDF5 is to make it first tries to open.
    const bool harmless = failed.empty() || failed.starts_with("link") ||
                          failed.starts_with("close") || (failed.starts_with("open") && !for_good);
    CHECK((thrown || harmless));
    const auto store = core::read_file(results::store_path(directory.path()));
    CHECK((store == now || (thrown && store == old)));
    CHECK(files_in(directory.path()) <= 2);  // with results.previous.h5
    write(directory.path(), 4);
    CHECK(trials_in(directory.path()) == 4);
    CHECK(files_in(directory.path()) == 2);
    return !failed.empty();
}

}  // namespace

TEST_CASE("at every cut the store is the whole old one or the whole new one") {
    Cuts cuts;
    for (const int trials : {1, 2}) {
        write(cuts.root(), trials);
        cuts.faults().mark("published");
    }
    cuts.each(6, [](const fs::path& disk, std::size_t marks) {
        if (marks > 0 || fs::exists(results::store_path(disk))) {
            const auto trials = trials_in(disk);
            CHECK((trials == 2 || (trials == 1 && marks < 2)));
        }
        write(disk, 3);
        CHECK(trials_in(disk) == 3);
    });
}

TEST_CASE("a store whose n-th operation fails says so, stays as it was, and leaves no litter") {
    for (const int error : {ENOSPC, EDQUOT, EIO}) {
        std::uint64_t n = 0;
        while (survives(n, error, false)) {
            ++n;
        }
        CHECK(n > 8);
    }
}

TEST_CASE("a store on a disk that stays full is as good as before") {
    std::uint64_t n = 0;
    while (survives(n, ENOSPC, true)) {
        ++n;
    }
    CHECK(n > 8);
}

TEST_CASE("HDF5's errors name the file and what the system said") {
    const TemporaryDirectory directory;
    FaultyFiles faults(directory.path());
    auto file = core::h5::File::create(directory / "a.h5");
    faults.fail(Operation::Kind::write, 1, EDQUOT, true);
    CHECK_THROWS_WITH(file.write("/data", std::vector<double>(100000, 0.5)),
                      ContainsSubstring((directory / "a.h5").string()) &&
                          ContainsSubstring("quota") && ContainsSubstring("Free space"));
}

TEST_CASE("a publisher held up before its rename does not undo a later start's store") {
    const TemporaryDirectory directory;
    FaultyFiles faults(directory.path());
    const auto ignore = [](const sweep::Event&) {};
    auto older = sweep::JournalWriter::start(directory.path(), tests::started(1), ignore);
    REQUIRE(older);
    bool overtaken = false;
    // The first rename is that of the older publisher.
    faults.before(Operation::Kind::rename, 0, [&] {
        auto newer = sweep::JournalWriter::start(directory.path(), tests::started(2), ignore);
        overtaken = newer->append({tests::planned({tests::planned_trial()})});
        results::publish(directory.path());
        CHECK(trials_in(directory.path()) == 1);
    });
    results::publish(directory.path());
    CHECK(overtaken);
    CHECK(trials_in(directory.path()) == 1);
    CHECK(results::covered(results::store_path(directory.path()))->segment == 2);
}
