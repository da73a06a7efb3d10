// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdio>
#include <functional>
#include <set>

#include <unistd.h>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/process.hpp"
#include "core/text.hpp"

#include "data/codecs.hpp"
#include "models/network.hpp"
#include "models/weights.hpp"

#include "commands/check_nodes.hpp"
#include "commands/cluster_file.hpp"
#include "commands/dataset_audit.hpp"
#include "commands/network_files.hpp"
#include "commands/node_text.hpp"
#include "commands/options.hpp"
#include "commands/study.hpp"
#include "commands/weight_files.hpp"
#include "slurm/batch_script.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

// Collects problems instead of stopping at the first one.
class Findings {
  public:
    // Without the good ones when standard output is for a program.
    enum class Told { all, problems };
    explicit Findings(Told told) : quiet_(told == Told::problems) {}
    // Runs one part of the check; an InputError of it is a problem, and false.
    bool part(const std::function<void()>& work) {
        try {
            work();
            return true;
        } catch (const core::Error& error) {
            problems_.emplace_back(error.what());
            return false;
        }
    }
    void good(const std::string& line) const {
        if (!quiet_) {
            fmt::print("  ok       {}\n", line);
        }
    }
    void audited(const results::AuditLine& line) const {
        constexpr std::array<const char*, 3> marks{"ok", "unknown", "warning"};
        if (!quiet_) {
            fmt::print("  {:<8} {}\n", marks[static_cast<std::size_t>(line.leak)], line.text);
        }
    }
    bool none() const { return problems_.empty(); }
    void bad(const std::string& problem) { problems_.push_back(problem); }
    int finish(std::FILE* out) const {
        for (const auto& problem : problems_) {
            fmt::print(out, "  problem  {}\n", problem);
        }
        if (problems_.empty()) {
            fmt::print(out,
                       "Nothing stands in the way. Start it with graft run or, on a cluster, graft "
                       "submit.\n");
            return 0;
        }
        fmt::print(out, "{} problem{} to mend.\n", problems_.size(),
                   problems_.size() == 1 ? "" : "s");
        return 2;
    }

  private:
    bool quiet_;
    std::vector<std::string> problems_;
};

void check_datasets(Findings& findings, const sweep::SweepFile& file) {
    for (const auto& dataset : file.datasets) {
        findings.part([&] {
            const auto settings = data::dataset_settings(dataset.name, dataset.table, file.base);
            const auto manifest = data::list_dataset(settings);
            findings.good(fmt::format(
                "dataset '{}': {} images, {} classes{}", dataset.name, manifest.samples.size(),
                manifest.classes.size(),
                manifest.bad.empty() ? "" : fmt::format(", {} left out", manifest.bad.size())));
            for (auto line : audit_dataset(settings, manifest, file.run.prepared)) {
                line.text = dataset.name + ": " + line.text;
                findings.audited(line);
            }
        });
    }
}

// The networks that files define; false when one cannot be had.
bool check_networks(Findings& findings, sweep::SweepFile& file) {
    return findings.part([&] {
        read_network_files(file);
        for (const auto& [label, name] : names_in_trials(file)) {
            const auto network = models::build_network(name, 2, 1, network_json(file, name));
            const auto counts = models::count_parameters(network, 0, network.base_layers);
            findings.good(fmt::format("network '{}': {} layers, {} parameters, {} px{}", label,
                                      network.base_layers, counts.total, network.default_size,
                                      name.find(':') == std::string::npos
                                          ? ""
                                          : ", preprocessing " + name.substr(name.find(':') + 1)));
        }
    });
}

// Every (network, init) of the grid, whatever the datasets are like.
void check_weight_files(Findings& findings, const sweep::SweepFile& file) {
    const auto from_files = names_in_trials(file);
    std::set<std::pair<std::string, fs::path>> checked;
    for (const auto& block : file.grid) {
        const auto* networks = block.table.find("network");
        const auto* inits = block.table.find("init");
        if (!networks || !inits) {
            continue;  // expand() says so
        }
        for (const auto& network : core::as_strings("network", networks->value)) {
            for (const auto& init : core::as_strings("init", inits->value)) {
                findings.part([&] {
                    const auto path = weight_file(file, network, init, block.place);
                    if (!path.empty() && checked.insert({network, path}).second) {
                        const auto found = from_files.find(network);
                        const auto built = models::build_network(
                            found == from_files.end() ? network : found->second, 2, 1,
                            network_json(file, network));
                        models::check_keras_weights(path, built, models::Head::ignore);
                        findings.good(fmt::format("weights of '{}': {}", network, path.string()));
                    }
                });
            }
        }
    }
}

// The nearest directory that exists, to ask for permissions and space.
fs::path existing_parent(fs::path path) {
    while (!path.empty() && !fs::exists(path) && path != path.root_path()) {
        path = path.parent_path();
    }
    return path;
}

void check_writable(Findings& findings, const fs::path& directory, std::string_view what) {
    findings.part([&] {
        const fs::path there = existing_parent(directory);
        if (::access(there.c_str(), W_OK | X_OK) != 0) {
            core::fail_input(
                "{} '{}' cannot be written (no permission in '{}'). Choose another "
                "place, or mend the permissions.",
                what, directory.string(), there.string());
        }
        findings.good(fmt::format("{} {}: {} free", what, directory.string(),
                                  core::bytes_text(core::free_bytes(there))));
    });
}

void check_space(const Study& study) {
    const std::uint64_t needed = prepared_bytes(study);
    const auto free = core::free_bytes(existing_parent(study.file.run.prepared));
    if (needed > free) {
        core::fail_input(
            "the prepared data may take {} in '{}' (only {} are free). Free space, or "
            "set [run] prepared to another disk.",
            core::bytes_text(needed), study.file.run.prepared, core::bytes_text(free));
    }
}

