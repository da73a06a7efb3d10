// SPDX-License-Identifier: Apache-2.0
#include "slurm/client.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include "core/env.hpp"
#include "core/error.hpp"
#include "core/process.hpp"
#include "core/text.hpp"

namespace graft::slurm {

namespace {

// Fields that hold neither '|' nor line ends, in the order of parse_jobs().
constexpr const char* kFormat = "%i|%T|%r|%N|%S|%e";
constexpr std::size_t kFields = 6;

struct Answer {
    bool good = false;
    std::string output;  // standard error in it
};

// Nothing: no such program. Throws SystemError when it does not answer.
std::optional<Answer> call(std::vector<std::string> arguments, core::Seconds within) {
    core::Spawn spawn;
    spawn.arguments = std::move(arguments);
    // Ids and times in one form, whatever the user has set for his own eyes.
    spawn.environment = {{"SLURM_TIME_FORMAT", "standard"}, {"SQUEUE_FORMAT", std::nullopt}};
    // A job that is sent from within another one must not take that one's size for its own; what
    // the user has set himself goes with it.
    spawn.without_prefixes = {"SLURM_"};
    for (const char* name : {"SLURM_CONF", "SLURM_MPI_TYPE"}) {
        if (const auto value = core::env(name)) {
            spawn.environment[name] = value;
        }
    }
    const std::string program = spawn.arguments[0];
    std::optional<core::Finished> finished;
    try {
        finished = core::run_within(within, spawn, core::Taken::output_and_errors);
    } catch (const core::InputError&) {
        return std::nullopt;
    }
    if (!finished) {
        core::fail_system(
            "'{}' has not answered for {:.0f} s (SLURM's controller may be down or overloaded). "
            "Try again later; ask 'sinfo'.",
            program, within.count());
    }
    const auto* exited = std::get_if<core::Exited>(&finished->status);
    return Answer{exited && exited->code == 0, finished->output};
}

Answer need(std::vector<std::string> arguments, core::Seconds within) {
    const std::string program = arguments[0];
    auto answer = call(std::move(arguments), within);
    if (!answer) {
        core::fail_input(
            "there is no '{}' on this machine's PATH (SLURM's commands are missing). Type this on "
            "the cluster's login node, or load its module.",
            program);
    }
    return *answer;
}

// What sbatch says for the most frequent refusals, and what to do.
struct Refusal {
    const char* said;
    const char* what_to_do;
};
constexpr std::array kRefusals{
    Refusal{"invalid partition",
            "'sinfo -s' lists the partitions; name one with --partition, or in your defaults."},
    Refusal{"Invalid account",
            "'sacctmgr show associations user=$USER format=account,partition,qos' lists yours; "
            "name one with --account."},
    Refusal{"Invalid qos", "'sacctmgr show qos format=name' lists them; name one with --qos."},
    Refusal{"QOSMaxSubmitJobPerUserLimit",
            "You have as many jobs as the site lets you have. Wait for some to end, or send "
            "fewer: --chain with a smaller number, fewer --parts."},
    Refusal{"AssocMaxSubmitJobLimit",
            "Your account has as many jobs as the site lets it have. Wait for some to end, or "
            "send fewer: --chain with a smaller number, fewer --parts."},
    Refusal{"violates accounting/QOS policy",
            "The site limits the number or the size of your jobs: wait for some to end, or ask "
            "for less."},
    Refusal{"Requested time limit is invalid",
            "'sinfo -o \"%P %l\"' shows each partition's limit; ask for less with --time."},
    Refusal{"Requested node configuration is not available",
            "No node has so many CPUs, GPUs or so much memory: 'sinfo -o \"%P %c %m %G\"' shows "
            "what they have. Change --gpus-per-node, --cpus-per-gpu or --mem."},
    Refusal{"More processors requested than permitted",
            "Ask for fewer nodes or CPUs; 'sinfo -o \"%P %D %c\"' shows what there is."},
    Refusal{"Invalid generic resource",
            "'sinfo -o \"%P %G\"' shows how the site calls its GPUs; name the kind with "
            "--sbatch-option, for instance --sbatch-option=--gres=gpu:v100:4."},
    Refusal{"Access/permission denied",
            "This host may not send jobs, or you may not: type it on the login node. Where jobs "
            "cannot send their follow-ups, graft submit --chain N sends them all."},
    Refusal{"Unable to contact slurm controller", "Ask 'sinfo'; try again when it answers."},
};
constexpr const char* kOtherRefusal =
    "Change what it names: 'graft submit --print' shows the script that was sent.";

}  // namespace

bool waits(const Job& job) {
    return job.state == "PENDING";
}

std::string refusal_text(const std::string& output) {
    std::string said = output.substr(0, output.find_last_not_of(" \n\r") + 1);
    for (std::size_t at = 0; (at = said.find('\n', at)) != std::string::npos;) {
        said.replace(at, 1, "; ");
    }
    const char* what_to_do = kOtherRefusal;
    for (const auto& refusal : kRefusals) {
        if (said.find(refusal.said) != std::string::npos) {
            what_to_do = refusal.what_to_do;
            break;
        }
    }
    return fmt::format("SLURM refused the job ({}). {}", core::printable(said, 600), what_to_do);
}

std::string send(const std::filesystem::path& script, const std::vector<std::string>& options,
                 core::Seconds within) {
    std::vector<std::string> arguments{"sbatch", "--parsable"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    arguments.push_back(script.string());
    const Answer answer = need(std::move(arguments), within);
    if (!answer.good) {
        throw core::InputError(refusal_text(answer.output));
    }
    // "4711" or "4711;cluster", on a line of its own after what the site's filters may say.
    std::string id;
    for (const auto& line : core::split(answer.output, '\n')) {
        const std::string first = line.substr(0, line.find(';'));
        if (core::parse_int(first)) {
            id = first;
        }
    }
    if (id.empty()) {
        core::fail_system(
            "sbatch named no job ('{}'). See 'squeue --me' whether it was sent before you send it "
            "again.",
            core::printable(answer.output, 300));
    }
    return id;
}

std::optional<core::WallTime> parse_time(const std::string& text) {
    std::tm parts{};
    const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
    if (!end || *end != '\0') {
        return std::nullopt;
    }
    parts.tm_isdst = -1;  // as the time zone has it on that day
    const std::time_t seconds = std::mktime(&parts);
    return core::WallTime{static_cast<std::int64_t>(seconds) * 1'000'000};
}

std::vector<Job> parse_jobs(const std::string& output) {
    std::vector<Job> jobs;
    for (const auto& line : core::split(output, '\n')) {
        const auto fields = core::split(line, '|');
        if (fields.size() == kFields && core::parse_int(fields[0])) {
            jobs.push_back({fields[0], fields[1], fields[2], fields[3], parse_time(fields[4]),
                            parse_time(fields[5])});
        }
    }
    return jobs;
}

std::optional<std::vector<Job>> ask(const std::vector<std::string>& ids, core::Seconds within) {
    if (ids.empty()) {
        return std::vector<Job>{};
    }
    try {
        // One unknown id among several is left out by squeue; a single one is an error of it.
        const auto answer = call({"squeue", "--noheader", std::string("--format=") + kFormat,
                                  "--jobs=" + core::join(ids, ",")},
                                 within);
        if (answer && (answer->good ||
                       answer->output.find("Invalid job id specified") != std::string::npos)) {
            return parse_jobs(answer->output);
        }
    } catch (const core::SystemError&) {
        // As good as not there.
    }
    return std::nullopt;
}

std::optional<std::string> requeue(const std::string& id) {
    try {
        const auto answer = call({"scontrol", "requeue", id}, kAnswerWithin);
        if (answer && answer->good) {
            return std::nullopt;
        }
        return answer ? core::printable(answer->output, 300) : "there is no scontrol here";
    } catch (const core::SystemError& error) {
        return error.what();
    }
}

bool exclude(const std::string& id, const std::vector<std::string>& hosts) {
    try {
        const auto answer =
            call({"scontrol", "update", "JobId=" + id, "ExcNodeList=" + core::join(hosts, ",")},
                 kAnswerWithin);
        return answer && answer->good;
    } catch (const core::SystemError&) {
        return false;
    }
}

void cancel(const std::vector<std::string>& ids, core::Seconds within) {
    if (ids.empty()) {
        return;
    }
    std::vector<std::string> arguments{"scancel"};
    arguments.insert(arguments.end(), ids.begin(), ids.end());
    const Answer answer = need(std::move(arguments), within);
    if (!answer.good && answer.output.find("Invalid job id") == std::string::npos) {
        core::fail_input("scancel refused the jobs {} ({}). Look: squeue --me", core::join(ids),
                         core::printable(answer.output, 300));
    }
}

std::int64_t gpus_of(const std::string& gres) {
    std::int64_t gpus = 0;
    for (const auto& one : core::split(gres, ',')) {
        const std::string plain = one.substr(0, one.find('('));
        const auto parts = core::split(plain, ':');
        if (parts.front() == "gpu") {
            // "gpu" alone is one of them.
            gpus += parts.size() == 1 ? 1 : core::parse_int(parts.back()).value_or(1);
        }
    }
    return gpus;
}

std::vector<Node> parse_nodes(const std::string& output, OfPartition of) {
    constexpr std::size_t fields_of_line = 5;
    const bool marked = of == OfPartition::marked && output.find("*\n") != std::string::npos;
    std::vector<Node> nodes;
    for (const auto& line : core::split(output, '\n')) {
        const auto fields = core::split(line, '|');
        if (fields.size() != fields_of_line || (marked && !fields[4].ends_with('*'))) {
            continue;
        }
        const auto cpus = core::parse_int(fields[1]);
        const auto memory = core::parse_int(fields[2]);
        const bool known = std::any_of(nodes.begin(), nodes.end(),
                                       [&](const Node& node) { return node.name == fields[0]; });
        if (cpus && memory && !known) {
            nodes.push_back({fields[0], *cpus, *memory, gpus_of(fields[3])});
        }
    }
    return nodes;
}

std::optional<std::vector<Node>> nodes_of(const std::string& partition, core::Seconds within) {
    std::vector<std::string> arguments{"sinfo", "--noheader", "--Node", "--format=%N|%c|%m|%G|%P"};
    if (!partition.empty()) {
        arguments.push_back("--partition=" + partition);
    }
    try {
        const auto answer = call(std::move(arguments), within);
        if (answer && answer->good) {
            auto nodes = parse_nodes(answer->output,
                                     partition.empty() ? OfPartition::marked : OfPartition::any);
            return nodes.empty() ? std::nullopt : std::optional(std::move(nodes));
        }
    } catch (const core::SystemError&) {
        // As good as not there.
    }
    return std::nullopt;
}

}  // namespace graft::slurm
