// SPDX-License-Identifier: Apache-2.0
// scheduler/orphans: a save that a rank without coordinator left, as it is, and once more under a
// good head, so that what lies behind its checksum is reached; then whether it is taken up.
#include "scheduler/orphans.hpp"

#include "core/error.hpp"
#include "core/hash.hpp"

#include "fuzz/fuzz.hpp"
#include "support/specs.hpp"
#include "support/temporary.hpp"

using namespace graft;

namespace {

constexpr std::uint64_t kCohort = 7;

const sweep::Record& record_with_open_cohort() {
    static const sweep::Record record = [] {
        sweep::Record made;
        const auto trial = tests::planned_trial();
        const auto id = sweep::trial_id(trial.spec);
        made.apply(tests::started());
        made.apply(tests::planned({trial}));
        made.apply(tests::attempt_started(kCohort, id));
        made.apply(tests::save_recorded(kCohort, id, 1));
        return made;
    }();
    return record;
}

void read(const std::filesystem::path& sweep, std::string_view bytes) {
    fuzz::write_bytes(sweep / "orphans" / "7.2", bytes);
    std::vector<std::string> complaints;
    const auto orphans = scheduler::read_orphans(sweep, complaints);
    fuzz::demand(orphans.size() + complaints.size() == 1, "a save is read, or complained of");
    const auto adoption = scheduler::adopt(record_with_open_cohort(), orphans,
                                           [](const sweep::MemberSave&) { return true; }, {});
    sweep::Record after = record_with_open_cohort();
    for (const auto& event : adoption.events) {
        after.apply(event);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const tests::TemporaryDirectory sweep;
    static const bool made = std::filesystem::create_directories(sweep / "orphans");
    fuzz::demand(made, "the directory could be made");
    const auto bytes = fuzz::text_of(data, size);
    read(sweep.path(), bytes);
    constexpr std::size_t head = 20;
    const auto payload = bytes.substr(std::min(head, bytes.size()));
    read(sweep.path(), "graftsav" + core::encode(sweep::kJournalFormat) +
                           core::encode(core::checksum(payload)) + std::string(payload));
    return 0;
}
