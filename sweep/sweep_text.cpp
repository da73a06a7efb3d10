// SPDX-License-Identifier: Apache-2.0
// Sweep files written out: resolved ones and the commented default.
#include <fmt/format.h>

#include "core/text.hpp"

#include "sweep/sweep_file.hpp"

namespace graft::sweep {

namespace {

std::string toml_quoted(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            result += '\\';
            result += c;
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            result += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            result += c;
        }
    }
    return result + '"';
}

bool is_bare_key(std::string_view key) {
    return !key.empty() && key.find_first_not_of(
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstu"
                               "vwxyz0123456789_-") == std::string_view::npos;
}

std::string key_text(std::string_view key) {
    return is_bare_key(key) ? std::string(key) : toml_quoted(key);
}

std::string real_text(double value) {
    const std::string text = core::shortest(value);
    return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

std::string toml_text(const core::Value& value) {
    struct Text {
        std::string operator()(bool v) const { return v ? "true" : "false"; }
        std::string operator()(std::int64_t v) const { return fmt::format("{}", v); }
        std::string operator()(double v) const { return real_text(v); }
        std::string operator()(const std::string& v) const { return toml_quoted(v); }
        std::string operator()(const core::List& list) const {
            std::vector<std::string> items;
            for (const auto& item : list) {
                items.push_back(toml_text(item));
            }
            return "[" + core::join(items) + "]";
        }
        std::string operator()(const core::Table& table) const {
            std::vector<std::string> items;
            for (const auto& entry : table.entries) {
                items.push_back(key_text(entry.key) + " = " + toml_text(entry.value));
            }
            return "{ " + core::join(items) + " }";
        }
    };
    return std::visit(Text{}, value.data);
}

std::string lines_of(const core::Table& table) {
    std::string text;
    for (const auto& entry : table.entries) {
        text += fmt::format("{} = {}\n", key_text(entry.key), toml_text(entry.value));
    }
    return text;
}

std::string default_value(const TrainingKey& key) {
    if (key.name == "augment") {
        std::vector<std::string> names;
        for (const auto augmentation : Training{}.augment) {
            names.push_back(toml_quoted(core::name_of(augmentation)));
        }
        return "[" + core::join(names) + "]";
    }
    const auto value = key.value(Training{});
    if (const auto* real = std::get_if<double>(&value)) {
        return real_text(*real);
    }
    const auto* text = std::get_if<std::string>(&value);
    return text ? toml_quoted(*text) : text_of(value);
}

std::string training_text(const core::Table& given) {
    std::string text = "[training]\n";
    for (const auto& key : training_keys()) {
        const auto* entry = given.find(key.name);
        text += fmt::format("{} = {}\n", key.name,
                            entry ? toml_text(entry->value) : default_value(key));
    }
    return text;
}

std::string count_or_auto(const std::optional<std::int64_t>& count) {
    return count ? fmt::format("{}", *count) : "\"auto\"";
}

std::string run_text(const RunSettings& run) {
    return fmt::format(
        "[run]\nslots = {}\nthreads = {}\nprepared = {}\n"
        "lost_after = {}\nhung_after = {}\non_other_hardware = {}\ncohorts = {}\n",
        count_or_auto(run.slots), count_or_auto(run.threads), toml_quoted(run.prepared),
        toml_quoted(core::shortest(run.lost_after_seconds) + " s"),
        toml_quoted(core::shortest(run.hung_after_seconds) + " s"),
        toml_quoted(core::name_of(run.on_other_hardware)), run.cohorts);
}

std::string findings_text(const FindingsSettings& findings) {
    std::vector<std::string> family;
    for (const auto& contrast : findings.family) {
        family.push_back(toml_quoted(text_of(contrast)));
    }
    return fmt::format(
        "[findings]\nfamily = [{}]\nmetric = {}\nlearning_rate = {}\nsmall = {}\nmargin = {}\n",
        core::join(family), toml_quoted(findings.metric),
        toml_quoted(core::name_of(findings.learning_rate)), toml_quoted(findings.small),
        real_text(findings.margin));
}

// Nothing where nothing is stopped: then the file is as it always was.
std::string stopping_text(const StoppingSettings& stopping) {
    if (stopping.stop == StopRule::none) {
        return "";
    }
    std::string text =
        fmt::format("\n[stopping]\nstop = {}\n", toml_quoted(core::name_of(stopping.stop)));
    if (stopping.stop == StopRule::patience) {
        text +=
            fmt::format("patience = {}\nmin_epochs = {}\n", stopping.patience, stopping.min_epochs);
    } else {
        std::vector<std::string> over;
        for (const auto& axis : stopping.over) {
            over.push_back(toml_quoted(axis));
        }
        text += fmt::format("over = [{}]\nreduction = {}\nfirst_rung = {}\n", core::join(over),
                            stopping.reduction, stopping.first_rung);
    }
    return text + fmt::format("family = {}\n", stopping.family);
}

std::string weights_text(const SweepFile& file) {
    std::string text = "[weights]\n";
    if (!file.weights_directory.empty()) {
        text += fmt::format("directory = {}\n", toml_quoted(file.weights_directory.string()));
    }
    for (const auto& [network, path] : file.weights) {
        text += fmt::format("{} = {}\n", key_text(network), toml_quoted(path.string()));
    }
    return text;
}

std::string networks_text(const SweepFile& file) {
    std::string text;
    for (const auto& [name, network] : file.networks) {
        text += fmt::format("\n[networks.{}]\n", key_text(name));
        if (!network.preprocessing.empty()) {
            text += fmt::format("preprocessing = {}\n", toml_quoted(network.preprocessing));
        }
        if (!network.json.empty()) {
            text += fmt::format("json = {}\n", toml_quoted(network.json));
        }
    }
    return text;
}

}  // namespace

