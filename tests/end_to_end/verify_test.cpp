// SPDX-License-Identifier: Apache-2.0
// `graft verify` and `graft explain` on real sweeps.
#include "core/file.hpp"

#include "end_to_end/running_sweep.hpp"
#include "support/catch.hpp"

using namespace graft;
using tests::begun;
using tests::record_of;
using tests::SmallSweep;
using tests::start;
using tests::wait_until;
namespace fs = std::filesystem;

namespace {

constexpr const char* kOneTrial =
    "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"drawn\"\ninit = \"random\"\n";
constexpr const char* kLong =
    "image_size = 16\nepochs = 40\nwarmup_epochs = 0\nlearning_rate = 1e-3\nbatch_size = 4\n";
// One trial that ends at once, and one that goes on for long.
constexpr const char* kTwo =
    "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"drawn\"\ninit = \"random\"\n"
    "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"drawn\"\ninit = \"random\"\nseed = 2\n"
    "epochs = 400\n";

void flip_byte(const fs::path& path) {
    auto bytes = core::read_file(path);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    core::write_file(path, bytes);
}

// Writes the journal anew, each event changed by `change`.
template <class Change>
void rewrite_journal(const SmallSweep& small, Change change) {
    std::vector<sweep::Event> events;
    sweep::read_journal(small.sweep(), [&](const sweep::Event& event) {
        events.push_back(event);
        change(events.back());
    });
    fs::remove_all(sweep::journal_directory(small.sweep()));
    auto writer = sweep::JournalWriter::start(
        small.sweep(), std::get<sweep::Started>(events.front()), [](const sweep::Event&) {});
    events.erase(events.begin());
    REQUIRE(writer->append(events));
}

bool one_done(const sweep::Record& record) {
    return std::any_of(record.trials().begin(), record.trials().end(), [](const auto& trial) {
        return std::holds_alternative<sweep::Done>(trial.state) && trial.attempts.back().ending;
    });
}

}  // namespace

TEST_CASE("a trial trained again is equal to the bit, and leaves nothing behind") {
    const SmallSweep small;
    REQUIRE(tests::graft({"run", small.file()}).code == 0);
    const auto before = record_of(small).starts().size();
    const auto one = tests::graft({"verify", small.sweep()});
    INFO(one.output);
    CHECK(one.code == 0);
    CHECK_THAT(one.output, ContainsSubstring("the cheapest finished trial"));
    CHECK_THAT(one.output, ContainsSubstring("equal to the bit: 3 epochs"));
    CHECK_FALSE(fs::exists(small.sweep() + "/verify"));
    const auto all = tests::graft({"verify", small.file(), "--all"});
    CHECK(all.code == 0);
    CHECK_THAT(all.output, ContainsSubstring("4 trials: 4 equal"));
    CHECK(record_of(small).starts().size() == before);
    CHECK(tests::graft({"verify", small.sweep(), "--files"}).code == 0);
}

TEST_CASE("a doctored journal and a doctored best.h5 are told from what was trained") {
    const SmallSweep small(kOneTrial);
    REQUIRE(tests::graft({"run", small.file()}).code == 0);
    const auto id = record_of(small).trials()[0].id.text();
    const auto best = fs::path(small.sweep()) / "trials" / id / "best.h5";
    const auto whole = core::read_file(best);
    flip_byte(best);
    auto ran = tests::graft({"verify", small.sweep(), id.substr(0, 6)});
    INFO(ran.output);
    CHECK(ran.code == 1);
    CHECK_THAT(ran.output, ContainsSubstring("best.h5 does not have its recorded content"));
    // What is kept mends it.
    const auto kept = fs::directory_iterator(small.sweep() + "/verify")->path();
    CHECK_THAT(ran.output, ContainsSubstring(kept.string()));
    CHECK(core::read_file(kept / "trials" / id / "best.h5") == whole);
    core::write_file(best, whole);

    rewrite_journal(small, [](sweep::Event& event) {
        auto* save = std::get_if<sweep::SaveRecorded>(&event);
        if (save && !save->save.members[0].rows.empty()) {
            save->save.members[0].rows.back().validation.loss += 0.125;
        }
    });
    const auto scratch = small.directory() / "elsewhere";
    ran = tests::graft({"verify", small.sweep(), "--scratch", scratch.string()});
    INFO(ran.output);
    CHECK(ran.code == 1);
    CHECK_THAT(ran.output, ContainsSubstring("differs in"));
    CHECK_THAT(ran.output, ContainsSubstring(", val_loss: recorded "));
    CHECK_THAT(ran.output, ContainsSubstring("kept: " + scratch.string()));
}

