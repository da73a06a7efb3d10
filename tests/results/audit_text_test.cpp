// SPDX-License-Identifier: Apache-2.0
#include "results/audit_text.hpp"

#include "support/catch.hpp"

namespace graft::results {

namespace {

sweep::DatasetReady counts(std::vector<std::int64_t> train, std::vector<std::int64_t> validation,
                           std::vector<std::int64_t> test) {
    sweep::DatasetReady ready;
    ready.classes = {"none", "disease"};
    ready.train_counts = std::move(train);
    ready.validation_counts = std::move(validation);
    ready.test_counts = std::move(test);
    return ready;
}

sweep::DatasetAudited clean() {
    sweep::DatasetAudited audit;
    audit.grouped = true;
    audit.copies_known = true;
    audit.alike_bits = 4;
    return audit;
}

}  // namespace

TEST_CASE("a dataset without leaks is said to be without, point by point") {
    const auto lines = audit_lines(clean());
    REQUIRE(lines.size() == 3);
    for (const auto& line : lines) {
        CHECK(line.leak == Leak::none);
    }
    CHECK(lines[0].text == "No group of images lies in two parts.");
}

TEST_CASE("leaks are counted, named, and of the right number") {
    auto audit = clean();
    audit.groups_across = 5;
    audit.groups = {"p1 (train, test)", "p2 (train, test)", "p3 (train, test)"};
    audit.equal = {1, 2, {"a (train) and b (test)"}};
    audit.alike = {0, 1, {"c (train) and d (test)"}};
    audit.conflicting = 1;
    const auto lines = audit_lines(audit);
    REQUIRE(lines.size() == 4);
    for (const auto& line : lines) {
        CHECK(line.leak == Leak::found);
    }
    CHECK(lines[0].text ==
          "5 groups of images lie in more than one part: p1 (train, test), p2 (train, test), p3 "
          "(train, test), and others. Scores there are of known groups.");
    CHECK(lines[1].text ==
          "1 validation image and 2 test images have an equal file in another part: a (train) and "
          "b (test); and others. Leave one of each pair out.");
    CHECK(lines[2].text.starts_with("1 test image looks like a picture of another part"));
    CHECK(lines[2].text.ends_with(
        "c (train) and d (test). Look at some: they may be copies, or only alike."));
    CHECK(lines[3].text == "1 set of equal files comes with different labels.");
}

TEST_CASE("what is not known is said to be unknown") {
    auto audit = clean();
    audit.grouped = audit.copies_known = false;
    const auto lines = audit_lines(audit);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].leak == Leak::unknown);
    CHECK(lines[1].leak == Leak::unknown);
    CHECK(audit_lines(counts({1, 1}, {1, 1}, {1, 1}), nullptr).front().leak == Leak::unknown);
    CHECK(balance_line({}).leak == Leak::unknown);
}

TEST_CASE("shares of classes that differ by five points are a finding") {
    const auto even = balance_line(counts({80, 20}, {8, 2}, {79, 21}));
    CHECK(even.leak == Leak::none);
    CHECK(even.text ==
          "Shares of classes differ by at most 1.0 points between the parts (none is 80.0 % of "
          "training and 79.0 % of test).");
    CHECK(balance_line(counts({80, 20}, {75, 25}, {80, 20})).leak == Leak::found);
    CHECK(balance_line(counts({80, 20}, {0, 0}, {80, 20})).leak == Leak::found);
}

}  // namespace graft::results
