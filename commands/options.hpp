// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/program_options.hpp>

#include "commands/command.hpp"

namespace graft::commands {

namespace po = boost::program_options;

// The command line of one command: named options plus positional words, `--help` included.
//   OptionsOf options("plan", "graft plan FILE", "Shows what a sweep will do.");
//   options.named().add_options()("json", "print JSON");
//   options.positional("sweep", 1);
//   if (!options.parse(arguments)) return 0;   // --help was asked for, and printed
class OptionsOf {
  public:
    OptionsOf(std::string command, std::string usage, std::string description);
    po::options_description& named() { return named_; }
    // Positional words go to `name`; at most `count` of them (-1: any number).
    void positional(const std::string& name, int count);
    // False when --help was asked for: the help is printed. Throws InputError for what does not
    // fit, naming the nearest known option.
    bool parse(const Arguments& arguments);

    bool has(const std::string& name) const { return values_.count(name) > 0; }
    template <class T>
    T get(const std::string& name) const {
        return values_[name].as<T>();
    }
    template <class T>
    std::optional<T> find(const std::string& name) const {
        return has(name) ? std::optional<T>(values_[name].as<T>()) : std::nullopt;
    }
    // The positional word `name`; InputError with the usage when it is missing.
    std::string word(const std::string& name) const;

  private:
    std::string command_, usage_, description_;
    po::options_description named_{"Options"};
    po::options_description hidden_;
    po::positional_options_description positional_;
    po::variables_map values_;
};

// The words of an option that takes several, which may be divided by commas, by spaces, or both.
std::vector<std::string> listed(const OptionsOf& options, const std::string& name);

// --format and --json of a command that answers with a table.
void add_format_options(OptionsOf& options);
// "table", "csv" or "json". Throws InputError for another.
std::string format_of(const OptionsOf& options);

}  // namespace graft::commands
