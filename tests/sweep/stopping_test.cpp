// SPDX-License-Identifier: Apache-2.0
#include "sweep/stopping.hpp"

#include "core/error.hpp"

#include "sweep/rivals.hpp"
#include "sweep/sweep_file.hpp"
#include "sweep/toml.hpp"

#include "support/catch.hpp"

using namespace graft;
using namespace graft::sweep;

namespace {

StoppingSettings read(const std::string& text) {
    return read_stopping_section(parse_toml(text, "sweep.toml"));
}

void check_refused(const std::string& text, const std::string& part) {
    INFO(text);
    try {
        read(text);
        FAIL("it was taken");
    } catch (const core::InputError& error) {
        CHECK_THAT(error.what(), ContainsSubstring(part));
    }
}

// Epochs after the warm-up: 3 of it, then 20.
TrialSpec spec_with(Init init) {
    TrialSpec spec;
    spec.edit().init = init;
    spec.edit().init_text = init == Init::random ? "random" : "imagenet";
    spec.edit().training.epochs = 20;
    return spec;
}

Best best_at(Phase phase, std::int32_t epoch) {
    return {phase, epoch, {}};
}

StoppingSettings asha(std::int32_t first, std::int32_t reduction) {
    StoppingSettings settings;
    settings.stop = StopRule::asha;
    settings.first_rung = first;
    settings.reduction = reduction;
    return settings;
}

}  // namespace

TEST_CASE("without a section nothing is stopped, and a written file has none") {
    CHECK(stopping_settings("[sweep]\nname = \"a\"\n") == StoppingSettings{});
    CHECK(read("stop = \"none\"").stop == StopRule::none);
    const std::string grid =
        "[datasets.a]\npath = \"a\"\n[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"a\"\n"
        "init = \"random\"\n";
    const auto plain = parse_sweep_file(grid, "/s/sweep.toml", {"path"});
    CHECK_THAT(resolved_text(plain), !ContainsSubstring("stopping"));
    for (const std::string section :
         {"[stopping]\nstop = \"patience\"\npatience = 4\nmin_epochs = 6\n",
          "[stopping]\nstop = \"asha\"\nover = [\"dropout\", \"seed\"]\nreduction = 4\n"
          "first_rung = 2\nfamily = true\n"}) {
        const auto file = parse_sweep_file(section + grid, "/s/sweep.toml", {"path"});
        CHECK(file.stopping.stop != StopRule::none);
        CHECK(stopping_settings(resolved_text(file)) == file.stopping);
    }
}

TEST_CASE("what does not fit in the section is refused with what is allowed") {
    check_refused("stop = \"hyperband\"", "patience");
    check_refused("stop = \"patience\"\npatience = 0", "patience");
    check_refused("stop = \"patience\"\npatients = 3", "patience");
    check_refused("stop = \"asha\"", "over = [");
    check_refused("stop = \"asha\"\nover = [\"best_by\"]", "learning_rate");
    check_refused("stop = \"asha\"\nover = [\"dataset\"]", "dropout");
    check_refused("stop = \"asha\"\nover = [\"dropout\"]\nreduction = 1", "reduction");
    check_refused("stop = \"asha\"\nover = [\"dropout\"]\npatience = 3", "a key of \"patience\"");
    check_refused("patience = 3", "stop = \"patience\"");
}

TEST_CASE("epochs count after the warm-up, also where there is no such phase") {
    const auto warm = spec_with(Init::pretrained), cold = spec_with(Init::random);
    CHECK(epochs_behind(warm, {Phase::fine_tune, 3, 0, 0}) == 2);
    CHECK(epochs_behind(cold, {Phase::fine_tune, 6, 0, 0}) == 2);
    CHECK_FALSE(epochs_behind(warm, {Phase::fine_tune, 1, 0, 0}));
    CHECK_FALSE(epochs_behind(cold, {Phase::fine_tune, 4, 0, 0}));
    CHECK_FALSE(epochs_behind(warm, {Phase::warmup, 3, 0, 0}));
    CHECK_FALSE(epochs_behind(warm, {Phase::fine_tune, 3, 1, 0}));
    CHECK(counted_epoch(warm, Phase::warmup, 3) == 0);
}

TEST_CASE("rungs are the first and its multiples, and the last epoch is none") {
    CHECK(rungs(asha(1, 3), 20) == std::vector<std::int32_t>{1, 3, 9});
    CHECK(rungs(asha(2, 4), 33) == std::vector<std::int32_t>{2, 8, 32});
    CHECK(rungs(asha(2, 4), 32) == std::vector<std::int32_t>{2, 8});
    CHECK(rungs(asha(20, 4), 20).empty());
    const auto spec = spec_with(Init::pretrained);
    std::vector<std::int32_t> due;
    for (std::int32_t epoch = 2; epoch <= 21; ++epoch) {
        if (verdict_due(asha(2, 3), spec, {Phase::fine_tune, epoch, 0, 0}, {})) {
            due.push_back(epoch - 1);
        }
    }
    CHECK(due == std::vector<std::int32_t>{2, 6, 18});
}

