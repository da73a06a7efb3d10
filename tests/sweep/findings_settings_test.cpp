// SPDX-License-Identifier: Apache-2.0
#include "sweep/findings_settings.hpp"

#include "sweep/sweep_file.hpp"

#include "support/catch.hpp"

using namespace graft;
using namespace graft::sweep;

namespace {

FindingsSettings of(const std::string& section) {
    return findings_settings("[findings]\n" + section);
}

}  // namespace

TEST_CASE("without the section the study's own comparisons are the family") {
    const auto settings = findings_settings("");
    REQUIRE(settings.family.size() == 2);
    CHECK(text_of(settings.family[0]) == "imagenet - random");
    CHECK(text_of(settings.family[1]) == "mean_var - random");
    CHECK(settings.margin == 0.01);
}

TEST_CASE("a family names inits, and what is frozen of them") {
    const auto settings =
        of("family = [\"imagenet 50 - imagenet\", \"/a b/w.h5 - random 12.5\"]\n"
           "metric = \"test_auc_macro\"\nlearning_rate = \"same\"\nmargin = 0.02\n"
           "small = \"mobilenet_0.25\"\n");
    REQUIRE(settings.family.size() == 2);
    CHECK(settings.family[0] == NamedContrast{{"imagenet", 50}, {"imagenet", 0}});
    CHECK(settings.learning_rate == RateRule::same);
    CHECK(settings.metric == "test_auc_macro");
    CHECK(settings.margin == 0.02);
    CHECK(settings.small == "mobilenet_0.25");
}

TEST_CASE("what is no comparison is an error that says how to write one") {
    using Catch::Matchers::Contains;
    for (const char* text :
         {"imagenet", "imagenet-random", " - random", "imagenet 101 - random", "random - random"}) {
        INFO(text);
        CHECK_THROWS_WITH(of("family = \"" + std::string(text) + "\""),
                          Contains("no comparison of two arms"));
    }
    CHECK_THROWS_WITH(of("metric = \"val_auc\""), Contains("test_auc_micro"));
    CHECK_THROWS_WITH(of("margins = 1"), Contains("margin"));
    CHECK_THROWS_WITH(of("margin = 0"), Contains("margin"));
}

TEST_CASE("a resolved file keeps what is to be found out") {
    const std::string text =
        "[findings]\nfamily = [\"w.h5 50 - random\"]\nmargin = 0.5\n[datasets.a]\npath = "
        "\"a\"\n[[grid]]\nnetwork = \"small_cnn\"\ninit = \"random\"\ndataset = \"a\"\n";
    const auto file = parse_sweep_file(text, "/s/g.toml", {"path"});
    CHECK(findings_settings(resolved_text(file)) == file.findings);
    CHECK(file.findings.margin == 0.5);
    CHECK(file.findings.family.front().arm.init == "/s/w.h5");  // as the grid's inits
}
