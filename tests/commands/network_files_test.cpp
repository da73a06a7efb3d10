// SPDX-License-Identifier: Apache-2.0
#include "commands/network_files.hpp"

#include <fstream>

#include "core/error.hpp"

#include "models/keras_json.hpp"

#include "commands/study.hpp"
#include "commands/weight_files.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/temporary.hpp"

using namespace graft;
using commands::load_study;

namespace {

namespace fs = std::filesystem;

// A directory with images, and networks as files: the bases of built-in ones.
class Networks {
  public:
    Networks() { tests::write_class_folders(directory_ / "images", 20); }
    void write(const std::string& file, const std::string& built_in) const {
        fs::create_directories((directory_ / file).parent_path());
        std::ofstream(directory_ / file) << models::keras_json(models::build_network(built_in, 2));
    }
    fs::path sweep(const std::string& networks, const std::string& more = "",
                   const std::string& training = "") const {
        std::ofstream(directory_ / "s.toml")
            << "[training]\nimage_size = 32\n" + training + more +
                   "\n[datasets.drawn]\npath = \"images\"\n[[grid]]\nnetwork = " + networks +
                   "\ndataset = \"drawn\"\ninit = \"random\"\nfreeze = [0, 100]\n";
        return directory_ / "s.toml";
    }
    fs::path path(const std::string& name) const { return directory_ / name; }

  private:
    tests::TemporaryDirectory directory_;
};

std::vector<std::string> ids_of(const commands::Study& study) {
    std::vector<std::string> ids;
    for (const auto& trial : study.trials) {
        ids.push_back(sweep::trial_id(trial.spec).text());
    }
    return ids;
}

}  // namespace

TEST_CASE("a network from a file has the work of the same built-in one") {
    const Networks networks;
    networks.write("nets/mine.json", "mobilenet_0.25");
    const auto study = load_study(networks.sweep("[\"nets/mine.json\", \"mobilenet_0.25\"]"));
    REQUIRE(study.trials.size() == 4);
    CHECK(study.trials[0].spec->network.starts_with("mine@"));
    for (const std::size_t i : {0U, 1U}) {
        const auto& mine = study.trials[i].work;
        const auto& built_in = study.trials[i + 2].work;
        CHECK(mine.layers == built_in.layers);
        CHECK(mine.frozen_layers == built_in.frozen_layers);
        CHECK(mine.trainable_parameters == built_in.trainable_parameters);
        CHECK(mine.multiply_adds == built_in.multiply_adds);
    }
    CHECK(ids_of(study)[0] != ids_of(study)[2]);
}

TEST_CASE("trials keep their names when the file lies elsewhere, is renamed, or is gone") {
    const Networks networks;
    networks.write("mine.json", "small_cnn");
    networks.write("deep/yours.json", "small_cnn");
    const auto study = load_study(networks.sweep("\"mine.json\""));
    CHECK(ids_of(load_study(networks.sweep("\"deep/yours.json\""))) == ids_of(study));
    std::ofstream(networks.path("sweep.toml")) << sweep::resolved_text(study.file);
    fs::remove(networks.path("mine.json"));
    CHECK(ids_of(load_study(networks.path("sweep.toml"))) == ids_of(study));
    CHECK_THROWS_WITH(
        load_study(networks.sweep("\"mine.json\"")),
        ContainsSubstring("mine.json' cannot be read (no such file). Check the path"));
    fs::create_directories(networks.path("s"));
    fs::rename(networks.path("sweep.toml"), networks.path("s/sweep.toml"));
    CHECK_THROWS_WITH(load_study(networks.sweep("\"mine.json\"")),
                      ContainsSubstring("keeps its networks: name its directory instead of the "
                                        "file, " +
                                        networks.path("s").string()));
    networks.write("mine.json", "mobilenet_0.25");
    CHECK(ids_of(load_study(networks.sweep("\"mine.json\""))) != ids_of(study));
}

TEST_CASE("names that would be taken for one another are refused") {
    const Networks networks;
    networks.write("a/net.json", "small_cnn");
    networks.write("b/net.json", "mobilenet_0.25");
    networks.write("c/net.json", "small_cnn");
    networks.write("mobilenet.json", "small_cnn");
    networks.write("a,b.json", "small_cnn");
    CHECK_THROWS_WITH(load_study(networks.sweep("[\"a/net.json\", \"b/net.json\"]")),
                      ContainsSubstring("two networks are called 'net'"));
    CHECK(load_study(networks.sweep("[\"a/net.json\", \"c/net.json\"]")).duplicates == 2);
    CHECK_THROWS_WITH(load_study(networks.sweep("\"mobilenet.json\"")),
                      ContainsSubstring("'mobilenet' is a built-in network"));
    CHECK_THROWS_WITH(load_study(networks.sweep("\"a,b.json\"")),
                      ContainsSubstring("'a,b' is no name of a network"));
}

TEST_CASE("preprocessing is asked for where images are scaled by it, and checked") {
    const Networks networks;
    networks.write("net.json", "small_cnn");
    const std::string keras = "input_range = \"keras\"\n";
    CHECK_THROWS_WITH(load_study(networks.sweep("\"net.json\"", "", keras)),
                      ContainsSubstring("network 'net' has no preprocessing") &&
                          ContainsSubstring("[networks.net] preprocessing"));
    const auto study = load_study(
        networks.sweep("\"net.json\"", "[networks.net]\npreprocessing = \"caffe\"\n", keras));
    CHECK(study.trials[0].spec->network.ends_with(":caffe"));
    CHECK_THROWS_WITH(
        load_study(networks.sweep("\"net.json\"", "[networks.net]\npreprocessing = \"bgr\"\n")),
        ContainsSubstring("'bgr'") && ContainsSubstring("tf, torch, caffe, none"));
    CHECK_THROWS_WITH(
        load_study(networks.sweep("\"net.json\"", "[networks.nut]\npreprocessing = \"tf\"\n")),
        ContainsSubstring("[networks.nut] is of no network of the grid"));
}

TEST_CASE("weights of a network from a file are named by its label") {
    const Networks networks;
    sweep::SweepFile file;
    std::ofstream(networks.path("w.h5")) << "x";
    file.weights["net"] = networks.path("w.h5");
    CHECK(commands::weight_file(file, "net@0123:tf", "imagenet", {"s.toml", 4}) ==
          networks.path("w.h5"));
    file.networks["net"];
    CHECK(commands::weight_file(file, "net", "imagenet", {"s.toml", 4}) == networks.path("w.h5"));
    CHECK_THROWS_WITH(commands::weight_file({}, "net@0123:tf", "imagenet", {"s.toml", 4}),
                      ContainsSubstring("for 'net' (none is named)") &&
                          ContainsSubstring("[weights] \"net\" = \"FILE.h5\"."));
}
