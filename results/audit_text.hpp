// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sweep/event.hpp"

namespace graft::results {

// What an audit of a dataset found, for a reader: one sentence or two each.
enum class Leak { none, unknown, found };
struct AuditLine {
    Leak leak = Leak::none;
    std::string text;
};

// Groups and copies across the parts.
std::vector<AuditLine> audit_lines(const sweep::DatasetAudited& audit);

// Whether the parts have the same shares of each class; `found` from five points on.
AuditLine balance_line(const sweep::DatasetReady& dataset);

// All of a dataset that is ready. `audit` may be null: an earlier graft prepared it.
std::vector<AuditLine> audit_lines(const sweep::DatasetReady& dataset,
                                   const sweep::DatasetAudited* audit);

}  // namespace graft::results
