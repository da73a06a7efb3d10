// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/text.hpp"

#include "sweep/record.hpp"

#include "commands/cluster_file.hpp"
#include "commands/hold.hpp"
#include "commands/options.hpp"
#include "commands/parts.hpp"
#include "commands/plan_change.hpp"
#include "commands/program_copy.hpp"
#include "commands/sending.hpp"
#include "commands/settle.hpp"
#include "slurm/duration.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

// Options of the command line and the keys of [slurm] that they overrule.
struct NamedKey {
    const char* option;
    const char* key;
    const char* help;
};
constexpr NamedKey kNumbers[] = {
    {"nodes", "nodes", "nodes of a job; 1 unless said"},
    {"gpus-per-node", "gpus_per_node", "all of a node unless said; 0: train on CPUs"},
    {"cpus-per-gpu", "cpus_per_gpu", "a GPU's share of a node unless said; without GPUs: per node"},
};
constexpr NamedKey kTexts[] = {
    {"mem", "memory", "memory per node, as 180G; computed unless said"},
    {"time", "time", "limit of one job, as 24:00:00 or 1-12"},
    {"partition", "partition", "SLURM's partition"},
    {"account", "account", "whom the site charges"},
    {"qos", "qos", "quality of service"},
    {"constraint", "constraint", "features that nodes must have"},
    {"mail", "mail", "address that is told when a job ends or fails"},
};

void add_options(po::options_description& named) {
    for (const auto& number : kNumbers) {
        named.add_options()(number.option, po::value<std::int64_t>(), number.help);
    }
    for (const auto& text : kTexts) {
        named.add_options()(text.option, po::value<std::string>(), text.help);
    }
    named.add_options()("sbatch-option", po::value<std::vector<std::string>>()->composing(),
                        "a further option of sbatch, as --sbatch-option=--reservation=x; several "
                        "times")("chain", po::value<int>(),
                                 "send N jobs at once, each after the one before (for sites whose "
                                 "jobs cannot send jobs)")(
        "parts", po::value<int>(),
        "divide the sweep into N parts, a job of one GPU each (docs/parts.md)")(
        "print", "print the script; write and send nothing")("output", po::value<std::string>(),
                                                             "the sweep's directory")(
        "accept", "go on although trials with results would be left out");
}

// As [slurm] of a file would be, so that both are read and refused by the same words.
slurm::Settings settings_of(const OptionsOf& options) {
    core::Table table;
    const core::Place place{"the command line", 0};
    for (const auto& number : kNumbers) {
        if (const auto value = options.find<std::int64_t>(number.option)) {
            table.entries.push_back({number.key, {*value, place}});
        }
    }
    for (const auto& text : kTexts) {
        if (const auto value = options.find<std::string>(text.option)) {
            table.entries.push_back({text.key, {*value, place}});
        }
    }
    if (const auto several = options.find<std::vector<std::string>>("sbatch-option")) {
        core::List list;
        for (const auto& option : *several) {
            list.push_back({option, place});
        }
        table.entries.push_back({"sbatch_options", {std::move(list), place}});
    }
    return slurm::settings_of(table);
}

int chain_of(const OptionsOf& options) {
    constexpr int most = 1000;
    const auto chain = options.find<int>("chain");
    if (chain && (*chain < 1 || *chain > most)) {
        core::fail_input("--chain is {} (expected 1 to {}). Say how many jobs to send.", *chain,
                         most);
    }
    return chain.value_or(0);
}

Study load(const OptionsOf& options) {
    return load_to_train(options.word("sweep file"), options.find<std::string>("output"));
}

JobWishes wishes_of(const OptionsOf& options, const Study& study) {
    JobWishes wishes;
    wishes.settings = slurm::overlaid(settings_of(options), site_settings(study.file.slurm));
    wishes.nodes = slurm::nodes_of(wishes.settings.partition.value_or(""));
    wishes.chain = chain_of(options);
    if (options.has("accept")) {
        wishes.run_options.emplace_back("--accept");
    }
    return wishes;
}

