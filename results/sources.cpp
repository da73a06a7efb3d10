// SPDX-License-Identifier: Apache-2.0
// The tables that say where a sweep's numbers come from: datasets and starts.
#include <algorithm>
#include <cmath>
#include <tuple>

#include <fmt/ranges.h>

#include "core/text.hpp"

#include "results/tables.hpp"

namespace graft::results {

namespace {

double seconds_of(core::WallTime time) {
    return static_cast<double>(time.micros) * 1e-6;
}

std::string listed(const std::vector<std::int64_t>& counts) {
    return fmt::format("{}", fmt::join(counts, ", "));
}

// By name, whatever came first.
std::vector<sweep::DatasetReady> in_order(const sweep::Record& record) {
    auto rows = record.datasets();
    std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
        return std::tie(a.dataset, a.fingerprint, a.size) <
               std::tie(b.dataset, b.fingerprint, b.size);
    });
    return rows;
}

}  // namespace

Table datasets_table(const sweep::Record& record) {
    using Row = sweep::DatasetReady;
    const auto rows = in_order(record);
    return {"datasets",
            {
                column("dataset", rows, [](const Row& r) { return r.dataset; }),
                column("fingerprint", rows, [](const Row& r) { return r.fingerprint; }),
                column("size", rows, [](const Row& r) { return r.size; }),
                column("stored_size", rows, [](const Row& r) { return r.stored_size; }),
                column("classes", rows, [](const Row& r) { return std::ssize(r.classes); }),
                column("class_names", rows, [](const Row& r) { return core::join(r.classes); }),
                column("train", rows, [](const Row& r) { return r.train; }),
                column("validation", rows, [](const Row& r) { return r.validation; }),
                column("test", rows, [](const Row& r) { return r.test; }),
                column("train_counts", rows, [](const Row& r) { return listed(r.train_counts); }),
                column("validation_counts", rows,
                       [](const Row& r) { return listed(r.validation_counts); }),
                column("test_counts", rows, [](const Row& r) { return listed(r.test_counts); }),
                column("skipped", rows, [](const Row& r) { return std::ssize(r.skipped); }),
                column("duplicates", rows, [](const Row& r) { return r.duplicates; }),
                column("pixels_checksum", rows, [](const Row& r) { return r.pixels_checksum; }),
                column("prepared", rows, [](const Row& r) { return r.prepared; }),
                column("ready", rows, [](const Row& r) { return seconds_of(r.time); }),
            }};
}

Table skipped_table(const sweep::Record& record) {
    struct Row {
        const sweep::DatasetReady* dataset;
        const std::string* image;
    };
    std::vector<Row> rows;
    const auto datasets = in_order(record);
    for (const auto& dataset : datasets) {
        for (const auto& image : dataset.skipped) {
            rows.push_back({&dataset, &image});
        }
    }
    return {"skipped",
            {
                column("dataset", rows, [](Row r) { return r.dataset->dataset; }),
                column("fingerprint", rows, [](Row r) { return r.dataset->fingerprint; }),
                column("size", rows, [](Row r) { return r.dataset->size; }),
                column("image", rows, [](Row r) { return *r.image; }),
            }};
}

Table provenance_table(const sweep::Record& record) {
    using Row = sweep::Start;
    const auto& rows = record.starts();
    const auto closed = [](const Row& r) { return r.closed ? seconds_of(r.closed->time) : NAN; };
    const auto reason = [](const Row& r) { return r.closed ? r.closed->reason : std::string(); };
    return {"provenance",
            {
                column("start", rows, [](const Row& r) { return r.started.start_id; }),
                column("time", rows, [](const Row& r) { return seconds_of(r.started.time); }),
                column("host", rows, [](const Row& r) { return r.started.host; }),
                column("pid", rows, [](const Row& r) { return r.started.pid; }),
                column("job", rows, [](const Row& r) { return r.started.job; }),
                column("version", rows, [](const Row& r) { return r.started.version; }),
                column("closed", rows, closed),
                column("reason", rows, reason),
            }};
}

}  // namespace graft::results
