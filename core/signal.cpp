// SPDX-License-Identifier: Apache-2.0
#include "core/signal.hpp"

#include <atomic>

namespace graft::core {

namespace {

// Handlers reach only what is static; lock-free atomics are safe in them.
std::atomic<int> counts[NSIG];
static_assert(std::atomic<int>::is_always_lock_free);

void raise_flag(int signal) {
    counts[signal].fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

SignalFlags::SignalFlags(std::initializer_list<int> signals) {
    for (const int signal : signals) {
        struct sigaction action {
        }, before{};
        action.sa_handler = raise_flag;
        sigemptyset(&action.sa_mask);
        ::sigaction(signal, nullptr, &before);
        if (before.sa_handler != raise_flag) {
            counts[signal] = 0;
        }
        ::sigaction(signal, &action, nullptr);
        before_.emplace_back(signal, before);
    }
}

SignalFlags::~SignalFlags() {
    for (const auto& [signal, action] : before_) {
        ::sigaction(signal, &action, nullptr);
    }
}

int SignalFlags::count(int signal) const {
    return counts[signal].load(std::memory_order_relaxed);
}

int SignalFlags::total() const {
    int sum = 0;
    for (const auto& [signal, action] : before_) {
        sum += count(signal);
    }
    return sum;
}

}  // namespace graft::core
