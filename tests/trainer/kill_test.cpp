// SPDX-License-Identifier: Apache-2.0
// The program graft-trainer, killed with SIGKILL again and again: what was recorded is gone on
// from, and the trial ends with the numbers of one that was left alone.
#include <csignal>
#include <filesystem>

#include "core/clock.hpp"
#include "core/random.hpp"

#include "sweep/trial_files.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"
#include "trainer/ledger.hpp"
#include "trainer/running_trainer.hpp"
#include "trainer/small_study.hpp"

using namespace graft;
using tests::Ledger;
using tests::RunningTrainer;

namespace {

// When a trainer is killed; `count`: at the attempt's how many-th save (0: the one with the
// result), or after how many milliseconds.
enum class Instant {
    never,
    by_the_clock,
    in_a_save,
    save_not_recorded,
    save_recorded,
    acknowledged
};
struct Kill {
    Instant instant = Instant::never;
    std::int64_t count = 0;
};

class Coordinator {
  public:
    explicit Coordinator(const std::vector<double>& freeze = {40}) : ledger(small_specs(freeze)) {
        tests::write_drawn_dataset(directory / "drawn.h5", {20, 2, 16, 16});
    }

    // One attempt with a trainer process of its own. True when the trainer was killed.
    bool attempt(Kill kill) {
        sweep::Assign assign;
        assign.members = ledger.begin_attempts();
        assign.cohort = ledger.cohort();
        assign.directory = directory.path().string();
        assign.prepared = (directory / "drawn.h5").string();
        assign.image_size = 16;
        RunningTrainer trainer;
        trainer.next();
        trainer.send(assign);
        const core::Instant began = core::now();
        bool killed = false;
        while (!killed) {
            const auto message = trainer.next_within(core::Seconds(0.0005));
            if (message && std::holds_alternative<sweep::Ended>(*message)) {
                break;
            }
            const auto* saved = message ? std::get_if<sweep::Saved>(&*message) : nullptr;
            killed = saved ? record(trainer, *saved, kill) : due(kill, began);
        }
        if (killed) {
            trainer.kill(SIGKILL);
        } else {
            trainer.send(sweep::Leave{});
        }
        trainer.wait();
        ledger.end_attempt(killed ? sweep::Ending(sweep::Killed{9}) : sweep::Completed{});
        return killed;
    }

    // What the next start does.
    std::string finished() {
        std::string numbers;
        for (std::size_t i = 0; i < ledger.size(); ++i) {
            sweep::finish_files(directory.path(), ledger.trial(i).id, *ledger.result(i));
            numbers += tests::numbers_of(ledger.trial(i));
        }
        tests::check_files(directory.path(), ledger);
        return numbers;
    }

    tests::TemporaryDirectory directory;
    Ledger ledger;

  private:
    static std::vector<sweep::TrialSpec> small_specs(const std::vector<double>& freeze) {
        auto spec = tests::small_member().spec;
        spec.edit().training.image_size = 16;
        spec.edit().training.epochs = 4;
        spec.edit().training.warmup_for = sweep::WarmupFor::all;
        std::vector<sweep::TrialSpec> specs;
        for (const double percent : freeze) {
            spec.freeze = percent;
            specs.push_back(spec);
        }
        return specs;
    }

    // The save's way through the journal and back; true when the trainer is to be killed there.
    bool record(RunningTrainer& trainer, const sweep::Saved& saved, Kill kill) {
        const bool this_one =
            kill.count > 0 ? saved.save >= kill.count : saved.members.at(0).result.has_value();
        if (this_one && kill.instant == Instant::save_not_recorded) {
            return true;
        }
        ledger.record(saved);
        if (this_one && kill.instant == Instant::save_recorded) {
            return true;
        }
        trainer.send(sweep::Recorded{saved.cohort, saved.save, {}});
        return this_one && kill.instant == Instant::acknowledged;
    }

    bool due(Kill kill, core::Instant began) const {
        if (kill.instant == Instant::by_the_clock) {
            return core::Seconds(core::now() - began).count() * 1000 >=
                   static_cast<double>(kill.count);
        }
        return kill.instant == Instant::in_a_save && a_file_is_half_written();
    }

    bool a_file_is_half_written() const {
        std::error_code absent;
        const auto place = directory.path() / "trials" / ledger.trial().id.text();
        for (const auto& entry : std::filesystem::directory_iterator(place, absent)) {
            if (entry.path().extension() == ".tmp") {
                return true;
            }
        }
        return false;
    }
};

}  // namespace

TEST_CASE("a trainer process that is killed again and again loses and doubles nothing") {
    Coordinator whole;
    REQUIRE_FALSE(whole.attempt({}));
    const auto expected = whole.finished();
    REQUIRE(whole.ledger.trial().rows.size() == 5);
    for (const std::uint64_t key : {1, 2, 3}) {
        core::RandomStream draw("kills", key, 0);
        Coordinator broken;
        std::vector<Kill> kills{
            {Instant::by_the_clock, static_cast<std::int64_t>(draw.below(50))},  // ms of some 200
            {Instant::save_not_recorded, 1 + static_cast<std::int64_t>(draw.below(2))},
            {Instant::save_recorded, 1},
            {Instant::acknowledged, 1},
            {Instant::in_a_save, 0},
        };
        int killed = 0;
        for (std::size_t i = 0; !broken.ledger.result(); ++i) {
            killed += broken.attempt(i < kills.size() ? kills[i] : Kill{});
        }
        INFO("key " << key << ", killed " << killed << " times");
        CHECK(killed >= 3);
        CHECK(broken.finished() == expected);
    }
}

TEST_CASE(
    "a trainer process with a cohort that is killed again and again loses and doubles nothing") {
    const std::vector<double> freeze{40, 100, 0};
    std::string alone;
    for (const double percent : freeze) {
        Coordinator one({percent});
        REQUIRE_FALSE(one.attempt({}));
        alone += one.finished();
    }
    Coordinator broken(freeze);
    for (const Kill& kill : {Kill{Instant::by_the_clock, 30}, Kill{Instant::save_not_recorded, 1},
                             Kill{Instant::save_recorded, 1}, Kill{Instant::in_a_save, 0},
                             Kill{Instant::acknowledged, 1}, Kill{}}) {
        if (!broken.ledger.all_ended()) {
            broken.attempt(kill);
        }
    }
    CHECK(broken.ledger.trial().attempts.size() >= 4);
    CHECK(broken.finished() == alone);
}

TEST_CASE(
    "a trainer that is killed between its result and the acknowledgement has ended its trial") {
    Coordinator whole;
    REQUIRE_FALSE(whole.attempt({}));
    const auto expected = whole.finished();
    for (const auto instant :
         {Instant::save_not_recorded, Instant::save_recorded, Instant::acknowledged}) {
        Coordinator broken;
        CHECK(broken.attempt({instant, 0}));
        if (!broken.ledger.result()) {
            CHECK_FALSE(broken.attempt({}));
        }
        CHECK(broken.finished() == expected);
    }
}
