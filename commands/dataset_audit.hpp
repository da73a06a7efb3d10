// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "data/manifest.hpp"

#include "results/audit_text.hpp"

namespace graft::commands {

// What leaks between the parts of a dataset: by its prepared file, of any size, where one is in
// `prepared`; else what the listing tells, of a set that is divided already. Reads no picture.
std::vector<results::AuditLine> audit_dataset(const data::DatasetSettings& settings,
                                              const data::Manifest& manifest,
                                              const std::filesystem::path& prepared);

}  // namespace graft::commands
