// SPDX-License-Identifier: Apache-2.0
#include "trainer/session.hpp"

#include <utility>
#include <variant>

#include "core/build_info.hpp"
#include "core/bytes.hpp"

#include "sweep/trial_files.hpp"

#include "trainer/device.hpp"
#include "trainer/ending.hpp"
#include "trainer/trial_run.hpp"

namespace graft::trainer {

namespace {

// Progress is shown at most five times a second.
constexpr core::Seconds kShowEvery{0.2};

}  // namespace

Session::Session(core::FramedSocket& socket, at::Device device, int threads)
    : socket_(socket), device_(device), threads_(threads) {}

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

void Session::on(const sweep::Recorded& recorded) {
    if (recorded.cohort != current_.cohort) {
        return;
    }
    while (!pending_.empty() && pending_.front().number <= recorded.save) {
        const Pending done = std::move(pending_.front());
        pending_.pop_front();
        if (done.save.result) {
            sweep::finish_files(current_.directory, done.save.trial, *done.save.result);
        } else {
            sweep::remove_replaced(current_.directory, done.save.trial, done.attempt, done.number,
                                   done.save.files);
        }
    }
}

void Session::settle() {
    if (!pending_.empty()) {
        send(sweep::Waits{current_.cohort, saves_});
    }
    while (!pending_.empty()) {
        receive(Wait::yes);
    }
}

void Session::train(const sweep::Assign& assign) {
    current_ = assign;
    saves_ = 0;
    pending_.clear();
    const auto ending = ending_of([&] { return train_members(assign); });
    send(sweep::Ended{assign.cohort, ending});
}

sweep::Ending Session::train_members(const sweep::Assign& assign) {
    send(sweep::Begun{assign.cohort, device_name(device_), numerics(device_, threads_)});
    const Dataset& data = dataset(assign);
    for (const sweep::Member& member : assign.members) {
        attempt_ = member.attempt;
        set_precision(member.spec.training.precision);
        TrialRun run(member, {assign.directory, assign.weights}, data, *this);
        const auto outcome = run.run();
        settle();
        if (outcome == TrialRun::Outcome::drained) {
            return sweep::Drained{};
        }
    }
    return sweep::Completed{};
}

const Dataset& Session::dataset(const sweep::Assign& assign) {
    const std::string name = assign.prepared + "\n" + assign.prepared_checksum;
    if (!data_ || data_name_ != name) {
        data_.reset();
        data_.emplace(assign.prepared, assign.prepared_checksum, device_);
        data_name_ = name;
    }
    return *data_;
}

Watcher::Request Session::after_batch(const Shown& shown) {
    receive(Wait::no);
    const core::Instant now = core::now();
    if (now - last_shown_ >= kShowEvery) {
        last_shown_ = now;
        send(sweep::Progress{current_.cohort, shown.position, shown.batches,
                             shown.images_per_second, shown.loss, shown.val_auc});
    }
    return drain_ || leave_ ? Request::drain : Request::go_on;
}

void Session::saved(const sweep::Position& position, const sweep::MemberSave& save,
                    double save_seconds) {
    pending_.push_back({++saves_, attempt_, save});
    send(sweep::Saved{current_.cohort, saves_, position, {save}, save_seconds});
}

}  // namespace graft::trainer
