// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "core/process.hpp"

#include "data/prepare_request.hpp"
#include "sweep/event.hpp"

namespace graft::commands {

// One run of graft-prepare: what to start, and where its answer will lie. The request file is
// written; both files lie in `scratch`, which the caller removes.
struct Preparation {
    core::Spawn spawn;
    std::filesystem::path result;
};
Preparation preparation(const data::PrepareRequest& request, const std::filesystem::path& scratch);

// Runs graft-prepare to its end, with its progress on `out`, a terminal or not. Throws core::Error
// where it fails: it has said on standard error what is wrong.
data::PrepareResult prepare_one(const data::PrepareRequest& request, std::FILE* out);

// The journal's event for one size of a prepared dataset.
sweep::DatasetReady ready_event(const data::PrepareResult& result, const data::PreparedFile& file,
                                core::WallTime now);

sweep::DatasetAudited audited_event(const data::Audit& audit, const std::string& dataset,
                                    const std::string& fingerprint, core::WallTime now);

}  // namespace graft::commands
