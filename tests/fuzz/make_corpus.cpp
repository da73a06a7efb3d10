// SPDX-License-Identifier: Apache-2.0
// make_corpus DIRECTORY: the seeds of the binary inputs, DIRECTORY/<target>/<name>. Seeds of texts
// are written by hand.
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>

#include "data/prepare_request.hpp"

#include "fuzz/fuzz.hpp"
#include "scheduler/bench_trials.hpp"
#include "scheduler/orphans.hpp"
#include "support/specs.hpp"
#include "support/temporary.hpp"

using namespace graft;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kCohort = 7;

class Corpus {
  public:
    explicit Corpus(fs::path directory) : directory_(std::move(directory)) {}
    void add(const std::string& target, const std::string& name, std::string_view bytes) const {
        fs::create_directories(directory_ / target);
        fuzz::write_bytes(directory_ / target / name, bytes);
    }

  private:
    fs::path directory_;
};

std::string bytes_of(std::initializer_list<int> values) {
    std::string bytes;
    for (const int value : values) {
        bytes += static_cast<char>(value);
    }
    return bytes;
}

std::string framed(const std::string& frame) {
    return core::encode(frame);  // a count of 32 bits, then the bytes: as the socket has it
}

sweep::Assign assignment() {
    sweep::Member member;
    member.spec = tests::planned_trial().spec;
    member.trial = sweep::trial_id(member.spec);
    member.files = {{"trials/x/1.1.state.h5", 100, "hash"}};
    member.position = sweep::Position{sweep::Phase::fine_tune, 2, 1, 30};
    sweep::Assign assign;
    assign.cohort = sweep::CohortId(kCohort);
    assign.slots = {sweep::Slot(0)};
    assign.members = {member};
    assign.directory = "/sweep";
    assign.prepared = "/prepared/pcam.h5";
    assign.image_size = 128;
    return assign;
}

void add_messages(const Corpus& corpus) {
    const auto to = [&](const std::string& name, const sweep::ToWorker& message) {
        corpus.add("messages", "to_" + name, '\0' + core::encode(message));
    };
    const auto from = [&](const std::string& name, const sweep::FromWorker& message) {
        corpus.add("messages", "from_" + name, '\1' + core::encode(message));
    };
    to("assign", assignment());
    to("recorded", sweep::Recorded{sweep::CohortId(kCohort), 3, {}});
    to("drain", sweep::Drain{});
    from("hello", sweep::RankHello{"host", 12, "build", {{{"GPU-1"}, "a GPU", {0, 1}}}});
    from("begun", sweep::Begun{sweep::CohortId(kCohort), "device", "numerics"});
    from("saved", tests::save_recorded(kCohort, assignment().members[0].trial, 2).save);
    from("ended", sweep::Ended{sweep::CohortId(kCohort), sweep::InputFault{"no such file"}});
    from("slot_lost", sweep::SlotLost{sweep::Slot(1), "fell off the bus"});
    data::PrepareRequest request;
    request.dataset.name = "pcam";
    request.dataset.path = "/data/pcam";
    request.dataset.channels = {"red", "green", "blue"};
    request.dataset.map_labels = {{"0", "none"}, {"1", "disease"}};
    request.sizes = {128, 224};
    corpus.add("messages", "prepare_request", '\2' + core::encode(request));
    data::PrepareResult result;
    result.dataset = "pcam";
    result.files = {{"/prepared/pcam.h5", 128, 96, "checksum", true}};
    result.classes = {"a", "b"};
    result.bad = {{"a/1.png", "truncated"}};
    corpus.add("messages", "prepare_result", '\3' + core::encode(result));
    corpus.add("frames", "two", framed("one") + framed(core::encode(assignment())));
    corpus.add("frames", "cut", framed("one") + framed("two").substr(0, 5));
    corpus.add("frames", "absurd", bytes_of({0xFF, 0xFF, 0xFF, 0xFF, 1, 2}));
}

void add_events(const Corpus& corpus) {
    const auto trial = tests::planned_trial();
    const auto id = sweep::trial_id(trial.spec);
    const auto save = tests::save_recorded(kCohort, id, 1);
    std::vector<sweep::Event> events{tests::started(),
                                     tests::planned({trial}),
                                     tests::attempt_started(kCohort, id),
                                     sweep::AttemptBegun{{}, sweep::CohortId(kCohort), "cpu", "n"},
                                     save,
                                     tests::attempt_ended(kCohort, sweep::Crashed{11, 0})};
    corpus.add("record", "a_life", core::encode(events));
    sweep::DatasetReady ready;
    ready.dataset = "pcam";
    ready.classes = {"a", "b"};
    ready.skipped = {"a/1.png: truncated"};
    ready.train_counts = {8, 9};
    events = {tests::started(), ready, sweep::DeviceFailed{{}, "host", "GPU-1", "Xid 79"},
              sweep::RequestAnswered{{}, "stop.x", "it stops"}, sweep::Closed{{}, "drained"}};
    corpus.add("record", "other_kinds", core::encode(events));
    const tests::TemporaryDirectory sweep;
    scheduler::Orphan orphan;
    orphan.begun = {sweep::CohortId(kCohort), "cpu", "n"};
    orphan.save = tests::save_recorded(kCohort, id, 2);
    scheduler::write_orphan(sweep.path(), orphan);
    corpus.add("orphans", "next", core::read_file(sweep / "orphans" / "7.2"));
}

