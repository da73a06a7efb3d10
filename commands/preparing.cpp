// SPDX-License-Identifier: Apache-2.0
#include "commands/preparing.hpp"

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/file.hpp"

#include "commands/progress_line.hpp"

namespace graft::commands {

Preparation preparation(const data::PrepareRequest& request, const std::filesystem::path& scratch) {
    core::create_directories(scratch);
    std::string name = request.dataset.name;
    for (const auto size : request.sizes) {
        name += fmt::format("-{}", size);
    }
    const auto question = scratch / (name + ".request");
    Preparation result;
    result.result = scratch / (name + ".result");
    data::write_request(question, request);
    result.spawn.arguments = {core::find_program("graft-prepare").string(), "--request",
                              question.string(), "--result", result.result.string()};
    return result;
}

data::PrepareResult prepare_one(const data::PrepareRequest& request, std::FILE* out) {
    const core::fs::path scratch =
        core::fs::path(request.directory) / fmt::format(".requests.{}", core::own_pid());
    const Preparation job = preparation(request, scratch);
    const auto status = [&] {
        ProgressLine progress(out, request.dataset.name);
        return run_with_progress({job.spawn}, progress).front();
    }();
    check_ended_well(status,
                     fmt::format("dataset '{}' could not be prepared", request.dataset.name));
    auto result = data::read_result(job.result);
    core::remove_tree(scratch);
    return result;
}

sweep::DatasetReady ready_event(const data::PrepareResult& result, const data::PreparedFile& file,
                                core::WallTime now) {
    sweep::DatasetReady event;
    event.time = now;
    event.dataset = result.dataset;
    event.fingerprint = result.fingerprint;
    event.size = file.size;
    event.stored_size = file.stored_size;
    event.prepared = file.path;
    event.pixels_checksum = file.pixels_checksum;
    event.classes = result.classes;
    event.train = result.parts.train;
    event.validation = result.parts.validation;
    event.test = result.parts.test;
    for (const auto& bad : result.bad) {
        event.skipped.push_back(bad.path + ": " + bad.reason);
    }
    event.duplicates = result.duplicates.exact + result.duplicates.near;
    event.train_counts = result.train_counts;
    event.validation_counts = result.validation_counts;
    event.test_counts = result.test_counts;
    return event;
}

sweep::DatasetAudited audited_event(const data::Audit& audit, const std::string& dataset,
                                    const std::string& fingerprint, core::WallTime now) {
    const auto copies = [](const data::Copies& found) {
        return sweep::LeakedCopies{found.validation, found.test, found.examples};
    };
    sweep::DatasetAudited event;
    event.time = now;
    event.dataset = dataset;
    event.fingerprint = fingerprint;
    event.grouped = audit.grouped;
    event.groups_across = audit.groups_across;
    event.groups = audit.groups;
    event.copies_known = audit.copies_known;
    event.equal = copies(audit.equal);
    event.alike = copies(audit.alike);
    event.alike_bits = data::kAlike;
    event.conflicting = audit.conflicting;
    return event;
}

}  // namespace graft::commands
