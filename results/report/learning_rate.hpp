// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "results/report/chapter.hpp"

namespace graft::results::report {

// What the learning rate decides: the same comparison at every rate that both arms had.

// " Both at the same learning rate: at 1e-5 +0.2407 (1 pair), ..."; nothing where no arm had a
// choice.
std::string by_rate_text(const Material& material, const findings::DatasetEffect& effect);

// Nothing when no comparison has two rates.
std::optional<Figure> rate_figure(const Material& material,
                                  const std::vector<findings::Contrast>& contrasts);

}  // namespace graft::results::report