// As reactor.cpp decodes them: rank, seconds, message.
using Step = std::pair<std::pair<std::uint8_t, std::uint8_t>, sweep::FromWorker>;

void add_conversations(const Corpus& corpus) {
    const auto trial = sweep::trial_id(tests::bench_trials(3, "d").front().spec);
    const sweep::CohortId cohort(1);
    const sweep::RankHello hello{"host", 12, "build", {{{"GPU-1"}, "a GPU", {0}}}};
    auto save = tests::save_recorded(1, trial, 1).save;
    auto result = tests::save_recorded(1, trial, 2).save;
    result.members[0].result.emplace();
    const std::vector<Step> a_trial{{{0, 0}, hello},
                                    {{0, 1}, sweep::Begun{cohort, "cpu", "n"}},
                                    {{0, 1}, sweep::Progress{cohort, {}}},
                                    {{0, 2}, save},
                                    {{0, 2}, result},
                                    {{0, 1}, sweep::Ended{cohort, sweep::Completed{}}}};
    const std::vector<Step> losses{{{0, 0}, hello},
                                   {{1, 0}, hello},
                                   {{0, 1}, sweep::Ended{cohort, sweep::Crashed{11, 0}}},
                                   {{1, 2}, sweep::SlotLost{sweep::Slot(0), "gone"}},
                                   {{9, 9}, sweep::Alive{}},
                                   {{0, 0}, sweep::Left{}}};
    corpus.add("reactor", "a_trial", core::encode(a_trial));
    corpus.add("reactor", "losses", core::encode(losses));
}

void add_images(const Corpus& corpus) {
    corpus.add("image_header", "jpeg",
               bytes_of({0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 'J',  'F',  0xFF, 0xC0, 0,    17,   8,
                         0,    40,   0,    30,   3, 1, 0x22, 0,    2,    0x11, 1,    3,    0x11,
                         1,    0xFF, 0xDA, 0,    4, 1, 1,    0x12, 0xFF, 0,    0x34, 0xFF, 0xD9}));
    corpus.add("image_header", "png",
               bytes_of({0x89, 'P', 'N', 'G', 13, 10, 26, 10,  0,   0,   0,   13, 'I', 'H', 'D',
                         'R',  0,   0,   0,   30, 0,  0,  0,   40,  8,   2,   0,  0,   0,   1,
                         2,    3,   4,   0,   0,  0,  0,  'I', 'E', 'N', 'D', 1,  2,   3,   4}));
    // Width, height, one strip of 4 bytes at offset 8.
    corpus.add("image_header", "tiff",
               bytes_of({'I', 'I', 42, 0, 12, 0, 0, 0, 1,  2, 3, 4, 4, 0, 0, 1, 3, 0,  1, 0, 0,
                         0,   2,   0,  0, 0,  1, 1, 3, 0,  1, 0, 0, 0, 2, 0, 0, 0, 17, 1, 4, 0,
                         1,   0,   0,  0, 8,  0, 0, 0, 23, 1, 4, 0, 1, 0, 0, 0, 4, 0,  0, 0}));
    corpus.add("image_header", "big_tiff",
               bytes_of({'M', 'M', 0,  43, 0,  8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0,
                         0,   0,   3,  1,  0,  0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 0,  0, 0, 9, 0, 0,
                         0,   0,   1,  1,  0,  4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0,  0, 9, 0, 0, 0,
                         0,   1,   17, 0,  16, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0,  0, 0, 0, 0, 8}));
}

void add_journals(const Corpus& corpus, const fs::path& golden) {
    for (const std::string format : {"journal-1", "journal-2"}) {
        std::string all;
        for (const auto* segment : {"000001", "000002", "000003"}) {
            all += core::read_file(golden / format / segment);
        }
        corpus.add("journal", format, all);
        corpus.add("journal", format + "-open", core::read_file(golden / format / "000002"));
    }
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) {
        std::fprintf(stderr, "usage: make_corpus DIRECTORY GOLDEN_JOURNALS\n");
        return 2;
    }
    const Corpus corpus(arguments[1]);
    add_messages(corpus);
    add_events(corpus);
    add_conversations(corpus);
    add_images(corpus);
    add_journals(corpus, arguments[2]);
    corpus.add("bytes", "zeros", std::string(40, '\0'));
    corpus.add("bytes", "some",
               core::encode(std::vector<std::string>{"a", "bc", ""}) + std::string(30, '\1'));
    return 0;
}
