// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <vector>

#include <c10/core/Device.h>

#include "trainer/exchange.hpp"

namespace graft::trainer::cuda {

// What all ends of one exchange over NCCL have in common, made once: NCCL's id of it.
class Meeting {
  public:
    Meeting();
    ~Meeting();
    Meeting(Meeting&&) noexcept;
    Meeting& operator=(Meeting&&) noexcept;

    // The end of replica `index` of `count`, on its device. Waits for all others, each of which
    // makes its own in its own thread. Made and destroyed there; NCCL's errors are c10::Error.
    std::unique_ptr<Exchange> end(int index, int count, c10::Device device) const;

  private:
    struct Id;
    std::unique_ptr<Id> id_;
};

}  // namespace graft::trainer::cuda
