// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "core/file.hpp"

#include "support/temporary.hpp"

namespace graft::tests {

// A sweep file of three trials that take equally long, of images that are not here.
struct AwaySweep {
    AwaySweep() {
        core::write_file(path, R"(
[sweep]
name = "away"
[datasets.far]
path = "nowhere"
[datasets.unused]
path = "nowhere"
[[grid]]
network = "small_cnn"
dataset = "far"
init = "random"
seed = [1, 2, 3]
)");
    }
    TemporaryDirectory directory;
    std::filesystem::path path = directory / "away.toml";
};

}  // namespace graft::tests
