// SPDX-License-Identifier: Apache-2.0
#include "commands/parts.hpp"

#include <algorithm>
#include <csignal>
#include <map>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/hash.hpp"
#include "core/signal.hpp"
#include "core/text.hpp"

#include "sweep/trial_list.hpp"

#include "commands/divide.hpp"
#include "commands/division_file.hpp"
#include "commands/hold.hpp"
#include "commands/settle.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

constexpr const char* kListFile = "trials.txt";

std::string hash_of_grid(const std::vector<sweep::PlannedTrial>& trials) {
    std::vector<sweep::TrialId> ids;
    for (const auto& trial : trials) {
        ids.push_back(sweep::trial_id(trial.spec));
    }
    std::sort(ids.begin(), ids.end());
    return core::content_hash(sweep::trial_list_text(ids));
}

std::string name_of_part(std::size_t number) {
    return fmt::format("{:02}", number);
}

// What a call that was killed left behind: nobody knows of them, and nobody has begun them.
bool is_leftover(const fs::path& directory, const DivisionFile& division) {
    const auto name = directory.filename().string();
    const auto lists = [&](const auto& names) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    return name.find_first_not_of("0123456789") == std::string::npos && !lists(division.open) &&
           !lists(division.merged) && !fs::exists(directory / "journal");
}

// Numbers of parts are never used twice: jobs of an earlier division may still wait for their turn.
std::size_t clear_and_count(const fs::path& sweep, const DivisionFile& division) {
    std::size_t highest = 0;
    std::error_code error;
    for (fs::directory_iterator entry(parts_directory(sweep), error), end; !error && entry != end;
         entry.increment(error)) {
        if (is_leftover(entry->path(), division)) {
            core::remove_tree(entry->path());
        } else if (const auto number = core::parse_int(entry->path().filename().string())) {
            highest = std::max(highest, static_cast<std::size_t>(*number));
        }
    }
    return highest;
}

// The part's own sweep file. What its first start has settled stays.
void write_sweep_file(const Study& study, const fs::path& directory) {
    sweep::SweepFile file = study.file;
    file.output = directory;
    file.trials = directory / kListFile;
    const auto path = directory / "sweep.toml";
    if (!file.run.threads && fs::exists(path)) {
        file.run.threads = read_file(directory).run.threads;
    }
    const auto text = sweep::resolved_text(file);
    if (core::read_file_if_there(path) != text) {
        core::write_file(path, text);
    }
}

void write_part(const Study& study, const fs::path& directory, const Division::Part& part) {
    core::create_directories(directory);
    core::write_file(directory / kListFile,
                     fmt::format("# Trials of this part of sweep '{}'; graft made it.\n{}",
                                 study.file.name, sweep::trial_list_text(part.trials)));
    write_sweep_file(study, directory);
}

std::vector<sweep::PlannedTrial> without_results(const Study& study, const sweep::Record& record,
                                                 Parts& parts) {
    std::vector<sweep::PlannedTrial> open;
    for (const auto& trial : study.trials) {
        const auto* known = record.find(sweep::trial_id(trial.spec));
        if (known && sweep::result_of(known->state)) {
            ++parts.finished;
            continue;
        }
        parts.begun += known && known->position ? 1 : 0;
        open.push_back(trial);
    }
    parts.dealt = open.size();
    if (open.empty()) {
        core::fail_input(
            "every trial of '{}' has its result (nothing is left to divide). Type: "
            "graft query {}",
            study.file.output.string(), study.file.output.string());
    }
    return open;
}

void divide_held(const Study& study, std::size_t wanted, bool accept, Hold& hold, Parts& parts) {
    const auto& sweep = study.file.output;
    hold.record(begin(hold.record(), study, accept));
    const auto division = divide(without_results(study, hold.record(), parts), wanted);
    auto file = read_division(sweep);
    const auto before = clear_and_count(sweep, file);
    file.asked = wanted;
    file.grid = hash_of_grid(study.trials);
    for (std::size_t i = 0; i < division.parts.size(); ++i) {
        hold.beat();
        file.open.push_back(name_of_part(before + i + 1));
        write_part(study, parts_directory(sweep) / file.open.back(), division.parts[i]);
    }
    write_division(sweep, file);
    parts.is_new = true;
    parts.imbalance = division.imbalance();
}

