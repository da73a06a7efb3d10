// SPDX-License-Identifier: Apache-2.0
// Compiles with the graft of format 1, too: it made the files.
#include "golden.hpp"

namespace graft::tests {

namespace {

using namespace sweep;

// By seed 1, 2, 3; literal, so that a changed hash of trials is seen.
const TrialId kFirst{"0e56f5b1867898d7"};
const TrialId kSecond{"d5d73ec0a7583c91"};
const TrialId kThird{"c34e1893865bad5f"};

core::WallTime at(std::int64_t seconds) {
    return {1'795'478'400'000'000 + seconds * 1'000'000};
}

PlannedTrial trial(std::int64_t seed) {
    PlannedTrial planned;
    planned.spec.edit().network = "mobilenet";
    planned.spec.edit().dataset = "retina";
    planned.spec.edit().dataset_fingerprint = "0123456789abcdef0123456789abcdef";
    planned.spec.edit().init = Init::mean_var;
    planned.spec.edit().init_text = "mean_var";
    planned.spec.edit().weights_hash = "fedcba9876543210fedcba9876543210";
    planned.spec.freeze = 12.5;
    planned.spec.seed = seed;
    planned.spec.edit().training.image_size = 128;
    planned.spec.edit().training.learning_rate = 1e-3;
    planned.spec.edit().training.evaluate_bn = EvaluateBn::both;
    planned.spec.edit().training.augment = {Augmentation::hue, Augmentation::noise};
    planned.spec.edit().training.precision = Precision::bfloat16;
    planned.work = {128, 87, 11, 4'253'864, 4'231'976, 5.68e8, 1e7, 2'560, 320, 53, 17'015'456};
    return planned;
}

Started started(std::int64_t number, std::vector<Seal> seals) {
    Started event;
    event.time = at(1000 * number);
    event.start_id = "start-" + std::to_string(number);
    event.host = "node" + std::to_string(number);
    event.version = "0.1.0";
    event.job = "471" + std::to_string(number);
    event.pid = 100 + number;
    event.seals = std::move(seals);
    return event;
}

DatasetReady dataset_ready() {
    DatasetReady event;
    event.time = at(1010);
    event.dataset = "retina";
    event.fingerprint = "0123456789abcdef0123456789abcdef";
    event.size = 128;
    event.stored_size = 96;
    event.prepared = "/data/retina.128.h5";
    event.pixels_checksum = "00112233445566778899aabbccddeeff";
    event.classes = {"none", "d\xc3\xa9tach\xc3\xa9"};
    event.train = 2'560;
    event.validation = 320;
    event.test = 321;
    event.skipped = {"images/7.jpg: truncated"};
    event.duplicates = 2;
    event.train_counts = {1'900, 660};
    event.validation_counts = {240, 80};
    event.test_counts = {241, 80};
    return event;
}

AttemptStarted attempt(std::uint64_t cohort, std::vector<AttemptMember> members) {
    AttemptStarted event;
    event.time = at(1100 + static_cast<std::int64_t>(cohort));
    event.cohort = CohortId(cohort);
    event.members = std::move(members);
    event.rank = Rank(1);
    event.slots = {Slot(0), Slot(3)};
    event.host = "node1";
    return event;
}

AttemptBegun begun(std::uint64_t cohort) {
    return {at(1200), CohortId(cohort), "NVIDIA V100", "cuda 7.0, torch 2.7.1"};
}

AttemptEnded ended(std::uint64_t cohort, Ending ending) {
    return {at(1300 + static_cast<std::int64_t>(cohort)), CohortId(cohort), std::move(ending)};
}

EpochRow row(Phase phase, std::int32_t epoch) {
    EpochRow row;
    row.phase = phase;
    row.epoch = epoch;
    row.step = 80 * epoch;
    row.train_loss = 1.0 / 3;
    row.train_accuracy = 0.75;
    row.validation = {0.5, 0.8, NAN, 0.9, INFINITY};
    row.seconds = 12.25;
    row.images_per_second = 208.98;
    return row;
}

Best best() {
    return {Phase::fine_tune, 1, {0.4, 0.8, 0.875, 0.9, 0.85}};
}

SaveRecorded saved(std::uint64_t cohort, std::int64_t number, std::vector<MemberSave> members) {
    SaveRecorded event;
    event.time = at(1400 + number);
    event.save.cohort = CohortId(cohort);
    event.save.save = number;
    event.save.position = {Phase::fine_tune, 2, 17, 257};
    event.save.members = std::move(members);
    event.save.save_seconds = 0.125;
    return event;
}

MemberSave member(const TrialId& id, std::vector<EpochRow> rows) {
    MemberSave save;
    save.trial = id;
    save.rows = std::move(rows);
    save.best = best();
    save.files = {{"trials/" + id.text() + "/1.1.state.h5", 51'046'368, "aa"},
                  {"trials/" + id.text() + "/1.1.best.h5", 17'015'456, "bb"}};
    save.seconds = 24.5;
    return save;
}

MemberSave result(const TrialId& id) {
    MemberSave save;
    save.trial = id;
    save.best = best();
    TrialResult result;
    result.best = best();
    result.test = {0.45, 0.78, 0.86, 0.88, 0.84};
    result.weights = {"trials/" + id.text() + "/best.h5", 17'015'456, "bb"};
    result.predictions = {"trials/" + id.text() + "/predictions.h5", 9'000, "cc"};
    save.result = result;
    return save;
}

MemberSave diverged(const TrialId& id) {
    MemberSave save;
    save.trial = id;
    TrialResult result;
    result.diverged_epoch = 2;
    result.diverged_phase = Phase::fine_tune;
    save.result = result;
    return save;
}

Segment closed_segment() {
    return {
        {started(1, {})},
        {Planned{
             at(1001), "study", "[sweep]\nname = \"study\"\n", {trial(1), trial(2), trial(3)}, {}},
         dataset_ready()},
        {attempt(1, {{kFirst, 1}, {kSecond, 1}}), begun(1)},
        {saved(1, 1,
               {member(kFirst, {row(Phase::warmup, 1), row(Phase::fine_tune, 1)}),
                member(kSecond, {row(Phase::warmup, 1)})})},
        {ended(1, Drained{})},
        {Closed{at(1999), "drained"}}};
}

Segment torn_segment() {
    return {{started(2, {{1, 2462}})},
            {attempt(2, {{kSecond, 2}}), ended(2, Crashed{11, 0})},
            {attempt(3, {{kSecond, 3}}), ended(3, Crashed{0, 70})},
            {attempt(4, {{kSecond, 4}}), ended(4, Killed{9})},
            {attempt(5, {{kSecond, 5}}), ended(5, InputFault{"no such class"})},
            {attempt(6, {{kSecond, 6}}), ended(6, DeviceOutOfMemory{"peak 17 GiB"})},
            {attempt(7, {{kSecond, 7}}), ended(7, DeviceFault{"ECC error"})},
            {attempt(8, {{kSecond, 8}}), ended(8, NoSpace{"1 GiB is missing"})},
            {attempt(9, {{kSecond, 9}}), ended(9, RankLost{})},
            {attempt(10, {{kFirst, 2}}), begun(10)}};
}

Segment open_segment() {
    return {{started(3, {{1, 2462}, {2, 1162}})},
            {ended(10, CoordinatorLost{})},
            {attempt(11, {{kFirst, 3}}), begun(11)},
            {saved(11, 1, {result(kFirst)}), ended(11, Completed{})},
            {attempt(12, {{kThird, 1}}), begun(12), saved(12, 1, {diverged(kThird)}),
             ended(12, Completed{})},
            {TrialFailed{at(1500), kSecond, "three crashes in a row"}},
            {Planned{at(1501), "study", "[sweep]\nname = \"study\"\nnote = \"\"\n", {}, {kThird}}}};
}

}  // namespace

std::vector<Segment> golden_format_1() {
    return {closed_segment(), torn_segment(), open_segment()};
}

}  // namespace graft::tests
