// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/clock.hpp"
#include "core/file.hpp"

#include "sweep/record.hpp"

namespace graft::scheduler {

// The file <sweep>/coordinator: who runs the sweep, and a counter that it raises every 5 s.
struct Holder {
    std::string host, boot_id, job, start_id;
    std::int64_t pid = 0;
    std::int64_t counter = 0;
    bool operator==(const Holder&) const = default;
};
// "key value" lines. Keys that are missing, or not known, are no error: nothing is.
std::string to_text(const Holder& holder);
Holder parse_holder(const std::string& text);

constexpr core::Seconds kCounterEvery{5};
constexpr core::Seconds kStandsStill{60};

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

// Waits for a holder of unknown fate: true when it gave up, that is, when its counter stood still
// for 60 s of the waiter's clock.
class TakeOverWait {
  public:
    TakeOverWait(Holder seen, core::Instant now) : last_(std::move(seen)), since_(now) {}
    bool given_up(const Holder& seen, core::Instant now);
    core::Seconds left(core::Instant now) const { return kStandsStill - (now - since_); }

  private:
    Holder last_;
    core::Instant since_;
};

std::optional<Holder> read_holder(const core::fs::path& sweep);
void write_holder(const core::fs::path& sweep, const Holder& holder);

}  // namespace graft::scheduler
