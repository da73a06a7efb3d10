// SPDX-License-Identifier: Apache-2.0
#include "sweep/trial_files.hpp"

#include "core/file.hpp"
#include "core/hash.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"

namespace graft::sweep {

namespace {

const TrialId kTrial("0123456789abcdef");

struct Place {
    Place() { core::create_directories((directory / plain_file(kTrial, "best")).parent_path()); }
    void put(const std::string& name, const std::string& content) const {
        core::write_file(directory / name, content);
    }
    tests::TemporaryDirectory directory;
    FileRef best{plain_file(kTrial, "best"), 4, core::content_hash("best")};
};

}  // namespace

TEST_CASE("a recorded file is whole, missing, or changed in one byte or its length") {
    const Place place;
    CHECK(state_of_file(place.directory.path(), place.best) == FileState::missing);
    place.put(place.best.name, "best");
    CHECK(state_of_file(place.directory.path(), place.best) == FileState::whole);
    place.put(place.best.name, "bost");
    CHECK(state_of_file(place.directory.path(), place.best) == FileState::changed);
    place.put(place.best.name, "bes");
    CHECK(state_of_file(place.directory.path(), place.best) == FileState::changed);
}

TEST_CASE("a result that has not got its plain name yet is whole") {
    const Place place;
    place.put(numbered_file(kTrial, 2, 3, "best"), "best");
    CHECK(state_of_result(place.directory.path(), place.best, "best") == FileState::whole);
    CHECK(state_of_result(place.directory.path(), place.best, "predictions") == FileState::missing);
    place.put(numbered_file(kTrial, 2, 3, "best"), "bost");
    CHECK(state_of_result(place.directory.path(), place.best, "best") == FileState::missing);
    place.put(place.best.name, "other");
    CHECK(state_of_result(place.directory.path(), place.best, "best") == FileState::changed);
}

TEST_CASE("a result is found where its content is") {
    const Place place;
    const auto found = [&] { return find_result(place.directory.path(), place.best, "best"); };
    CHECK_FALSE(found());
    const auto numbered = numbered_file(kTrial, 2, 3, "best");
    place.put(numbered, "best");
    place.put(place.best.name, "bost");
    CHECK(found() == place.directory / numbered);
    place.put(place.best.name, "best");
    CHECK(found() == place.directory / place.best.name);
}

}  // namespace graft::sweep