TEST_CASE("patience ends so many epochs after the best one, and not before min_epochs") {
    StoppingSettings settings;
    settings.stop = StopRule::patience;
    settings.patience = 4;
    const auto spec = spec_with(Init::pretrained);
    const auto due = [&](std::int32_t behind, const std::optional<Best>& best) {
        return verdict_due(settings, spec, {Phase::fine_tune, behind + 1, 0, 0}, best);
    };
    CHECK_FALSE(due(8, best_at(Phase::fine_tune, 5)));
    CHECK(due(9, best_at(Phase::fine_tune, 5)));
    CHECK(due(2, best_at(Phase::warmup, 1)));  // the first of three, and no better one since
    CHECK_FALSE(due(1, best_at(Phase::warmup, 1)));
    CHECK(due(1, std::nullopt));
    CHECK_FALSE(due(20, best_at(Phase::fine_tune, 5)));  // it is done
    settings.min_epochs = 10;
    CHECK_FALSE(due(9, best_at(Phase::fine_tune, 5)));
    CHECK(due(10, best_at(Phase::fine_tune, 5)));
}

TEST_CASE("of those at a rung the best share goes on, at least one") {
    CHECK(goes_on(0, 1, 3));
    CHECK_FALSE(goes_on(1, 2, 3));
    CHECK_FALSE(goes_on(1, 5, 3));
    CHECK(goes_on(1, 6, 3));
    CHECK_FALSE(goes_on(2, 6, 3));
    CHECK(goes_on(2, 9, 3));
}

TEST_CASE("rivals agree in all but the axes that are named") {
    auto a = spec_with(Init::pretrained);
    auto b = a;
    b.seed = 2;
    b.edit().training.learning_rate = 1e-2;
    const auto same = [&](std::vector<std::string> over) {
        return rivals_key(a, over) == rivals_key(b, over);
    };
    CHECK(same({"learning_rate", "seed"}));
    CHECK_FALSE(same({"learning_rate"}));
    CHECK_FALSE(same({"seed", "dropout"}));
    b = a;
    b.edit().init = Init::random;
    b.edit().init_text = "random";
    a.edit().weights_hash = "1234";
    CHECK(same({"init"}));
    CHECK_FALSE(same({"freeze"}));
    b = a;
    b.edit().fold = {2, 5, 7};
    CHECK(same({"fold"}));
    CHECK_FALSE(same({"seed"}));
    b = a;
    a.edit().dataset = "pcam";
    b.edit().dataset = "pcam@3";
    b.edit().dataset_fingerprint = "other";
    CHECK(same({"split_seed"}));
    CHECK_FALSE(same({"seed"}));
}

TEST_CASE("networks compete with the weights that the same init means for each") {
    auto a = spec_with(Init::pretrained);
    auto b = a;
    a.edit().network = "small_cnn";
    a.edit().weights_hash = "1234";
    b.edit().network = "mobilenet_0.25";
    b.edit().weights_hash = "5678";
    CHECK(rivals_key(a, {"network"}) == rivals_key(b, {"network"}));
    CHECK_FALSE(rivals_key(a, {"dropout"}) == rivals_key(b, {"dropout"}));
    b.edit().init_text = "other.h5";
    CHECK_FALSE(rivals_key(a, {"network"}) == rivals_key(b, {"network"}));
    CHECK(rivals_key(a, {"network", "init"}) == rivals_key(b, {"network", "init"}));
}

TEST_CASE("a network from a file competes over input ranges, too") {
    auto a = spec_with(Init::random);
    a.edit().network = "mine.json@0123456789abcdef:keras";
    auto b = a;
    b.edit().training.input_range = InputRange::keras;
    REQUIRE(canonical_text(a).find(":keras") != canonical_text(b).find(":keras"));
    CHECK(rivals_key(a, {"input_range"}) == rivals_key(b, {"input_range"}));
    CHECK_FALSE(rivals_key(a, {"dropout"}) == rivals_key(b, {"dropout"}));
}

TEST_CASE("trials of the confirmatory family are spared unless they are asked in") {
    const auto warm = spec_with(Init::pretrained), cold = spec_with(Init::random);
    auto frozen = warm;
    frozen.freeze = 50;
    auto settings = asha(1, 3);
    settings.over = {"learning_rate"};
    const auto family = FindingsSettings{}.family;
    const Rivals both(settings, family, {&warm, &cold, &frozen});
    CHECK(both.is_confirmatory(warm));
    CHECK(both.is_confirmatory(cold));
    CHECK_FALSE(both.is_confirmatory(frozen));
    CHECK(both.settings_for(warm).stop == StopRule::none);
    CHECK(both.settings_for(frozen) == settings);
    CHECK(both.groups().size() == 3);
    // Without the other side nothing is compared: of this network, on this dataset, with all
    // pretrained layers.
    CHECK_FALSE(Rivals(settings, family, {&warm, &frozen}).is_confirmatory(warm));
    auto other = cold;
    other.edit().network = "small_cnn";
    CHECK_FALSE(Rivals(settings, family, {&warm, &other}).is_confirmatory(warm));
    other = cold;
    other.edit().dataset = "other";
    CHECK_FALSE(Rivals(settings, family, {&warm, &other}).is_confirmatory(warm));
    other = warm;
    other.edit().training.transfer = 50;
    const Rivals partly(settings, family, {&other, &cold});
    CHECK_FALSE(partly.is_confirmatory(other));
    CHECK_FALSE(partly.is_confirmatory(cold));
    // Divisions of a dataset are one dataset.
    auto divided = warm;
    divided.edit().dataset = "pcam@2";
    other = cold;
    other.edit().dataset = "pcam@3";
    CHECK(Rivals(settings, family, {&divided, &other}).is_confirmatory(divided));
    settings.family = true;
    CHECK(Rivals(settings, family, {&warm, &cold}).settings_for(warm) == settings);
}