std::string how_to_go_on(const std::string& sweep) {
    return fmt::format(
        "Look: graft status {0}. Take in what they finished: graft merge {0}; give their other "
        "trials back, too: graft stop {0}, then graft merge {0} --dissolve",
        sweep);
}

void check_same(const DivisionFile& division, const Study& study, std::size_t wanted) {
    const auto sweep = study.file.output.string();
    if (division.grid != hash_of_grid(study.trials)) {
        core::fail_input(
            "sweep '{}' is divided into {} already, by another grid than that of '{}' (what has "
            "been dealt is not dealt again). {}",
            sweep, core::counted(division.open.size(), "part"), study.file.path.string(),
            how_to_go_on(sweep));
    }
    if (division.asked != wanted) {
        core::fail_input(
            "sweep '{}' is divided into {} already, not {} (what has been dealt is not dealt "
            "again). {}",
            sweep, core::counted(division.asked, "part"), wanted, how_to_go_on(sweep));
    }
}

fs::path without_slash(const fs::path& directory) {
    const auto path = fs::absolute(directory).lexically_normal();
    return path.has_filename() ? path : path.parent_path();
}

}  // namespace

Parts make_parts(Study study, std::size_t wanted, bool accept,
                 const std::function<void(const std::string&)>& say) {
    if (wanted == 0) {
        core::fail_input("a sweep cannot be divided into 0 parts. Take 1 or more.");
    }
    Parts parts;
    const fs::path sweep = study.file.output;
    if (parts_of(sweep).empty()) {
        study = settle_plan(std::move(study), accept);
        const core::SignalFlags signals{SIGINT, SIGTERM, SIGHUP};
        Lines lines(say);
        while_held(Hold::take(sweep, signals, lines), sweep::kDivided, [&](Hold& hold) {
            hold.end_open_attempts(lines);
            divide_held(study, wanted, accept, hold, parts);
        });
    } else {
        check_same(read_division(sweep), study, wanted);
        for (const auto& directory : parts_of(sweep)) {
            write_sweep_file(study, directory);
        }
    }
    parts.directories = parts_of(sweep);
    return parts;
}

std::vector<fs::path> parts_of(const fs::path& sweep) {
    const auto directory = parts_directory(without_slash(sweep));
    std::vector<fs::path> parts;
    for (const auto& name : read_division(without_slash(sweep)).open) {
        parts.push_back(directory / name);
    }
    return parts;
}

std::vector<sweep::TrialId> trials_of_part(const fs::path& part) {
    std::vector<sweep::TrialId> trials;
    for (const auto& listed : sweep::read_trial_list(part / kListFile)) {
        const auto id = sweep::TrialId::parse(listed.name);
        if (!id) {
            core::fail_input(
                "{}: '{}' is no trial's name (graft wrote others: the file was changed). Restore "
                "it: a part's trials are one per line.",
                listed.place.text(), core::escaped(listed.name));
        }
        trials.push_back(*id);
    }
    return trials;
}

void check_may_run(const fs::path& directory) {
    const auto sweep = without_slash(directory);
    if (const auto parts = parts_of(sweep); !parts.empty()) {
        core::fail_input(
            "sweep '{}' is divided: {} its trials (a run here would train them twice). {}",
            sweep.string(),
            parts.size() == 1 ? "a part trains" : core::counted(parts.size(), "part") + " train",
            how_to_go_on(sweep.string()));
    }
    if (sweep.parent_path().filename() != "parts") {
        return;
    }
    const auto parent = sweep.parent_path().parent_path();
    const auto merged = read_division(parent).merged;
    if (std::find(merged.begin(), merged.end(), sweep.filename()) != merged.end()) {
        core::fail_input(
            "'{}' is a part that was merged (its trials are those of '{}' again). Run that one: "
            "graft run {}",
            sweep.string(), parent.string(), parent.string());
    }
}

}  // namespace graft::commands
