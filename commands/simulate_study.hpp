// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "commands/study.hpp"

namespace graft::commands {

// The words of `graft simulate` that say which trials are simulated.
struct StudyOf {
    std::vector<std::string> images;       // "cancer=220025": datasets that are not here
    std::optional<std::string> seeds;      // "1,2"
    std::optional<std::string> precision;  // of every trial
};

// A study that is only looked at: a dataset that is not here is known by its number of images,
// divided 8:1:1. Throws InputError for one that the grid trains on and that nobody counted, and
// for words that do not fit.
Study study_to_simulate(const std::filesystem::path& path, const StudyOf& of);

}  // namespace graft::commands