// As `graft run` asks before it starts; what depends on the machine that trains stays open.
Study settled(Study study, const sweep::Record& record, bool accept) {
    check_nobody_runs(study.file.output, record);
    study = settle_plan(std::move(study), accept);
    plan_events(record, study);  // for its errors
    return study;
}

std::string size_of(const slurm::BatchScript& script) {
    const auto count = [](std::int64_t n) { return static_cast<std::size_t>(n); };
    const auto& time = script.settings.time_seconds;
    return fmt::format(
        "{}, {} per node, {}", core::counted(count(script.nodes), "node"),
        script.gpus_per_node > 0 ? core::counted(count(script.gpus_per_node), "GPU")
                                 : core::counted(count(script.cpus_per_node), "CPU"),
        time ? slurm::duration_text(*time) : std::string("the partition's time limit"));
}

int nothing_to_send(const Study& study) {
    const std::string directory = study.file.output.string();
    fmt::print(
        "Nothing to send: every trial of the sweep has its result, or was given up.\n"
        "Results: graft query {}\nFailures: graft status {} --failures\n",
        directory, directory);
    return 0;
}

int report(const Sent& sent, const slurm::BatchScript& script) {
    const std::string directory = script.sweep.string();
    if (sent.jobs.size() == 1) {
        fmt::print("Sent job {} ({}).\n", sent.jobs.front(), size_of(script));
    } else {
        fmt::print("Sent {} jobs, each after the one before ({}): {}.\n", sent.jobs.size(),
                   size_of(script), core::join(sent.jobs));
    }
    fmt::print("Script: {}\n", script.script.string());
    if (script.follow_up == slurm::FollowUp::by_the_job) {
        fmt::print("When it starts it sends the next one, until the sweep is done.\n");
    }
    fmt::print("See:    graft status {}\nStop:   graft stop {}\n", directory, directory);
    if (sent.refused) {
        core::fail_input("{} of the jobs were sent and stay (the next one was refused). {}",
                         sent.jobs.size(), *sent.refused);
    }
    return 0;
}

void say_notes(const JobPlan& plan) {
    for (const auto& note : plan.notes) {
        fmt::print("Note: {}\n", note);
    }
}

int submit_whole(Study study, const JobWishes& wishes, bool accept) {
    const auto record = sweep::read_record(study.file.output);
    study = settled(std::move(study), record, accept);
    if (open_trials(study, record) == 0) {
        return nothing_to_send(study);
    }
    JobPlan plan = plan_job(study, wishes, program_for_jobs(study.file.output, ProgramCopy::look));
    slurm::script_text(plan.script);  // for its errors, before anything is written
    say_notes(plan);
    core::create_directories(study.file.output);
    plan.script.program = program_for_jobs(study.file.output, ProgramCopy::make);
    return report(send_jobs(study, plan.script, wishes.chain), plan.script);
}

// A part takes one GPU of one node unless the command line says otherwise: [slurm] is written for
// the jobs of a whole sweep.
JobWishes wishes_of_a_part(const OptionsOf& options, JobWishes wishes) {
    wishes.settings.nodes = options.find<std::int64_t>("nodes").value_or(1);
    const bool gpus =
        !wishes.nodes || std::any_of(wishes.nodes->begin(), wishes.nodes->end(),
                                     [](const slurm::Node& node) { return node.gpus > 0; });
    wishes.settings.gpus_per_node =
        options.find<std::int64_t>("gpus-per-node").value_or(gpus ? 1 : 0);
    if (!options.has("mem")) {
        wishes.settings.memory_mib.reset();
    }
    return wishes;
}

