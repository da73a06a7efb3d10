// SPDX-License-Identifier: Apache-2.0
#include "scheduler/orphans.hpp"

#include <algorithm>
#include <utility>

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"

#include "sweep/trial_files.hpp"

namespace graft::scheduler {

namespace {

constexpr std::string_view kMagic = "graftsav";
// The journal's when the layout of a save was last changed.
constexpr std::uint32_t kFormat = 2;
constexpr std::size_t kHeaderBytes = 8 + sizeof(std::uint32_t) + sizeof(std::uint64_t);

core::fs::path directory_of(const core::fs::path& sweep) {
    return sweep / "orphans";
}

// Magic, format, XXH3-64 of the payload, payload.
Orphan parse(std::string_view bytes) {
    if (bytes.size() < kHeaderBytes || bytes.substr(0, kMagic.size()) != kMagic) {
        throw core::DecodeError("it does not begin as such a file");
    }
    const auto format = core::decode<std::uint32_t>(bytes.substr(kMagic.size(), 4));
    if (format != kFormat) {
        throw core::DecodeError(fmt::format("its format is {}", format));
    }
    const auto sum = core::decode<std::uint64_t>(bytes.substr(kMagic.size() + 4, 8));
    const auto payload = bytes.substr(kHeaderBytes);
    if (core::checksum(payload) != sum) {
        throw core::DecodeError("its checksum does not hold");
    }
    return core::decode<Orphan>(payload);
}

std::int64_t last_save(const sweep::Record& record, const std::vector<sweep::TrialId>& members) {
    std::int64_t last = 0;
    for (const auto& id : members) {
        last = std::max(last, record.find(id)->attempts.back().saves);
    }
    return last;
}

// Empty when it may be journalled after `last` saves of its cohort.
std::string objection(const sweep::Record& record, const Orphan& orphan, std::int64_t last,
                      const std::function<bool(const sweep::MemberSave&)>& there) {
    const auto& save = orphan.save.save;
    const auto* members = record.members(save.cohort);
    if (save.save != last + 1) {
        return fmt::format("the one before it is missing (the last recorded is {})", last);
    }
    for (const auto& member : save.members) {
        if (std::find(members->begin(), members->end(), member.trial) == members->end()) {
            return fmt::format("trial {} is not of that cohort", member.trial.text());
        }
        if (sweep::result_of(record.find(member.trial)->state)) {
            return fmt::format("trial {} has its result", member.trial.text());
        }
        if (!there(member)) {
            return fmt::format("the files of trial {} are not there as they were saved",
                               member.trial.text());
        }
    }
    return save.members.empty() ? "it names no trial" : "";
}

}  // namespace

void write_orphan(const core::fs::path& sweep, const Orphan& orphan) {
    const std::string payload = core::encode(orphan);
    const auto& save = orphan.save.save;
    core::create_directories(directory_of(sweep));
    core::write_file(directory_of(sweep) / fmt::format("{}.{}", save.cohort.value, save.save),
                     std::string(kMagic) + core::encode(kFormat) +
                         core::encode(core::checksum(payload)) + payload);
}

std::vector<Orphan> read_orphans(const core::fs::path& sweep,
                                 std::vector<std::string>& complaints) {
    std::vector<Orphan> orphans;
    std::error_code absent;
    for (core::fs::directory_iterator entry(directory_of(sweep), absent), end;
         !absent && entry != end; entry.increment(absent)) {
        if (entry->path().extension() == ".tmp") {
            continue;  // its rank died while it wrote
        }
        try {
            orphans.push_back(parse(core::read_file(entry->path())));
        } catch (const std::runtime_error& error) {
            complaints.push_back(fmt::format("'{}' is no save to go on from ({})",
                                             entry->path().string(), error.what()));
        }
    }
    const auto place = [](const Orphan& orphan) {
        return std::pair(orphan.save.save.cohort, orphan.save.save.save);
    };
    std::sort(orphans.begin(), orphans.end(),
              [&](const Orphan& a, const Orphan& b) { return place(a) < place(b); });
    return orphans;
}

Adoption adopt(const sweep::Record& record, const std::vector<Orphan>& orphans,
               const std::function<bool(const sweep::MemberSave&)>& there, core::WallTime now) {
    Adoption adoption;
    sweep::Record ahead = record;
    const auto emit = [&](const sweep::Event& event) {
        ahead.apply(event);
        adoption.events.push_back(event);
    };
    for (const auto& orphan : orphans) {
        const auto& save = orphan.save.save;
        const auto* members = ahead.members(save.cohort);
        const auto last = members ? last_save(ahead, *members) : 0;
        if (members && save.save <= last) {
            continue;  // its acknowledgement was lost, not the save
        }
        const auto why = members ? objection(ahead, orphan, last, there) : "its attempt has ended";
        if (!why.empty()) {
            adoption.lines.push_back(
                fmt::format("save {} of cohort {}, left by a rank without its "
                            "coordinator, is dropped: {}",
                            save.save, save.cohort.value, why));
            continue;
        }
        if (ahead.find(members->front())->attempts.back().numerics.empty()) {
            emit(sweep::AttemptBegun{now, save.cohort, orphan.begun.device, orphan.begun.numerics});
        }
        emit(orphan.save);
        adoption.lines.push_back(
            fmt::format("save {} of cohort {}, left by a rank without its coordinator, is taken up",
                        save.save, save.cohort.value));
    }
    return adoption;
}

bool adopt_orphans(const core::fs::path& sweep, sweep::Record& record,
                   sweep::JournalWriter& journal, Observer& observer) {
    std::vector<std::string> complaints;
    const auto orphans = read_orphans(sweep, complaints);
    if (orphans.empty() && complaints.empty()) {
        return true;
    }
    const auto there = [&](const sweep::MemberSave& member) {
        return sweep::holds_files(sweep, member);
    };
    const auto adoption = adopt(record, orphans, there, core::wall_now());
    if (!adoption.events.empty() && !journal.append(adoption.events)) {
        return false;
    }
    for (const auto& event : adoption.events) {
        record.apply(event);
    }
    for (const auto& lines : {complaints, adoption.lines}) {
        for (const auto& line : lines) {
            observer.say(line);
        }
    }
    core::remove_tree(directory_of(sweep));
    return true;
}

}  // namespace graft::scheduler
