// SPDX-License-Identifier: Apache-2.0
#include "commands/command.hpp"

#include <cstdio>
#include <iostream>

#include "core/build_info.hpp"
#include "core/error.hpp"
#include "core/text.hpp"

namespace graft::commands {

namespace {

constexpr int kUsage = 2;
constexpr int kInternal = 70;

int run_command(const Command& command, const Arguments& arguments) {
    try {
        return command.run(arguments);
    } catch (const core::Error& error) {
        fmt::print(stderr, "graft: {}\n", error.what());
        return error.exit_code();
    } catch (const std::exception& error) {
        fmt::print(stderr,
                   "graft: internal error in 'graft {}' ({}). This is a bug in graft {}: nothing "
                   "recorded is lost; please report it with this line.\n",
                   command.name, error.what(), core::version());
        return kInternal;
    }
}

}  // namespace

const std::vector<Command>& all_commands() {
    static const std::vector<Command> commands{
        {"check", "read a sweep file and everything it names; say all problems at once", check},
        {"plan", "show the grid, its cost and its size on disk", plan},
        {"simulate", "how long it takes on other devices, and where their time goes", simulate},
        {"prepare", "decode the datasets of a sweep, once", prepare},
        {"run", "train, and go on where it stopped", run},
        {"submit", "send the sweep to SLURM as a job", submit},
        {"status", "progress, failures and time left of a sweep", status},
        {"stop", "let a running sweep save and end", stop},
        {"retry", "try failed trials again", retry},
        {"verify", "train a finished trial again and compare; or check every file", verify},
        {"explain", "why a sweep or a trial does what it does, and does not", explain},
        {"query", "filter, group and average results", query},
        {"compare", "two sweeps trial by trial: differences with intervals", compare},
        {"evaluate", "best checkpoints on another dataset of the same classes", evaluate},
        {"report", "findings, figures and tables as one HTML page", report},
        {"export", "hand results on: TensorBoard, tables as CSV, one HDF5 file", export_results},
        {"merge", "take results of parts, or of other sweeps, into one", merge},
        {"clean", "free disk space by rule", clean},
        {"help", "show this, or the help of one command", help},
        {"version", "show version and libraries", version},
        {"node-check", "", node_check},
        {"publish", "", publish},
    };
    return commands;
}

int dispatch(const Arguments& arguments) {
    if (arguments.empty()) {
        help({});
        return kUsage;
    }
    const std::string name = arguments.front() == "--version" ? "version"
                             : arguments.front() == "--help" || arguments.front() == "-h"
                                 ? "help"
                                 : arguments.front();
    std::vector<std::string> known;
    for (const auto& command : all_commands()) {
        if (command.name == name) {
            return run_command(command, {arguments.begin() + 1, arguments.end()});
        }
        if (!command.summary.empty()) {
            known.emplace_back(command.name);
        }
    }
    const std::string near = core::nearest(name, known);
    fmt::print(stderr, "graft: unknown command '{}'.{} Type: graft help\n", name,
               near.empty() ? "" : fmt::format(" Did you mean '{}'?", near));
    return kUsage;
}

int help(const Arguments& arguments) {
    if (!arguments.empty()) {
        return dispatch({arguments.front(), "--help"});
    }
    std::cout << "graft runs transfer-learning studies on images: it trains every point of a grid\n"
                 "and keeps the results in one HDF5 file.\n\n"
                 "Usage: graft COMMAND [OPTIONS]\n\n";
    for (const auto& command : all_commands()) {
        if (!command.summary.empty()) {
            fmt::print("  {:<9} {}\n", command.name, command.summary);
            std::fflush(stdout);
        }
    }
    std::cout << "\nA first sweep:  graft plan --dump-default > sweep.toml   (edit it)\n"
                 "                graft check sweep.toml\n"
                 "                graft run sweep.toml\n"
                 "                graft query sweep.toml\n"
                 "Help of one command: graft COMMAND --help\n";
    return 0;
}

int version(const Arguments&) {
    fmt::print("graft {}\n", core::build_id());
    return 0;
}

}  // namespace graft::commands
