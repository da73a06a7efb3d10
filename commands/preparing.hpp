// SPDX-License-Identifier: Apache-2.0
#pragma once

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

// The journal's event for one size of a prepared dataset.
sweep::DatasetReady ready_event(const data::PrepareResult& result, const data::PreparedFile& file,
                                core::WallTime now);

sweep::DatasetAudited audited_event(const data::Audit& audit, const std::string& dataset,
                                    const std::string& fingerprint, core::WallTime now);

}  // namespace graft::commands
