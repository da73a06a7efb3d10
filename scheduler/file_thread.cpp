// SPDX-License-Identifier: Apache-2.0
#include "scheduler/file_thread.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace graft::scheduler {

namespace {

// Between looks into requests/, at most.
constexpr core::Seconds kLookEvery{2};

RunResult superseded_result() {
    return {Outcome::stopped, std::string(kSupersededMessage)};
}

RunResult failure_of(const core::Error& error, const core::fs::path& sweep) {
    if (dynamic_cast<const core::NoSpaceError*>(&error) == nullptr) {
        return {Outcome::stopped, error.what()};
    }
    return {Outcome::no_space,
            fmt::format("{} What is saved stays intact. 'graft clean {}' removes what the sweep no "
                        "longer needs; then 'graft run' goes on.",
                        error.what(), sweep.string())};
}

}  // namespace

FileThread::FileThread(core::fs::path sweep, sweep::JournalWriter journal, Holder holder,
                       std::set<std::string> answered)
    : sweep_(std::move(sweep)),
      journal_(std::move(journal)),
      holder_(std::move(holder)),
      counted_(core::now()),
      answered_(std::move(answered)) {
    look_for_requests();
    thread_ = std::thread([this] { run(); });
}

FileThread::~FileThread() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void FileThread::append(std::vector<sweep::Event> events) {
    if (events.empty()) {
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        events_.insert(events_.end(), std::make_move_iterator(events.begin()),
                       std::make_move_iterator(events.end()));
    }
    changed_.notify_one();
}

void FileThread::read_dataset(Need need, std::function<DatasetResult()> read) {
    {
        const std::lock_guard lock(mutex_);
        reads_.emplace_back(std::move(need), std::move(read));
    }
    changed_.notify_one();
}

FileThread::Report FileThread::take_report() {
    const std::lock_guard lock(mutex_);
    return std::exchange(report_, {});
}

void FileThread::fail(RunResult result) {
    const std::lock_guard lock(mutex_);
    if (!failed_) {
        failed_ = true;
        report_.failure = std::move(result);
    }
    wake_.wake();
}

void FileThread::run() {
    core::Instant next_look = core::now();
    std::unique_lock lock(mutex_);
    while (true) {
        const auto something = [&] { return ending_ || !events_.empty() || !reads_.empty(); };
        changed_.wait_until(lock, next_look, something);
        if (!events_.empty()) {
            write_group(lock);
        } else if (!reads_.empty()) {
            auto [need, read] = std::move(reads_.front());
            reads_.pop_front();
            lock.unlock();
            auto result = read();
            lock.lock();
            report_.datasets.emplace_back(std::move(need), std::move(result));
            wake_.wake();
        } else if (ending_) {
            return;
        }
        if (core::now() >= next_look) {
            lock.unlock();
            keep_house();
            lock.lock();
            next_look = core::now() + std::chrono::duration_cast<core::Instant::duration>(
                                          std::min(kLookEvery, holder_.every));
        }
    }
}

void FileThread::write_group(std::unique_lock<std::mutex>& lock) {
    const auto group = std::exchange(events_, {});
    if (failed_) {
        return;  // acknowledged by nobody
    }
    lock.unlock();
    std::optional<RunResult> failure;
    try {
        if (!journal_.append(group)) {
            failure = superseded_result();
        }
    } catch (const core::Error& error) {
        failure = failure_of(error, sweep_);
    }
    if (failure) {
        fail(std::move(*failure));
    } else {
        close_requests(group);
    }
    lock.lock();
    if (!failed_) {
        report_.synced += group.size();
        wake_.wake();
    }
}

// Their answers are synced: the files go, at once or at a later look.
void FileThread::close_requests(const std::vector<sweep::Event>& group) {
    bool any = false;
    for (const auto& event : group) {
        if (const auto* answer = std::get_if<sweep::RequestAnswered>(&event)) {
            answered_.insert(answer->request);
            handed_.erase(answer->request);
            any = true;
        }
    }
    if (any) {
        look_for_requests();
    }
}

void FileThread::look_for_requests() {
    auto requests = take_requests(sweep_, answered_, handed_);
    if (requests.empty()) {
        return;
    }
    const std::lock_guard lock(mutex_);
    for (auto& request : requests) {
        handed_.insert(request.name);
        report_.requests.push_back(std::move(request));
    }
    wake_.wake();
}

void FileThread::keep_house() {
    {
        const std::lock_guard lock(mutex_);
        if (failed_) {
            return;
        }
    }
    try {
        if (journal_.superseded()) {
            return fail(superseded_result());
        }
        if (core::Seconds(core::now() - counted_) >= holder_.every) {
            ++holder_.counter;
            write_holder(sweep_, holder_);
            counted_ = core::now();
        }
        look_for_requests();
    } catch (const core::Error& error) {
        // A passing trouble of the file system; past the time in which others wait for us it is
        // none any more.
        if (core::Seconds(core::now() - counted_) >= stands_still(holder_)) {
            fail(failure_of(error, sweep_));
        }
    }
}

}  // namespace graft::scheduler