TEST_CASE("other numerics than recorded are no difference, but are told with the largest one") {
    const SmallSweep small(kOneTrial);
    REQUIRE(tests::graft({"run", small.file()}).code == 0);
    rewrite_journal(small, [](sweep::Event& event) {
        if (auto* began = std::get_if<sweep::AttemptBegun>(&event)) {
            began->numerics = "cuda Imaginary, 1 threads";
        }
        auto* save = std::get_if<sweep::SaveRecorded>(&event);
        if (save && !save->save.members[0].rows.empty()) {
            save->save.members[0].rows.back().train_loss += 0.125;
        }
    });
    const auto ran = tests::graft({"verify", small.sweep()});
    INFO(ran.output);
    CHECK(ran.code == 1);
    CHECK_THAT(ran.output, ContainsSubstring("recorded cuda Imaginary, 1 threads; here cpu, 1 "));
    CHECK_THAT(ran.output, ContainsSubstring("this machine trains on its processor"));
    CHECK_THAT(ran.output, ContainsSubstring("largest difference in "));
    CHECK_FALSE(fs::exists(small.sweep() + "/verify"));
}

TEST_CASE("Ctrl-C ends a verification and leaves nothing behind", "[long]") {
    const SmallSweep small(kOneTrial, kLong);
    REQUIRE(tests::graft({"run", small.file()}).code == 0);
    core::Spawn spawn;
    spawn.arguments = {(tests::programs() / "graft").string(), "verify", small.sweep()};
    auto child = core::spawn(spawn);
    const auto scratch = small.sweep() + "/verify";
    for (int i = 0; i < 300 && !fs::exists(scratch); ++i) {
        core::sleep_for(core::Seconds(0.1));
    }
    REQUIRE(fs::exists(scratch));
    core::sleep_for(core::Seconds(0.5));
    child.signal(2);
    CHECK(std::get<core::Exited>(child.wait()).code == 75);
    CHECK_FALSE(fs::exists(scratch));
}

TEST_CASE("a running sweep is not disturbed by verifying what it has finished") {
    const SmallSweep small(kTwo);
    auto child = start(small);
    wait_until(small, one_done);
    const auto segment = sweep::highest_segment(small.sweep());
    const auto ran = tests::graft({"verify", small.sweep()});
    INFO(ran.output);
    CHECK(ran.code == 0);
    CHECK_THAT(ran.output, ContainsSubstring("equal to the bit"));
    const auto files = tests::graft({"verify", small.sweep(), "--files"});
    INFO(files.output);
    CHECK(files.code == 0);
    auto explained = tests::graft({"explain", small.sweep()});
    CHECK_THAT(explained.output, ContainsSubstring(": running: pid "));
    auto record = record_of(small);
    const auto running = std::find_if(
        record.trials().begin(), record.trials().end(),
        [](const auto& trial) { return std::holds_alternative<sweep::Running>(trial.state); });
    REQUIRE(running != record.trials().end());
    const std::string id = running->id.text();
    explained = tests::graft({"explain", small.sweep(), id.substr(0, 8)});
    CHECK_THAT(explained.output, ContainsSubstring(": running\n"));
    const auto refused = tests::graft({"verify", small.sweep(), id});
    CHECK(refused.code == 2);
    CHECK_THAT(refused.output, ContainsSubstring("it is running"));
    const auto gpus = small.directory() / "gpus";
    core::write_file(gpus, "GPU-1;NVIDIA H100;85899345920\n");
    const auto shared =
        tests::ran({"env", "-u", "CUDA_VISIBLE_DEVICES", "GRAFT_DEVICES=" + gpus.string(),
                    (tests::programs() / "graft").string(), "verify", small.sweep()});
    CHECK(shared.code == 2);
    CHECK_THAT(shared.output, ContainsSubstring("CUDA_VISIBLE_DEVICES=N graft verify"));
    child.signal(2);
    CHECK(std::get<core::Exited>(child.wait()).code == 75);
    record = record_of(small);
    CHECK(sweep::highest_segment(small.sweep()) == segment);
    for (const auto& trial : record.trials()) {
        CHECK(trial.attempts.size() == 1);
    }
    CHECK(std::distance(fs::directory_iterator(small.sweep() + "/trials"), {}) == 2);
    explained = tests::graft({"explain", small.sweep(), id});
    CHECK_THAT(explained.output, ContainsSubstring("type:      graft run"));
}

