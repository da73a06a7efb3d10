// SPDX-License-Identifier: Apache-2.0
// Whole programs on a disk that fails: the layer is loaded into them with LD_PRELOAD.
#include "core/file.hpp"

#include "sweep/journal.hpp"

#include "support/catch.hpp"
#include "support/program.hpp"
#include "support/specs.hpp"
#include "support/temporary.hpp"

using namespace graft;
using tests::TemporaryDirectory;

namespace {

namespace fs = std::filesystem;

void write_journal(const fs::path& sweep) {
    auto writer = sweep::JournalWriter::start(sweep, tests::started(), [](const auto&) {});
    REQUIRE(writer);
    REQUIRE(writer->append({tests::planned({tests::planned_trial()})}));
}

// `graft publish` with a fault; core/file and HDF5 are under it alike.
tests::Ran publish(const fs::path& sweep, const std::string& fault) {
    const auto program = core::own_executable().parent_path() / "graft";
    return tests::ran({"env", "LD_PRELOAD=" GRAFT_FAULTY_FILES,
                       "GRAFT_FAULTS=" + fault + ":" + sweep.string(), program.string(), "publish",
                       sweep.string()});
}

}  // namespace

TEST_CASE("graft publish ends with 74 without space, with 70 on a failing disk") {
    const TemporaryDirectory sweep;
    write_journal(sweep.path());
    // HDF5 tries twice to open a file that it is to make, and may fail the first time.
    for (const char* kind : {"write:0+", "write:1", "sync:0", "rename:0", "open:0+"}) {
        INFO(kind);
        for (const char* error : {"ENOSPC", "EDQUOT"}) {
            const auto ran = publish(sweep.path(), kind + std::string(":") + error);
            INFO(ran.output);
            CHECK(ran.code == 74);
            CHECK_THAT(ran.output, ContainsSubstring("Free space there"));
        }
        CHECK(publish(sweep.path(), kind + std::string(":EIO")).code == 70);
    }
    for (const auto& entry : fs::directory_iterator(sweep.path())) {
        CHECK(entry.path().filename() == "journal");  // no store, and no litter
    }
    CHECK(publish(sweep.path(), "write:1000:EIO").code == 0);
    CHECK(fs::exists(sweep / "results.h5"));
}
