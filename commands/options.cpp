// SPDX-License-Identifier: Apache-2.0
#include "commands/options.hpp"

#include <iostream>

#include "core/error.hpp"
#include "core/text.hpp"

namespace graft::commands {

OptionsOf::OptionsOf(std::string command, std::string usage, std::string description)
    : command_(std::move(command)), usage_(std::move(usage)), description_(std::move(description)) {
    named_.add_options()("help,h", "show this help");
}

void OptionsOf::positional(const std::string& name, int count) {
    hidden_.add_options()(name.c_str(), po::value<std::vector<std::string>>());
    positional_.add(name.c_str(), count);
}

bool OptionsOf::parse(const Arguments& arguments) {
    po::options_description all;
    all.add(named_).add(hidden_);
    try {
        po::store(po::command_line_parser(arguments).options(all).positional(positional_).run(),
                  values_);
        po::notify(values_);
    } catch (const po::unknown_option& error) {
        std::vector<std::string> known;
        for (const auto& option : named_.options()) {
            known.push_back("--" + option->long_name());
        }
        const std::string near = core::nearest(error.get_option_name(), known);
        core::fail_input("unknown option '{}'.{} Type: graft {} --help", error.get_option_name(),
                         near.empty() ? "" : fmt::format(" Did you mean '{}'?", near), command_);
    } catch (const po::error& error) {
        core::fail_input("{}. Type: graft {} --help", error.what(), command_);
    }
    if (has("help")) {
        std::cout << "Usage: " << usage_ << "\n\n" << description_ << "\n\n" << named_;
        return false;
    }
    return true;
}

std::string OptionsOf::word(const std::string& name) const {
    if (!has(name)) {
        core::fail_input("graft {} needs a {}. Usage: {}", command_, name, usage_);
    }
    return get<std::vector<std::string>>(name).front();
}

std::vector<std::string> listed(const OptionsOf& options, const std::string& name) {
    std::vector<std::string> items;
    const auto words = options.find<std::vector<std::string>>(name);
    for (const auto& word : words.value_or(std::vector<std::string>{})) {
        for (const auto& item : core::split(word, ',')) {
            if (!item.empty()) {
                items.push_back(item);
            }
        }
    }
    return items;
}

void add_format_options(OptionsOf& options) {
    options.named().add_options()("format", po::value<std::string>()->default_value("table"),
                                  "table, csv or json")("json", "the same as --format json");
}

std::string format_of(const OptionsOf& options) {
    const auto format = options.has("json") ? "json" : options.get<std::string>("format");
    if (format != "table" && format != "csv" && format != "json") {
        core::fail_input("unknown --format '{}' (expected table, csv or json). Take one of them.",
                         format);
    }
    return format;
}

}  // namespace graft::commands