TEST_CASE("verify --files names what is damaged or missing of a sweep that was interrupted") {
    const SmallSweep small(kOneTrial, kLong);
    {
        auto child = start(small);
        wait_until(small, begun);
        child.signal(2);
        REQUIRE(std::get<core::Exited>(child.wait()).code == 75);
    }
    const auto files = [&] { return tests::graft({"verify", small.sweep(), "--files"}); };
    auto ran = files();
    INFO(ran.output);
    REQUIRE(ran.code == 0);
    const auto record = record_of(small);
    const auto state = fs::path(small.sweep()) / record.trials()[0].files.at(0).name;
    flip_byte(state);
    ran = files();
    CHECK(ran.code == 1);
    CHECK_THAT(ran.output, ContainsSubstring("state.h5 does not have its recorded content"));
    fs::remove(state);
    ran = files();
    CHECK(ran.code == 1);
    CHECK_THAT(ran.output, ContainsSubstring("state.h5 is not there"));
    CHECK_THAT(ran.output, ContainsSubstring("graft retry"));
    flip_byte(record.datasets().at(0).prepared);
    flip_byte(small.sweep() + "/results.h5");
    ran = files();
    CHECK(ran.code == 1);
    CHECK_THAT(ran.output, ContainsSubstring("Delete it: graft prepare"));
    const auto unfinished = tests::graft({"verify", small.sweep()});
    CHECK(unfinished.code == 2);
    CHECK_THAT(unfinished.output, ContainsSubstring("graft run"));
    flip_byte(small.sweep() + "/journal/000001");
    ran = files();
    INFO(ran.output);
    CHECK(ran.code == 1);
    CHECK_THAT(ran.output, ContainsSubstring("000001"));
}

TEST_CASE("changed weights and removed data are input that is wrong, not a difference") {
    const SmallSweep small(kOneTrial);
    REQUIRE(tests::graft({"run", small.file()}).code == 0);
    const auto weights = small.directory() / "w.h5";
    fs::copy_file(fs::directory_iterator(small.sweep() + "/trials")->path() / "best.h5", weights);
    const SmallSweep second("[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"drawn\"\ninit = \"" +
                            weights.string() + "\"\n");
    REQUIRE(tests::graft({"run", second.file()}).code == 0);
    flip_byte(weights);
    auto ran = tests::graft({"verify", second.sweep()});
    INFO(ran.output);
    CHECK(ran.code == 2);
    CHECK_THAT(ran.output, ContainsSubstring("Put the earlier file back"));
    CHECK_FALSE(fs::exists(second.sweep() + "/verify"));
    ran = tests::graft({"verify", second.sweep(), "--files"});
    CHECK(ran.code == 1);
    CHECK_THAT(ran.output, ContainsSubstring("The weight file of small_cnn"));
    fs::remove(record_of(second).datasets().at(0).prepared);
    ran = tests::graft({"verify", second.sweep()});
    CHECK(ran.code == 2);
    CHECK_THAT(ran.output, ContainsSubstring("graft prepare"));
}
