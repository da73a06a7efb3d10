// SPDX-License-Identifier: Apache-2.0
#include "sweep/network_name.hpp"

#include "sweep/grid.hpp"

#include "support/catch.hpp"
#include "support/specs.hpp"

using namespace graft;
using namespace graft::sweep;

namespace {

TrialId id_of(const std::string& network, InputRange range) {
    auto spec = tests::planned_trial().spec;
    spec.edit().network = network;
    spec.edit().training.input_range = range;
    return trial_id(spec);
}

const std::string kText =
    "[datasets.d]\npath = \"images\"\n[networks.vgg16]\npreprocessing = \"caffe\"\n"
    "[[grid]]\nnetwork = [\"nets/vgg16.json\", \"mobilenet\"]\ndataset = \"d\"\ninit = "
    "\"random\"\n";

SweepFile parse(const std::string& text) {
    return parse_sweep_file(text, "/studies/s.toml", {"path"});
}

}  // namespace

TEST_CASE("people see a network's label, trials its content") {
    CHECK(network_label("mobilenet_0.25") == "mobilenet_0.25");
    CHECK(network_label("vgg16@0123:caffe") == "vgg16");
    CHECK(network_content("mobilenet", InputRange::keras) == "mobilenet");
    CHECK(network_content("vgg16@0123:caffe", InputRange::keras) == "@0123:caffe");
    CHECK(network_content("vgg16@0123:caffe", InputRange::unit) == "@0123");
    CHECK(network_content("vgg16@0123", InputRange::unit) == "@0123");
}

TEST_CASE("a trial is named after its network's content, and its preprocessing where it counts") {
    const auto unit = InputRange::unit, keras = InputRange::keras;
    CHECK(id_of("vgg16@0123:tf", unit) == id_of("other@0123:caffe", unit));
    CHECK(id_of("vgg16@0123", unit) != id_of("vgg16@0124", unit));
    CHECK(id_of("vgg16@0123:tf", keras) != id_of("vgg16@0123:caffe", keras));
    CHECK(id_of("vgg16@0123:tf", keras) != id_of("vgg16@0123:tf", unit));
}

TEST_CASE("paths of networks are relative to the sweep file, names are names") {
    const auto file = parse(kText);
    const auto& networks = *file.grid.front().table.find("network")->value.list();
    CHECK(*networks[0].string() == "/studies/nets/vgg16.json");
    CHECK(*networks[1].string() == "mobilenet");
    CHECK(file.networks.at("vgg16").preprocessing == "caffe");
}

TEST_CASE("a resolved sweep file holds its networks") {
    auto file = parse(kText);
    file.networks["vgg16"].json = "{\"class_name\": \"Functional\", \"quoted\": \"\\\\\"}";
    const auto text = resolved_text(file);
    const auto again = parse(text);
    CHECK(again.networks.at("vgg16").json == file.networks.at("vgg16").json);
    CHECK(resolved_text(again) == text);
    CHECK_THROWS_WITH(parse("[networks.vgg16]\npreprocesing = \"caffe\"\n"),
                      ContainsSubstring("preprocesing") && ContainsSubstring("'preprocessing'"));
}

TEST_CASE("the grid takes a network from a file by its label") {
    auto file = parse(
        "[datasets.d]\npath = \"images\"\n[[grid]]\nnetwork = \"vgg16\"\ndataset = \"d\"\n"
        "init = \"random\"\n");
    GridContext context;
    context.networks = {"mobilenet", "vgg16"};
    context.networks_from_files = {{"vgg16", "vgg16@0123:caffe"}};
    context.fingerprint = [](const NamedTable&) { return std::string("f"); };
    const auto grid = expand(file, context);
    REQUIRE(grid.trials.size() == 1);
    CHECK(grid.trials[0]->network == "vgg16@0123:caffe");
}
