// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "sweep/progress.hpp"

namespace graft::results {

// The columns of /epochs after `trial`, in their order. A cell is eight bytes: an integer (of the
// phase its number) or a double, with its way in and out of a row.
struct EpochColumn {
    std::string_view name;
    enum class Kind { phase, integer, number } kind;
    std::uint64_t (*cell)(const sweep::EpochRow& row);
    void (*put)(sweep::EpochRow& row, std::uint64_t cell);
};
constexpr std::size_t kEpochColumns = 13;
const std::array<EpochColumn, kEpochColumns>& epoch_cells();

}  // namespace graft::results
