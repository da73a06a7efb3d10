// SPDX-License-Identifier: Apache-2.0
#include "slurm/settings.hpp"

#include <algorithm>
#include <array>

#include "core/error.hpp"
#include "core/text.hpp"

#include "slurm/duration.hpp"

namespace graft::slurm {

namespace {

using core::Entry;

constexpr std::int64_t kMibPerGib = 1024;
constexpr std::int64_t kMostMib = std::int64_t{1} << 30;  // a PiB

// Every key with its line of the default file.
struct Key {
    const char* name;
    const char* example;
    const char* help;
};
constexpr std::array kKeys{
    Key{"nodes", "1", "nodes of a job"},
    Key{"gpus_per_node", "4", "left out: all of a node; 0: train on CPUs"},
    Key{"cpus_per_gpu", "8", "left out: a GPU's share of a node; without GPUs: per node"},
    Key{"memory", "\"180G\"", "per node; left out: as graft plan computes it"},
    Key{"time", "\"24:00:00\"", "limit of one job; left out: the partition's default"},
    Key{"partition", "\"gpu\"", "left out: the site's default"},
    Key{"account", "\"project\"", "whom the site charges"},
    Key{"qos", "\"normal\"", "quality of service"},
    Key{"constraint", "\"v100\"", "features that nodes must have"},
    Key{"mail", "\"me@example.org\"", "told when a job ends or fails"},
    Key{"modules", "[\"gcc/12\", \"openmpi/4.1\"]", "each becomes: module load NAME"},
    Key{"environment", "[\"export FOO=bar\"]", "lines of the script, as they are"},
    Key{"sbatch_options", "[\"--reservation=x\"]", "further lines: #SBATCH OPTION"},
};

std::vector<std::string> key_names() {
    std::vector<std::string> names;
    for (const auto& key : kKeys) {
        names.emplace_back(key.name);
    }
    return names;
}

// A text that can stand on one line of a script.
std::string line_of(const Entry& entry, const std::string& text) {
    const bool odd = std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    });
    if (text.empty() || odd) {
        core::fail_input(
            "{}: '{}' is '{}' ({}). Write one line of text, several as a list.",
            entry.value.place.text(), entry.key, core::escaped(text),
            text.empty() ? "it is empty" : "a line of a batch script has no control characters");
    }
    return text;
}

std::string one_line(const Entry& entry) {
    return line_of(entry, core::as_string(entry.key, entry.value));
}

std::vector<std::string> lines(const Entry& entry) {
    auto texts = core::as_strings(entry.key, entry.value);
    for (const auto& text : texts) {
        line_of(entry, text);
    }
    return texts;
}

// Whole numbers mean what SLURM means by them.
std::string text_or_number(const Entry& entry) {
    const auto* number = std::get_if<std::int64_t>(&entry.value.data);
    return number ? fmt::format("{}", *number) : core::as_string(entry.key, entry.value);
}

std::int64_t memory_of(const Entry& entry) {
    const std::string text = text_or_number(entry);
    const auto mib = parse_memory(text);
    if (!mib) {
        core::fail_input(
            "{}: '{}' is '{}' (no amount of memory). Write it as \"180G\" or \"2000M\"; \"0\" is "
            "all that a node has.",
            entry.value.place.text(), entry.key, text);
    }
    return *mib;
}

std::int64_t time_of(const Entry& entry) {
    const std::string text = text_or_number(entry);
    const auto seconds = parse_duration(text);
    if (!seconds || *seconds < 1) {
        core::fail_input(
            "{}: '{}' is '{}' (no time limit). Write minutes, \"24:00:00\", \"1-12\" (days-hours) "
            "or \"1-12:30:00\".",
            entry.value.place.text(), entry.key, text);
    }
    return *seconds;
}

// Options that would contradict the rest of the script: what to do in their place.
struct NotThere {
    const char* option;
    char letter;  // its short form; 0: none
    const char* instead;
};
constexpr std::array kNotThere{
    NotThere{"--nodes", 'N', "Say it with 'nodes'."},
    NotThere{"--time", 't', "Say it with 'time'."},
    NotThere{"--mem", 0, "Say it with 'memory'."},
    NotThere{"--partition", 'p', "Say it with 'partition'."},
    NotThere{"--account", 'A', "Say it with 'account'."},
    NotThere{"--qos", 'q', "Say it with 'qos'."},
    NotThere{"--constraint", 'C', "Say it with 'constraint'."},
    NotThere{"--gpus-per-node", 0, "Say it with 'gpus_per_node', or with --gres."},
    NotThere{"--cpus-per-task", 'c', "Say it with 'cpus_per_gpu'."},
    NotThere{"--ntasks", 'n', "There is one task per node: say 'nodes'."},
    NotThere{"--ntasks-per-node", 0, "There is one task per node: say 'nodes'."},
    NotThere{"--signal", 0, "graft asks for the signal that it needs. Leave it out."},
    NotThere{"--array", 'a', "A sweep is one job at a time; divide it with --parts."},
    NotThere{"--no-kill", 'k', "After a lost node the job ends and goes on in the next one."},
    NotThere{"--dependency", 'd', "graft sets it; send the first job by hand for another one."},
};

