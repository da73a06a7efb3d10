// SPDX-License-Identifier: Apache-2.0
#include "results/filter.hpp"

#include <cmath>

#include "core/error.hpp"

#include "support/catch.hpp"

namespace graft::results {

namespace {

Table sample() {
    const std::vector<int> rows{0, 1, 2, 3};
    const std::vector<std::string> networks{"mobilenet", "small_cnn", "mobilenet", "resnet50_v2"};
    const std::vector<double> aucs{0.9, NAN, 0.7, 0.8};
    const std::vector<std::string> rates{"same", "0.0001", "0.01", "same"};
    const auto at = [](const auto& values) {
        return [&values](int row) { return values[static_cast<std::size_t>(row)]; };
    };
    return {"trials",
            {column("network", rows, at(networks)), column("val_auc", rows, at(aucs)),
             column("freeze", rows, [](int row) { return row * 25; }),
             column("warmup_learning_rate", rows, at(rates))}};
}

std::vector<std::size_t> select(const std::vector<std::string>& texts) {
    std::vector<Filter> filters;
    for (const auto& text : texts) {
        filters.push_back(parse_filter(text));
    }
    return matching(sample(), filters);
}

using Rows = std::vector<std::size_t>;

}  // namespace

TEST_CASE("a filter compares texts and numbers") {
    CHECK(select({"network=mobilenet"}) == Rows{0, 2});
    CHECK(select({"network==mobilenet"}) == Rows{0, 2});
    CHECK(select({"network=mobilenet,small_cnn"}) == Rows{0, 1, 2});
    CHECK(select({"network!=mobilenet,small_cnn"}) == Rows{3});
    CHECK(select({"freeze>25"}) == Rows{2, 3});
    CHECK(select({"freeze>=25"}) == Rows{1, 2, 3});
    CHECK(select({"freeze<25"}) == Rows{0});
    CHECK(select({"freeze<=25"}) == Rows{0, 1});
    CHECK(select({"freeze=25.0,75"}) == Rows{1, 3});
    CHECK(select({"freeze>0", "network=mobilenet"}) == Rows{2});
}

TEST_CASE("a missing number passes no comparison but 'not equal'") {
    CHECK(select({"val_auc<2"}) == Rows{0, 2, 3});
    CHECK(select({"val_auc>=0"}) == Rows{0, 2, 3});
    CHECK(select({"val_auc!=0.9"}) == Rows{1, 2, 3});
}

TEST_CASE("a number in a column of texts is found however it is written") {
    CHECK(select({"warmup_learning_rate=1e-4"}) == Rows{1});
    CHECK(select({"warmup_learning_rate=same"}) == Rows{0, 3});
    CHECK(select({"warmup_learning_rate>0.001"}) == Rows{2});
}

TEST_CASE("what cannot be compared is named with the way out") {
    CHECK_THROWS_AS(select({"networkmobilenet"}), core::InputError);
    CHECK_THROWS_AS(select({"=mobilenet"}), core::InputError);
    CHECK_THROWS_AS(select({"network!mobilenet"}), core::InputError);
    CHECK_THROWS_WITH(select({"netwrok=mobilenet"}), ContainsSubstring("Did you mean 'network'?"));
    CHECK_THROWS_WITH(select({"freeze=high"}),
                      ContainsSubstring("cannot compare column 'freeze' with 'high'"));
    CHECK_THROWS_AS(select({"network>mobilenet"}), core::InputError);
}

TEST_CASE("a value that no row has is told with the nearest that there is") {
    const auto texts = unmatched_values(
        sample(), {parse_filter("network=mobilenet,smal_cnn"), parse_filter("freeze=3")});
    REQUIRE(texts.size() == 1);
    CHECK(texts.front() == "no row has network 'smal_cnn'. Did you mean 'small_cnn'?");
}

}  // namespace graft::results
