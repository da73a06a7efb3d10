// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <c10/core/Device.h>

namespace graft::trainer::cuda {

// A place in this thread's work on a GPU. On a processor all work is done when it is called.
class Mark {
  public:
    // Behind all that this thread has launched on the device so far.
    explicit Mark(c10::Device device);
    ~Mark();
    Mark(Mark&&) noexcept;
    Mark& operator=(Mark&&) noexcept;

    // Until the device has got there, and no longer: what was launched later goes on. Any thread.
    void wait() const;

  private:
    struct Event;
    std::unique_ptr<Event> event_;
};

}  // namespace graft::trainer::cuda