void check_option(const Entry& entry, const std::string& option) {
    if (option.size() < 2 || option[0] != '-') {
        core::fail_input(
            "{}: '{}' has '{}' (options of sbatch begin with '-'). Write it as in "
            "\"--reservation=x\".",
            entry.value.place.text(), entry.key, option);
    }
    const std::string name = option.substr(0, option.find_first_of("= "));
    for (const auto& wrong : kNotThere) {
        if (name == wrong.option ||
            (option[1] != '-' && wrong.letter != 0 && option[1] == wrong.letter)) {
            core::fail_input("{}: '{}' has '{}' (the script says that itself). {}",
                             entry.value.place.text(), entry.key, option, wrong.instead);
        }
    }
}

std::vector<std::string> options_of(const Entry& entry) {
    auto options = lines(entry);
    for (const auto& option : options) {
        check_option(entry, option);
    }
    return options;
}

void read_text(Settings& settings, const Entry& entry) {
    const auto& key = entry.key;
    if (key == "partition") {
        settings.partition = one_line(entry);
    } else if (key == "account") {
        settings.account = one_line(entry);
    } else if (key == "qos") {
        settings.qos = one_line(entry);
    } else if (key == "constraint") {
        settings.constraint = one_line(entry);
    } else if (key == "mail") {
        settings.mail = one_line(entry);
    } else if (key == "modules") {
        settings.modules = lines(entry);
    } else if (key == "environment") {
        settings.environment = lines(entry);
    } else if (key == "sbatch_options") {
        settings.sbatch_options = options_of(entry);
    } else {
        core::fail_unknown_key(entry, "[slurm]", key_names());
    }
}

template <class T>
std::optional<T> either(const std::optional<T>& over, const std::optional<T>& under) {
    return over ? over : under;
}

}  // namespace

std::optional<std::int64_t> parse_memory(const std::string& text) {
    constexpr std::string_view units = "KMGT";
    std::string number = text;
    std::size_t unit = 1;  // MiB
    if (!number.empty() && (number.back() < '0' || number.back() > '9')) {
        unit = units.find(static_cast<char>(number.back() & ~0x20));  // upper case
        number.pop_back();
    }
    const auto value = core::parse_int(number);
    if (!value || *value < 0 || *value > kMostMib || unit == std::string_view::npos) {
        return std::nullopt;
    }
    constexpr std::array<std::int64_t, 4> mib{0, 1, kMibPerGib, kMibPerGib * kMibPerGib};
    const auto result = unit == 0 ? (*value + kMibPerGib - 1) / kMibPerGib : *value * mib[unit];
    return result <= kMostMib ? std::optional(result) : std::nullopt;
}

std::string memory_text(std::int64_t mib) {
    if (mib == 0) {
        return "0";
    }
    return mib % kMibPerGib == 0 ? fmt::format("{}G", mib / kMibPerGib) : fmt::format("{}M", mib);
}

Settings settings_of(const core::Table& table) {
    constexpr std::int64_t most_nodes = 10000, most_gpus = 64, most_cpus = 4096;
    Settings settings;
    for (const auto& entry : table.entries) {
        if (entry.key == "nodes") {
            settings.nodes = core::as_int(entry.key, entry.value, 1, most_nodes);
        } else if (entry.key == "gpus_per_node") {
            settings.gpus_per_node = core::as_int(entry.key, entry.value, 0, most_gpus);
        } else if (entry.key == "cpus_per_gpu") {
            settings.cpus_per_gpu = core::as_int(entry.key, entry.value, 1, most_cpus);
        } else if (entry.key == "memory") {
            settings.memory_mib = memory_of(entry);
        } else if (entry.key == "time") {
            settings.time_seconds = time_of(entry);
        } else {
            read_text(settings, entry);
        }
    }
    return settings;
}

Settings overlaid(const Settings& over, const Settings& under) {
    return {either(over.nodes, under.nodes),
            either(over.gpus_per_node, under.gpus_per_node),
            either(over.cpus_per_gpu, under.cpus_per_gpu),
            either(over.memory_mib, under.memory_mib),
            either(over.time_seconds, under.time_seconds),
            either(over.partition, under.partition),
            either(over.account, under.account),
            either(over.qos, under.qos),
            either(over.constraint, under.constraint),
            either(over.mail, under.mail),
            either(over.modules, under.modules),
            either(over.environment, under.environment),
            either(over.sbatch_options, under.sbatch_options)};
}

std::string default_text() {
    std::string text =
        "[slurm]                          # for graft submit; none of these need be there\n";
    for (const auto& key : kKeys) {
        text +=
            fmt::format("{:<46} # {}\n", fmt::format("# {} = {}", key.name, key.example), key.help);
    }
    return text;
}

}  // namespace graft::slurm
