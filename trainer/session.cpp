// SPDX-License-Identifier: Apache-2.0
#include "trainer/session.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "core/build_info.hpp"
#include "core/bytes.hpp"

#include "sweep/trial_files.hpp"

#include "trainer/cohort_run.hpp"
#include "trainer/cuda/graph.hpp"
#include "trainer/device.hpp"
#include "trainer/ending.hpp"
#include "trainer/replica_group.hpp"

namespace graft::trainer {

namespace {

// Progress is shown at most five times a second.
constexpr core::Seconds kShowEvery{0.2};

}  // namespace

Session::Session(core::FramedSocket& socket, int threads) : socket_(socket), threads_(threads) {}

void Session::send(sweep::FromWorker message) {
    socket_.send(core::encode(message));
}

void Session::receive(Wait wait) {
    while (const auto frame = socket_.receive(
               wait == Wait::yes ? std::nullopt : std::optional<core::Seconds>(0))) {
        const auto message = core::decode<sweep::ToWorker>(*frame);
        std::visit([this](const auto& m) { on(m); }, message);
        wait = Wait::no;
    }
}

void Session::serve() {
    send(sweep::TrainerHello{std::string(core::build_id())});
    while (!leave_) {
        if (!next_) {
            receive(Wait::yes);
        }
        if (next_ && !leave_) {
            train(*std::exchange(next_, std::nullopt));
        }
    }
}

void Session::on(const sweep::Assign& assign) {
    next_ = assign;
    drain_ = false;
}

void Session::on(const sweep::Drain& drain) {
    // One that was meant for a cohort which has ended meanwhile is no business of the next.
    const auto latest = next_ ? next_->cohort : current_.cohort;
    drain_ = drain_ || !drain.cohort || *drain.cohort == latest;
}

void Session::on(const sweep::Recorded& recorded) {
    if (recorded.cohort != current_.cohort) {
        return;
    }
    stopped_ = recorded.stopped;
    while (!pending_.empty() && pending_.front().number <= recorded.save) {
        const Pending done = std::move(pending_.front());
        pending_.pop_front();
        for (const sweep::MemberSave& save : done.members) {
            tidy(save, done.number);
        }
    }
}

void Session::tidy(const sweep::MemberSave& recorded, std::int64_t number) const {
    if (recorded.result) {
        sweep::finish_files(current_.directory, recorded.trial, *recorded.result, recorded.files);
        return;
    }
    const auto member =
        std::find_if(current_.members.begin(), current_.members.end(),
                     [&](const sweep::Member& one) { return one.trial == recorded.trial; });
    sweep::remove_replaced(current_.directory, recorded.trial, member->attempt, number,
                           recorded.files);
}

void Session::settle() {
    if (!pending_.empty()) {
        send(sweep::Waits{current_.cohort, saves_});
    }
    while (!pending_.empty()) {
        receive(Wait::yes);
    }
}

std::vector<sweep::TrialId> Session::verdicts() {
    settle();
    return stopped_;
}

void Session::train(const sweep::Assign& assign) {
    current_ = assign;
    saves_ = 0;
    pending_.clear();
    stopped_.clear();
    const auto ending = ending_of([&] { return train_members(assign); });
    send(sweep::Ended{assign.cohort, ending});
}

sweep::Ending Session::train_members(const sweep::Assign& assign) {
    const sweep::Training& training = assign.members.at(0).spec->training;
    if (std::ssize(devices_) != training.gpus_per_trial) {
        devices_ = choose_devices(training.gpus_per_trial);
        cuda::use_own_stream(devices_.front());
    }
    const at::Device device = devices_.front();
    send(sweep::Begun{assign.cohort, device_name(device), numerics(device, threads_)});
    const auto data = datasets(assign);
    set_precision(training.precision);
    ReplicaGroup group(data);
    CohortRun run(assign.members, {assign.directory, assign.weights, assign.network}, *data.front(),
                  *this, &group);
    const auto outcome = run.run();
    settle();
    if (outcome == CohortRun::Outcome::drained) {
        return sweep::Drained{};
    }
    return sweep::Completed{};
}

std::vector<const Dataset*> Session::datasets(const sweep::Assign& assign) {
    const std::string name =
        fmt::format("{}\n{}\n{}", assign.prepared, assign.prepared_checksum, devices_.size());
    const bool shared = devices_.front().is_cpu();
    if (data_.empty() || data_name_ != name) {
        data_.clear();
        for (std::size_t i = 0; i < (shared ? 1 : devices_.size()); ++i) {
            data_.emplace_back(assign.prepared, assign.prepared_checksum, devices_[i]);
        }
        data_name_ = name;
    }
    std::vector<const Dataset*> data;
    for (std::size_t i = 0; i < devices_.size(); ++i) {
        data.push_back(&data_[shared ? 0 : i]);
    }
    return data;
}

Watcher::Request Session::after_batch(const std::function<Shown()>& shown) {
    receive(Wait::no);
    const core::Instant now = core::now();
    if (now - last_shown_ >= kShowEvery) {
        last_shown_ = now;
        const Shown so_far = shown();
        send(sweep::Progress{current_.cohort, so_far.position, so_far.batches,
                             so_far.images_per_second, so_far.loss, so_far.val_auc});
    }
    return drain_ || leave_ ? Request::drain : Request::go_on;
}

void Session::saved(const sweep::Position& position, std::vector<sweep::MemberSave> members,
                    double save_seconds) {
    pending_.push_back({++saves_, members});
    send(sweep::Saved{current_.cohort, saves_, position, std::move(members), save_seconds});
}

}  // namespace graft::trainer