// Sends the jobs of one part; nothing for one that needs none, which is said.
std::optional<Sent> send_part(const fs::path& part, const JobWishes& wishes,
                              const fs::path& program) {
    Study study = load_study(part);
    const auto record = sweep::read_record(part);
    const auto name = part.filename().string();
    if (open_trials(study, record) == 0) {
        fmt::print("Part {}: nothing is left to train.\n", name);
        return std::nullopt;
    }
    try {
        study = settled(std::move(study), record, false);
    } catch (const core::InputError& error) {
        fmt::print("Part {}: not sent: {}\n", name, error.what());
        return std::nullopt;
    }
    const auto plan = plan_job(study, wishes, program);
    const auto sent = send_jobs(study, plan.script, wishes.chain);
    fmt::print("Part {}: job {} ({})\n", name, core::join(sent.jobs), size_of(plan.script));
    return sent;
}

int send_parts(const Parts& parts, const fs::path& sweep, const JobWishes& wishes) {
    const auto program = program_for_jobs(sweep, ProgramCopy::make);
    std::size_t sent = 0;
    for (const auto& part : parts.directories) {
        try {
            const auto jobs = send_part(part, wishes, program);
            sent += jobs.has_value();
            if (jobs && jobs->refused) {
                throw core::InputError(*jobs->refused);
            }
        } catch (const core::InputError& error) {
            core::fail_input(
                "{} of {} parts have jobs; part {} got none ({}). Type the same command again when "
                "the cause is mended: it sends the others.",
                sent, parts.directories.size(), part.filename().string(), error.what());
        }
    }
    fmt::print("See:    graft status {0}\nStop:   graft stop {0}\nThen:   graft merge {0}\n",
               sweep.string());
    return 0;
}

int submit_parts(const OptionsOf& options, Study study, const JobWishes& wishes) {
    constexpr int most = 10'000;
    const auto wanted = options.get<int>("parts");
    if (wanted < 1 || wanted > most) {
        core::fail_input(
            "--parts is {} (expected 1 to {}). Say how many jobs the sweep may be "
            "divided into.",
            wanted, most);
    }
    const auto sweep = study.file.output;
    try {
        const auto parts =
            make_parts(std::move(study), static_cast<std::size_t>(wanted), options.has("accept"),
                       [](const std::string& line) { fmt::print("{}\n", line); });
        if (parts.is_new) {
            fmt::print("Divided {} into {}; the largest has {:.2f} times the mean work.\n",
                       core::counted(parts.dealt, "trial"),
                       core::counted(parts.directories.size(), "part"), parts.imbalance);
        }
        return send_parts(parts, sweep, wishes_of_a_part(options, wishes));
    } catch (const Ended& ended) {
        fmt::print(stderr, "graft: {}\n", ended.message);
        return ended.exit_code;
    }
}

int print_script(const Study& study, const JobWishes& wishes) {
    const auto plan =
        plan_job(study, wishes, program_for_jobs(study.file.output, ProgramCopy::look));
    for (const auto& note : plan.notes) {
        fmt::print(stderr, "Note: {}\n", note);
    }
    fmt::print("{}", slurm::script_text(plan.script));
    return 0;
}

}  // namespace

int submit(const Arguments& arguments) {
    OptionsOf options(
        "submit", "graft submit FILE|DIR [--nodes N] [--gpus-per-node N] [--time T] [--print]",
        "Writes a batch script that runs the sweep under SLURM, and sends it. The job goes on "
        "where the\nsweep stopped, and sends its own successor until all is done. Options overrule "
        "[slurm] of the\nsweep file, and that overrules your defaults in "
        "~/.config/graft/cluster.toml.");
    add_options(options.named());
    options.positional("sweep file", 1);
    if (!options.parse(arguments)) {
        return 0;
    }
    Study study = load(options);
    const JobWishes wishes = wishes_of(options, study);
    if (options.has("print")) {
        return print_script(study,
                            options.has("parts") ? wishes_of_a_part(options, wishes) : wishes);
    }
    if (options.has("parts")) {
        return submit_parts(options, std::move(study), wishes);
    }
    return submit_whole(std::move(study), wishes, options.has("accept"));
}

}  // namespace graft::commands
