// SPDX-License-Identifier: Apache-2.0
#include "results/exports/tensorboard.hpp"

#include <cstring>

#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::results::exports {

namespace {

// The records of a TFRecord file; both checksums of each are compared.
std::vector<std::string> records_of(std::string_view file) {
    std::vector<std::string> records;
    const auto crc_at = [&](std::size_t at) {
        std::uint32_t value = 0;
        std::memcpy(&value, file.substr(at, 4).data(), 4);
        return value;
    };
    while (!file.empty()) {
        std::uint64_t length = 0;
        std::memcpy(&length, file.substr(0, 8).data(), 8);
        REQUIRE(file.size() >= length + 16);
        CHECK(crc_at(8) == masked_crc(std::string(file.substr(0, 8))));
        records.emplace_back(file.substr(12, length));
        CHECK(crc_at(12 + length) == masked_crc(records.back()));
        file.remove_prefix(length + 16);
    }
    return records;
}

std::size_t count(const std::vector<std::string>& records, const std::string& part) {
    return static_cast<std::size_t>(
        std::count_if(records.begin(), records.end(),
                      [&](const auto& record) { return record.find(part) != std::string::npos; }));
}

}  // namespace

TEST_CASE("checksums are CRC-32C, masked") {
    // E3069283, the check value of CRC-32C, turned right by 15 bits, and a282ead8 added.
    CHECK(masked_crc("123456789") == ((0xE3069283U >> 15 | 0xE3069283U << 17) + 0xa282ead8U));
}

// tests/oracle/test_export.py has TensorBoard's own reader read such files.
TEST_CASE("a scalar is an event of the bytes that protocol buffers give it") {
    tests::RecordBuilder builder;
    const auto trial = builder.plan(tests::planned());
    const auto cohort = builder.start({trial});
    builder.save(cohort, 1);
    const auto* found = builder.record().find(trial);
    const auto records = records_of(event_file(*found));
    CHECK(records[0] == std::string("\x09\0\0\0\0\0\0\0\0\x1a\x0d", 11) + "brain.Event:2");
    const float auc = static_cast<float>(found->rows[0].validation.auc);
    std::string value(4, '\0');
    std::memcpy(value.data(), &auc, 4);
    CHECK(count(records, "\x0a\x0evalidation/auc\x15" + value) == 1);
}

TEST_CASE("an event file has every epoch, and the test at the best one") {
    tests::RecordBuilder builder;
    const auto trial = builder.plan(tests::planned());
    builder.finish(trial, 0.8, 0.75);
    const auto records = records_of(event_file(*builder.record().find(trial)));
    CHECK(count(records, "\x0evalidation/auc\x15") == 2);
    CHECK(count(records, "\x08test/auc\x15") == 1);
    CHECK(count(records, "| network | mobilenet |") == 1);
}

TEST_CASE("a trial that has not begun has its settings alone") {
    tests::RecordBuilder builder;
    const auto trial = builder.plan(tests::planned());
    CHECK(records_of(event_file(*builder.record().find(trial))).size() == 2);
}

TEST_CASE("a trial on a fold says so in its name and among its settings") {
    tests::RecordBuilder builder;
    auto planned = tests::planned("mobilenet_0.25", "retina", "random", 1, 50);
    planned.spec.edit().fold = {2, 5, 0};
    const auto trial = builder.plan(planned);
    CHECK(run_name(*builder.record().find(trial)) ==
          "retina_mobilenet_0.25_random_freeze50_seed1_fold2_" + trial.text().substr(0, 8));
    CHECK(count(records_of(event_file(*builder.record().find(trial))), "| fold | 2 of 5 |") == 1);
}

TEST_CASE("names of runs are readable, unique, and without what a file system minds") {
    tests::RecordBuilder builder;
    const auto one = builder.plan(tests::planned("mobilenet_0.25", "retina", "random", 1, 50));
    const auto two = builder.plan(tests::planned("mobilenet_0.25", "re tina", "/a b/w.h5", 2));
    const auto name = run_name(*builder.record().find(one));
    CHECK(name == "retina_mobilenet_0.25_random_freeze50_seed1_" + one.text().substr(0, 8));
    CHECK(run_name(*builder.record().find(two)).find_first_of(" /") == std::string::npos);
}

}  // namespace graft::results::exports