void check_programs(Findings& findings) {
    for (const char* name : {"graft-trainer", "graft-prepare"}) {
        findings.part([&] { findings.good(core::find_program(name).string()); });
    }
    findings.part([&] { findings.good(data::codecs_file().string()); });
}

}  // namespace

namespace {

CheckedNodes::Where where_of(const OptionsOf& options) {
    if (options.has("on-nodes") && options.has("here")) {
        core::fail_input("--on-nodes and --here exclude each other. Name one of them.");
    }
    return options.has("on-nodes") ? CheckedNodes::Where::job : CheckedNodes::Where::here;
}

template <class T>
void append(std::vector<T>& to, const std::optional<std::vector<T>>& from) {
    if (from) {
        to.insert(to.end(), from->begin(), from->end());
    }
}

// Options over [slurm] of the sweep file over the user's defaults; the size of a job and its time
// are the check's own.
NodeOptions node_options(const OptionsOf& options, const sweep::SweepFile& file) {
    const auto site = site_settings(file.slurm);
    NodeOptions nodes;
    nodes.nodes = options.find<int>("nodes");
    nodes.gpus_per_node = options.find<int>("gpus-per-node");
    if (!nodes.gpus_per_node && site.gpus_per_node.value_or(0) > 0) {
        nodes.gpus_per_node = static_cast<int>(*site.gpus_per_node);
    }
    nodes.cpus_per_task = options.find<int>("cpus-per-task");
    if (!nodes.cpus_per_task && nodes.gpus_per_node && site.cpus_per_gpu) {
        nodes.cpus_per_task = *nodes.gpus_per_node * static_cast<int>(*site.cpus_per_gpu);
    }
    nodes.partition = options.find<std::string>("partition").value_or(site.partition.value_or(""));
    nodes.account = options.find<std::string>("account").value_or(site.account.value_or(""));
    nodes.time = options.find<std::string>("time").value_or(nodes.time);
    if (site.qos) {
        nodes.more.push_back("--qos=" + *site.qos);
    }
    if (site.constraint) {
        nodes.more.push_back("--constraint=" + slurm::sbatch_word(*site.constraint));
    }
    append(nodes.more, site.sbatch_options);
    nodes.lines = slurm::module_lines(site);
    append(nodes.lines, site.environment);
    return nodes;
}

void check_file(Findings& findings, const fs::path& path) {
    sweep::SweepFile file;
    if (!findings.part([&] { file = read_file(path); })) {
        return;
    }
    findings.good(fmt::format("sweep file {}", path.string()));
    check_datasets(findings, file);
    if (check_networks(findings, file)) {
        check_weight_files(findings, file);
    }
    check_writable(findings, file.output, "sweep directory");
    check_writable(findings, file.run.prepared, "prepared data");
    check_programs(findings);
    if (findings.none()) {
        findings.part([&] { check_space(load_study(path)); });
    }
}

// Also where datasets are missing: what the nodes are like depends on none.
void check_on_nodes(Findings& findings, const OptionsOf& options, const fs::path& path) {
    findings.part([&] {
        const Study study = load_study(path, WhenMissing::note);
        const auto checked =
            check_nodes(study, where_of(options), node_options(options, study.file));
        if (options.has("json")) {
            fmt::print("{}", nodes_json(checked.nodes, checked.steps));
        } else {
            fmt::print("\n{}", nodes_text(checked.nodes, checked.steps));
            fmt::print("\nThe times that were measured are kept in {} for graft plan.\n",
                       steps_path(study.file.output).string());
        }
        for (const auto& problem : node_problems(checked.nodes, checked.steps)) {
            findings.bad(problem);
        }
    });
}

}  // namespace

int check(const Arguments& arguments) {
    OptionsOf options("check", "graft check FILE|DIR [--on-nodes | --here] [--json]",
                      "Reads the sweep file and everything it names, and says all problems at "
                      "once. Touches\nnothing; with --on-nodes or --here it also looks at real "
                      "nodes, times one batch of every\nnetwork there, and writes <sweep>/check.");
    options.named().add_options()(
        "on-nodes", "send a short SLURM job that looks at its nodes (inside a job: at its own)")(
        "here", "look at this machine alone, without SLURM")("nodes", po::value<int>(),
                                                             "of the job; default 1")(
        "gpus-per-node", po::value<int>(), "of the job")("cpus-per-task", po::value<int>(),
                                                         "cores per node of the job")(
        "partition", po::value<std::string>(), "of the job")(
        "account", po::value<std::string>(), "of the job")("time", po::value<std::string>(),
                                                           "limit of the job; default 00:10:00")(
        "json", "of --on-nodes and --here, for programs");
    options.positional("sweep file", 1);
    if (!options.parse(arguments)) {
        return 0;
    }
    const bool nodes = options.has("on-nodes") || options.has("here");
    const bool json = options.has("json");
    if (json && !nodes) {
        core::fail_input("--json needs --on-nodes or --here. Type: graft check --help");
    }
    Findings findings(json ? Findings::Told::problems : Findings::Told::all);
    const fs::path path = options.word("sweep file");
    check_file(findings, path);
    if (nodes && findings.none()) {
        check_on_nodes(findings, options, path);
    } else if (nodes) {
        findings.bad("the nodes were not looked at: mend the problems above first.");
    }
    return json && findings.none() ? 0 : findings.finish(json ? stderr : stdout);
}

}  // namespace graft::commands
