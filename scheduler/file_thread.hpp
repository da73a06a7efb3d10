// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include "core/socket.hpp"

#include "sweep/journal.hpp"

#include "scheduler/holder.hpp"
#include "scheduler/requests.hpp"
#include "scheduler/run.hpp"

namespace graft::scheduler {

// What the user of a coordinator reads that was superseded.
constexpr std::string_view kSupersededMessage =
    "another start took this sweep over (this one was thought dead). Nothing is lost: look at its "
    "output, or 'graft status'.";

// Everything that the coordinator does with files while it runs, on a thread of its own, so that a
// file system that hangs stalls nobody's messages: the journal, the counter of the file
// `coordinator`, the requests, the results of preparations.
class FileThread {
  public:
    // `answered`: names of requests whose answers are in the record. The first look for requests
    // is done when this returns.
    FileThread(core::fs::path sweep, sweep::JournalWriter journal, Holder holder,
               std::set<std::string> answered = {});
    // Finishes what was given to it.
    ~FileThread();
    FileThread(const FileThread&) = delete;
    FileThread& operator=(const FileThread&) = delete;

    // To be written and synced after what was appended before; what has gathered meanwhile is one
    // group.
    void append(std::vector<sweep::Event> events);
    // Reads a preparation's result; failures are texts.
    using DatasetResult = std::variant<PreparedDataset, std::string>;
    void read_dataset(Need need, std::function<DatasetResult()> read);

    // What has happened since the last call.
    struct Report {
        std::uint64_t synced = 0;          // events
        std::optional<RunResult> failure;  // nothing can be written any more
        std::vector<std::pair<Need, DatasetResult>> datasets;
        std::vector<Request> requests;  // each once; its file goes with the synced answer
    };
    Report take_report();
    // Readable when there is something to report.
    int fd() const { return wake_.fd(); }
    void clear_wake() const { wake_.clear(); }

  private:
    void run();
    void write_group(std::unique_lock<std::mutex>& lock);
    void keep_house();
    void look_for_requests();
    void close_requests(const std::vector<sweep::Event>& group);
    void fail(RunResult result);

    core::fs::path sweep_;
    sweep::JournalWriter journal_;
    Holder holder_;
    core::Instant counted_;                    // when the counter was last synced
    std::set<std::string> answered_, handed_;  // requests; handed_: to the reactor, not answered

    std::mutex mutex_;  // of all below
    std::condition_variable changed_;
    std::vector<sweep::Event> events_;
    std::deque<std::pair<Need, std::function<DatasetResult()>>> reads_;
    Report report_;
    bool failed_ = false, ending_ = false;

    core::WakeUp wake_;
    std::thread thread_;  // last: it uses the others
};

}  // namespace graft::scheduler
