// SPDX-License-Identifier: Apache-2.0
#include "commands/weight_files.hpp"

#include <fstream>

#include "support/catch.hpp"
#include "support/temporary.hpp"

using namespace graft;
using commands::weight_file;

namespace {
const core::Place kPlace{"s.toml", 4};
}  // namespace

TEST_CASE("random needs no weight file") {
    CHECK(weight_file({}, "mobilenet", "random", kPlace).empty());
}

TEST_CASE("a named file comes before the directory, a path before both") {
    const tests::TemporaryDirectory directory;
    sweep::SweepFile file;
    file.weights_directory = directory.path();
    for (const char* name : {"named.h5", "own.h5", "mobilenet_2_5_224_tf_no_top.h5"}) {
        std::ofstream(directory / name) << "x";
    }
    CHECK(weight_file(file, "mobilenet_0.25", "imagenet", kPlace) ==
          directory / "mobilenet_2_5_224_tf_no_top.h5");
    file.weights["mobilenet_0.25"] = directory / "named.h5";
    CHECK(weight_file(file, "mobilenet_0.25", "mean_var", kPlace) == directory / "named.h5");
    CHECK(weight_file(file, "mobilenet_0.25", (directory / "own.h5").string(), kPlace) ==
          directory / "own.h5");
}

TEST_CASE("a missing file names the place, the network and what to get") {
    CHECK_THROWS_WITH(weight_file({}, "mobilenet_0.25", "imagenet", kPlace),
                      ContainsSubstring("s.toml:4") && ContainsSubstring("'mobilenet_0.25'") &&
                          ContainsSubstring("mobilenet_2_5_224_tf_no_top.h5"));
    CHECK_THROWS_WITH(weight_file({}, "small_cnn", "/gone.h5", kPlace),
                      ContainsSubstring("/gone.h5") && ContainsSubstring("no such file"));
}
