// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace graft::scheduler {

// Called before the state of so many trials is made: with tens of thousands, whose looking up is
// most of a decision's cost, asks for large pages under it (core/large_pages.hpp). Few: nothing.
void expect_trials(std::size_t count);

}  // namespace graft::scheduler
