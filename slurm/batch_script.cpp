// SPDX-License-Identifier: Apache-2.0
#include "slurm/batch_script.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/text.hpp"

#include "slurm/duration.hpp"

namespace graft::slurm {

namespace {

constexpr std::string_view kPlain =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./:=,+@";

bool is_plain(const std::string& text, std::string_view also = "") {
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return kPlain.find(c) != std::string_view::npos || also.find(c) != std::string_view::npos;
    });
}

void check_path(const std::filesystem::path& path) {
    if (path.string().find_first_of("\n\r") != std::string::npos) {
        core::fail_input(
            "the path '{}' has a line end in it (no line of a batch script can name it). Rename "
            "the directory.",
            core::escaped(path.string()));
    }
}

// With SLURM's own replacements switched off: "%" begins one, and a backslash ends them all, the
// job's number included.
std::string log_pattern(const std::filesystem::path& sweep) {
    std::string pattern;
    for (const char c : sweep.string()) {
        if (c == '\\') {
            core::fail_input(
                "the sweep's directory '{}' has a backslash in its name (SLURM does not put a "
                "job's number into such names of logs). Name another one: --output DIR.",
                sweep.string());
        }
        pattern += c == '%' ? "%%" : std::string(1, c);
    }
    return pattern + "/logs/job-%j.log";
}

class Lines {
  public:
    void add(const std::string& line) { text_ += line + "\n"; }
    void option(const std::string& name, const std::string& value) {
        add("#SBATCH --" + name + "=" + sbatch_word(value));
    }
    void option(const std::string& name, const std::optional<std::string>& value) {
        if (value) {
            option(name, *value);
        }
    }
    void option(const std::string& name, std::int64_t value) {
        option(name, fmt::format("{}", value));
    }
    // Lines after a blank one; none, and there is no blank one either.
    void block(const std::vector<std::string>& lines) {
        for (std::size_t i = 0; i < lines.size(); ++i) {
            add((i == 0 ? "\n" : "") + lines[i]);
        }
    }
    std::string text() && { return std::move(text_); }

  private:
    std::string text_;
};

bool names_gpus(const std::vector<std::string>& options) {
    return std::any_of(options.begin(), options.end(), [](const std::string& option) {
        return option.starts_with("--gres=") || option.starts_with("--gres ");
    });
}

void add_size(Lines& lines, const BatchScript& script) {
    const auto options = script.settings.sbatch_options.value_or(std::vector<std::string>{});
    lines.option("nodes", script.nodes);
    lines.option("ntasks-per-node", 1);
    if (script.gpus_per_node > 0 && !names_gpus(options)) {
        lines.option("gpus-per-node", script.gpus_per_node);
    }
    lines.option("cpus-per-task", script.cpus_per_node);
    lines.option("mem", memory_text(script.memory_mib));
    if (script.settings.time_seconds) {
        lines.option("time", duration_text(*script.settings.time_seconds));
    }
}

void add_place(Lines& lines, const Settings& settings) {
    lines.option("partition", settings.partition);
    lines.option("account", settings.account);
    lines.option("qos", settings.qos);
    lines.option("constraint", settings.constraint);
    if (settings.mail) {
        lines.option("mail-user", settings.mail);
        lines.option("mail-type", std::string("END,FAIL"));
    }
    for (const auto& option : settings.sbatch_options.value_or(std::vector<std::string>{})) {
        lines.add("#SBATCH " + option);
    }
}

std::string size_words(const BatchScript& script) {
    const std::string nodes =
        script.nodes == 1 ? "one node" : fmt::format("{} nodes", script.nodes);
    const std::string each = script.nodes == 1 ? "" : " each";
    return script.gpus_per_node > 0
               ? fmt::format("{}, {}{}", nodes,
                             core::counted(static_cast<std::size_t>(script.gpus_per_node), "GPU"),
                             each)
               : fmt::format("{}, {}{}", nodes,
                             core::counted(static_cast<std::size_t>(script.cpus_per_node), "CPU"),
                             each);
}

std::string run_line(const BatchScript& script) {
    std::vector<std::string> words{
        "exec",    bash_word(script.program.string()),
        "run",     bash_word(script.sweep.string()),
        "--ranks", fmt::format("{}", script.nodes),
        "--chain", script.follow_up == FollowUp::sent ? "sent" : bash_word(script.script.string())};
    for (const auto& option : script.run_options) {
        words.push_back(bash_word(option));
    }
    return core::join(words, " ");
}

}  // namespace

std::optional<std::int64_t> signal_in(const std::string& script) {
    constexpr std::string_view kWord = "--signal=B:USR1@";
    const auto at = script.rfind(kWord);  // the last one of several counts
    if (at == std::string::npos) {
        return std::nullopt;
    }
    const auto first = at + kWord.size();
    const auto end = script.find_first_not_of("0123456789", first);
    return core::parse_int(script.substr(first, end - first));
}

std::string bash_word(const std::string& text) {
    if (is_plain(text)) {
        return text;
    }
    std::string quoted = "'";
    for (const char c : text) {
        quoted += c == '\'' ? "'\\''" : std::string(1, c);
    }
    return quoted + "'";
}

std::string sbatch_word(const std::string& text) {
    if (is_plain(text, "%$&|*[]()!;")) {
        return text;
    }
    // A "#" ends the line unless escaped, in quotes too; a blank ends the word unless in quotes,
    // escaped or not.
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\' || c == '#' || c == '\'') {
            quoted += '\\';
        }
        quoted += c;
    }
    return quoted + "\"";
}

std::vector<std::string> module_lines(const Settings& settings) {
    std::vector<std::string> lines;
    for (const auto& module : settings.modules.value_or(std::vector<std::string>{})) {
        lines.push_back("module load " + bash_word(module));
    }
    return lines;
}

std::string script_text(const BatchScript& script) {
    for (const auto& path : {script.sweep, script.script, script.program}) {
        check_path(path);
    }
    Lines lines;
    lines.add("#!/bin/bash");
    lines.add(fmt::format("# Trains the sweep '{}' on {}, and goes on where it stopped.",
                          core::printable(script.name), size_words(script)));
    lines.add("# Written by graft submit; edit it and send it by hand: sbatch " +
              bash_word(script.script.string()));
    lines.option("job-name", "graft-" + script.name);
    add_size(lines, script);
    lines.option("signal", fmt::format("B:USR1@{}", script.signal_seconds));
    lines.add("#SBATCH --requeue");
    lines.option("output", log_pattern(script.sweep));
    lines.add("#SBATCH --open-mode=append");
    add_place(lines, script.settings);
    lines.block(module_lines(script.settings));
    lines.block(script.settings.environment.value_or(std::vector<std::string>{}));
    lines.block(
        {"# exec: graft takes the place of this shell, so SLURM's signals reach it without a "
         "trap. USR1,",
         fmt::format("# {} s before the time limit, and TERM make it save and leave.",
                     script.signal_seconds),
         run_line(script)});
    return std::move(lines).text();
}

std::int64_t signal_seconds(std::optional<double> longest, double time_limit) {
    constexpr double late = 60, shortest = 90, most = 1800, unmeasured = 120, step = 10;
    const double wanted = longest ? std::clamp(late + 4 * *longest, shortest, most) : unmeasured;
    const double rounded = std::ceil(wanted / step) * step;
    const double bound = time_limit > 0 ? std::floor(time_limit / 2) : rounded;
    return static_cast<std::int64_t>(std::max(1.0, std::min(rounded, bound)));
}

}  // namespace graft::slurm
