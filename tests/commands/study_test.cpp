// SPDX-License-Identifier: Apache-2.0
#include "commands/study.hpp"

#include <fstream>

#include "core/error.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/temporary.hpp"

using namespace graft;
using commands::WhenMissing;

namespace {

std::string sweep_text(const std::string& images) {
    return "[training]\nimage_size = 32\n[datasets.drawn]\npath = \"" + images +
           "\"\n[[grid]]\nnetwork = [\"small_cnn\", \"mobilenet_0.25\"]\ndataset = \"drawn\"\n"
           "init = \"random\"\nfreeze = [0, 100]\n";
}

}  // namespace

TEST_CASE("a study knows each trial's work from network and images") {
    const tests::TemporaryDirectory directory;
    tests::write_class_folders(directory / "images", 20);
    std::ofstream(directory / "s.toml") << sweep_text("images");
    const auto study = commands::load_study(directory / "s.toml");
    REQUIRE(study.trials.size() == 4);
    const auto& whole = study.trials[0].work;
    const auto& frozen = study.trials[1].work;
    CHECK(whole.image_size == 32);
    CHECK(whole.train_images == 32);
    CHECK(whole.evaluated_images == 4);
    CHECK(whole.test_images == 4);
    CHECK(whole.epochs == 53);
    CHECK(whole.frozen_layers == 0);
    CHECK(frozen.frozen_layers == frozen.layers);
    // Small CNN's head: 256 x 256 + 256, then 256 x 2 + 2.
    CHECK(frozen.trainable_parameters == 256 * 256 + 256 + 256 * 2 + 2);
    CHECK(whole.parameters == 2'114'496 + frozen.trainable_parameters);
    CHECK(commands::needed_data(study.trials).size() == 1);
    CHECK(commands::prepared_bytes(study) == 40 * 3 * 32 * 32);
}

TEST_CASE("a trial on a fold works on the images that its fold leaves, and on a share of them") {
    const tests::TemporaryDirectory directory;
    tests::write_class_folders(directory / "images", 20);
    auto text = sweep_text("images") + "fold = 2\ntrain_fraction = 0.5\n";
    text.insert(text.find("[[grid]]"), "folds = 5\n");
    std::ofstream(directory / "s.toml") << text;
    const auto study = commands::load_study(directory / "s.toml");
    REQUIRE(study.trials.size() == 4);
    const auto& work = study.trials[0].work;
    CHECK(work.test_images == 8);
    CHECK(work.evaluated_images == 3);
    CHECK(work.train_images == 14);  // of 29
}

TEST_CASE("a sweep can be planned without its images, and not run") {
    const tests::TemporaryDirectory directory;
    std::ofstream(directory / "s.toml") << sweep_text("gone");
    CHECK_THROWS_AS(commands::load_study(directory / "s.toml"), core::InputError);
    const auto study = commands::load_study(directory / "s.toml", WhenMissing::note);
    CHECK(study.trials.size() == 4);
    REQUIRE(study.missing.size() == 1);
    CHECK_THAT(study.missing[0], ContainsSubstring("gone"));
}

TEST_CASE("whoever reads a sweep file hears what is wrong with what it asks of SLURM") {
    const tests::TemporaryDirectory directory;
    std::ofstream(directory / "s.toml") << sweep_text("gone") + "[slurm]\nnode = 2\n";
    CHECK_THROWS_WITH(commands::read_file(directory / "s.toml"),
                      ContainsSubstring("s.toml:11: unknown key 'node' in [slurm]. Did you mean "
                                        "'nodes'?"));
}

TEST_CASE("who names the store is told to name the sweep's directory") {
    CHECK_THROWS_WITH(commands::sweep_directory("/data/cancer/results.h5"),
                      ContainsSubstring("Name the sweep's directory: /data/cancer"));
}
