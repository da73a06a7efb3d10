// SPDX-License-Identifier: Apache-2.0
// scheduler/holder: the file <sweep>/coordinator.
#include "scheduler/holder.hpp"

#include <cmath>

#include "fuzz/fuzz.hpp"

using namespace graft;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto holder = scheduler::parse_holder(std::string(fuzz::text_of(data, size)));
    const double seconds = scheduler::stands_still(holder).count();
    fuzz::demand(std::isfinite(seconds) && seconds > 0 && seconds < 1e6, "the wait is bounded");
    fuzz::demand(scheduler::parse_holder(scheduler::to_text(holder)) == holder,
                 "a holder's text reads back");
    scheduler::fate_of(holder, "host", "boot", false);
    scheduler::TakeOverWait wait(holder, core::Instant());
    wait.given_up(holder, core::Instant());
    return 0;
}
