// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include <fmt/format.h>

#include "sweep/rate.hpp"

#include "tool/commands.hpp"

namespace graft::oracle {

void print_rates(const Arguments& arguments) {
    sweep::Schedule schedule;
    schedule.shape = core::value_of<sweep::RateShape>(arguments[0]).value();
    schedule.final_rate = std::stod(arguments[1]);
    schedule.rate_warmup_epochs = std::stod(arguments[2]);
    const double rate = std::stod(arguments[3]);
    const std::int64_t steps = std::stoll(arguments[4]);
    const int epochs = std::stoi(arguments[5]);
    for (std::int64_t step = 0; step < steps * epochs; ++step) {
        std::cout << fmt::format("{}\n", sweep::rate_at(schedule, rate, {step, steps, epochs}));
    }
}

}  // namespace graft::oracle