std::string resolved_text(const SweepFile& file) {
    std::string text = fmt::format("[sweep]\nname = {}\noutput = {}\n", toml_quoted(file.name),
                                   toml_quoted(file.output.string()));
    if (!file.trials.empty()) {
        text += fmt::format("trials = {}\n", toml_quoted(file.trials.string()));
    }
    text += "\n" + training_text(file.training) + "\n" + run_text(file.run) + "\n" +
            findings_text(file.findings) + stopping_text(file.stopping) + "\n" + weights_text(file);
    text += networks_text(file);
    if (!file.slurm.entries.empty()) {
        text += "\n[slurm]\n" + lines_of(file.slurm);
    }
    for (const auto& dataset : file.datasets) {
        text += fmt::format("\n[datasets.{}]\n", key_text(dataset.name)) + lines_of(dataset.table);
    }
    for (const auto& block : file.grid) {
        text += "\n[[grid]]\n" + lines_of(block.table);
    }
    return text;
}

std::string default_text() {
    std::string text =
        "# A complete sweep file: every key with its default. docs/sweep-file.md explains them.\n"
        "[sweep]\nname = \"example\"                 # output directory, beside this file\n"
        "# trials = \"some.txt\"            # only these trials of the grid, an id per line\n\n"
        "[training]                       # any of these keys may be a list: then it is an axis\n";
    for (const auto& key : training_keys()) {
        text +=
            fmt::format("{:<32} # {}: {}\n", fmt::format("{} = {}", key.name, default_value(key)),
                        key.unit, key.help);
    }
    text += "\n" + run_text(RunSettings{}) + "\n" + findings_text(FindingsSettings{});
    text +=
        "\n# [stopping]                      # without it no trial ends before its last epoch\n"
        "# stop = \"patience\"              # or \"asha\": docs/stopping.md\n"
        "# patience = 10                  # epochs without a better validation\n"
        "\n[weights]\n"
        "# directory = \"/data/keras\"     # published file names are found by themselves\n"
        "# \"mobilenet_0.25\" = \"/data/keras/mobilenet_2_5_224_tf_no_top.h5\"\n"
        "\n# [networks.vgg16]               # of a network from a file: network = \"vgg16.json\"\n"
        "# preprocessing = \"caffe\"        # tf, torch, caffe, none: for input_range = \"keras\"\n"
        "\n[datasets.example]\npath = \"images\"                  # class per folder\n"
        "\n[[grid]]                         # a product; several blocks are a union\n"
        "network = \"mobilenet\"\ndataset = \"example\"\ninit = [\"random\", \"imagenet\"]\n"
        "freeze = [0, 50, 100]            # percent of the base's layers\nseed = [1, 2, 3, 4, 5]\n";
    return text;
}

}  // namespace graft::sweep
