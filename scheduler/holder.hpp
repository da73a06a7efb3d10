// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/clock.hpp"
#include "core/file.hpp"

#include "sweep/record.hpp"

namespace graft::scheduler {

// The file <sweep>/coordinator: who runs the sweep, and a counter that it raises.
struct Holder {
    std::string host, boot_id, job, start_id;
    std::int64_t pid = 0;
    std::int64_t counter = 0;
    core::Seconds every{5};  // between two raises
    bool operator==(const Holder&) const = default;
};
// "key value" lines. Keys that are missing, or not known, are no error: nothing is.
std::string to_text(const Holder& holder);
Holder parse_holder(const std::string& text);

// How often a coordinator raises its counter: a twelfth of the time after which a rank of it is
// lost, at most 5 s.
core::Seconds counter_every(core::Seconds lost_after);
// A counter that stood still for so long is nobody's any more: 12 of its own intervals, 60 s as a
// rule. The holder itself stops when it could not sync its counter for that time.
core::Seconds stands_still(const Holder& holder);

// Who holds a sweep that is to be started. Nothing: nobody (never started, or closed in good
// order). A start that died before it wrote the file is known from the journal.
std::optional<Holder> holder_of(const sweep::Record& record, const std::optional<Holder>& file);

// What we know of the holder's process.
enum class Fate : std::uint8_t {
    alive,    // on this host
    gone,     // on this host or an earlier boot of it, and no such process
    unknown,  // on another host
};
// `runs_here`: a process of the holder's pid runs on this host.
Fate fate_of(const Holder& holder, const std::string& host, const std::string& boot_id,
             bool runs_here);
// The same of this host, from its process table.
Fate fate_here(const Holder& holder);

// Waits for a holder of unknown fate: given up when its counter stood still for 12 of the
// intervals that its file names, by the waiter's clock.
class TakeOverWait {
  public:
    TakeOverWait(Holder seen, core::Instant now) : last_(std::move(seen)), since_(now) {}
    bool given_up(const Holder& seen, core::Instant now);
    core::Seconds left(core::Instant now) const { return stands_still(last_) - (now - since_); }
    // Its counter was seen to rise: it lives.
    bool seen_alive() const { return seen_alive_; }

  private:
    Holder last_;
    core::Instant since_;
    bool seen_alive_ = false;
};

std::optional<Holder> read_holder(const core::fs::path& sweep);
void write_holder(const core::fs::path& sweep, const Holder& holder);

}  // namespace graft::scheduler
