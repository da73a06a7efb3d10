// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "sweep/score_request.hpp"

namespace graft::trainer {

// Images scored of all that a request asks for.
using ScoreProgress = std::function<void(std::uint64_t done, std::uint64_t all)>;

// Scores each checkpoint as its trial scored its best (CohortRun): on the same device, with as many
// threads, equal images get equal scores to the bit. Its file is there, whole, before the next one
// begins. Throws InputError when weights or images are not there or not as recorded, or when the
// images have a class that the networks do not know.
void score(const sweep::ScoreRequest& request, const ScoreProgress& progress);

// `graft-trainer score REQUEST --threads N`: reads an encoded request. On standard output lines
// "progress <images scored> <all>", at most five a second.
void answer_score(const std::filesystem::path& request);

}  // namespace graft::trainer
