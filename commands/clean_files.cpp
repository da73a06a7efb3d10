// SPDX-License-Identifier: Apache-2.0
#include "commands/clean_files.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/process.hpp"
#include "core/text.hpp"

#include "commands/live.hpp"
#include "commands/study.hpp"
#include "commands/weight_files.hpp"
#include "scheduler/requests.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

// Gone meanwhile, or not to be looked at: no file to free.
void add_file(const fs::directory_entry& entry, const fs::path& sweep, core::WallTime now,
              std::vector<FoundFile>& files) {
    std::error_code error;
    if (entry.symlink_status(error).type() != fs::file_type::regular) {
        return;
    }
    const auto bytes = entry.file_size(error);
    const auto names = error ? 0 : entry.hard_link_count(error);
    if (!error) {
        files.push_back({entry.path().lexically_relative(sweep).string(), names > 1 ? 0 : bytes,
                         age_of(entry.path(), now)});
    }
}

template <class Iterator>
void add_files(const fs::path& directory, const fs::path& sweep, core::WallTime now,
               std::vector<FoundFile>& files) {
    std::error_code error;
    for (Iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
        add_file(*entry, sweep, now, files);
    }
    if (error && error != std::errc::no_such_file_or_directory) {
        core::fail_input("cannot list '{}' ({}). Check its permissions.", directory.string(),
                         error.message());
    }
}

std::set<sweep::TrialId> asked_again(const fs::path& sweep, const sweep::Record& record) {
    std::set<std::string> answered;
    for (const auto& answer : record.answers()) {
        answered.insert(answer.request);
    }
    std::set<sweep::TrialId> trials;
    std::error_code absent;
    for (fs::directory_iterator entry(sweep / "requests", absent), end; !absent && entry != end;
         entry.increment(absent)) {
        const auto name = entry->path().filename().string();
        const bool readable =
            entry->is_regular_file() && entry->file_size() <= scheduler::kLargestRequest;
        if (!readable || answered.contains(name)) {
            continue;
        }
        const auto text = core::read_file_if_there(entry->path());
        const auto request = scheduler::parse_request(name, text.value_or(""));
        if (const auto* retry = std::get_if<scheduler::RetryRequest>(&request.asked)) {
            trials.insert(retry->trials.begin(), retry->trials.end());
        }
    }
    return trials;
}

// The trial whose best.h5 the file is.
std::optional<sweep::TrialId> owner_of(const fs::path& file, const fs::path& sweep) {
    std::error_code error;
    const auto name = fs::weakly_canonical(file, error)
                          .lexically_relative(fs::weakly_canonical(sweep / "trials", error));
    const bool is_best =
        std::distance(name.begin(), name.end()) == 2 && name.filename() == "best.h5";
    return is_best ? sweep::TrialId::parse(name.begin()->string()) : std::nullopt;
}

std::set<sweep::TrialId> weights_in_use(const fs::path& sweep, const sweep::Record& record) {
    std::set<sweep::TrialId> trials;
    std::optional<sweep::SweepFile> file;
    std::set<std::pair<std::string, std::string>> seen;
    for (const auto& trial : record.trials()) {
        const auto& spec = trial.spec;
        if (sweep::result_of(trial.state) || spec->init == sweep::Init::random ||
            !seen.emplace(spec->network, spec->init_text).second) {
            continue;
        }
        file = file ? file : read_file(sweep);
        try {
            const auto path = weight_file(*file, spec->network, spec->init_text, {});
            if (const auto owner = owner_of(path, sweep)) {
                trials.insert(*owner);
            }
        } catch (const core::InputError&) {
            continue;  // it is not there, so it is none of ours
        }
    }
    return trials;
}

}  // namespace

std::vector<FoundFile> files_of(const fs::path& sweep) {
    const auto now = core::wall_now();
    std::vector<FoundFile> files;
    add_files<fs::directory_iterator>(sweep, sweep, now, files);
    for (const char* folder :
         {"external", "launch", "logs", "orphans", "requests", "trials", "verify"}) {
        add_files<fs::recursive_directory_iterator>(sweep / folder, sweep, now, files);
    }
    std::sort(files.begin(), files.end(),
              [](const FoundFile& a, const FoundFile& b) { return a.name < b.name; });
    return files;
}

Surroundings surroundings_of(const fs::path& sweep, const sweep::Record& record) {
    Surroundings around;
    around.host = core::host_name();
    around.runs = [](std::int64_t pid) { return core::process_exists(static_cast<pid_t>(pid)); };
    around.weights_in_use = weights_in_use(sweep, record);
    around.asked_again = asked_again(sweep, record);
    return around;
}

}  // namespace graft::commands
