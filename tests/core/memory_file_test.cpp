// SPDX-License-Identifier: Apache-2.0
#include "core/memory_file.hpp"

#include "core/process.hpp"

#include "support/catch.hpp"

using namespace graft;

TEST_CASE("a file in memory is read from its beginning, also by a child by its name") {
    const std::string bytes(300'000, 'x');  // more than a pipe holds
    const auto file = core::file_in_memory(bytes);
    core::Spawn spawn;
    spawn.arguments = {"cat", "/dev/stdin"};
    spawn.descriptors[0] = file.get();
    CHECK(core::run_to_end(spawn).output == bytes);
    CHECK(core::read_some(core::file_in_memory("some")) == "some");
}
