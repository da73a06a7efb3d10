// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace graft::sweep {

// What an attempt's numbers depend on beside the trial itself, as recorded with every attempt:
// "cpu, 4 threads, AVX2, torch 2.7.1, oneDNN, kernels 2". Equal numerics give equal numbers, to the
// bit.
std::string numerics_text(std::string_view kind, int threads, std::string_view libraries);
// The threads that such a text names; nothing when it names none.
std::optional<int> threads_of(const std::string& numerics);

}  // namespace graft::sweep
