// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "results/report/page.hpp"

namespace graft::results::report {

// Draws figures as SVG, by ECharts in a JavaScript machine of its own (Duktape), which takes 0.2 s
// to make; one pen may draw any number of figures, from one thread at a time. A script that fails
// is a bug: std::logic_error with the script's words.
class Pen {
  public:
    Pen();
    ~Pen();
    Pen(Pen&&) noexcept;
    Pen& operator=(Pen&&) noexcept;

    std::string svg_of(const Figure& figure);

  private:
    struct Machine;
    std::unique_ptr<Machine> machine_;
};

}  // namespace graft::results::report
