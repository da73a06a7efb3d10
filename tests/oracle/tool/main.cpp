// SPDX-License-Identifier: Apache-2.0
// oracle_tool: graft's own answers, for the Python tests that compare them with other programs'.
#include <exception>
#include <iostream>
#include <map>

#include "tool/commands.hpp"

namespace {

using graft::oracle::Arguments;

struct Command {
    void (*run)(const Arguments&);
    std::size_t arguments;
    const char* usage;
};

const std::map<std::string, Command>& commands() {
    static const std::map<std::string, Command> all{
        {"layers", {graft::oracle::print_layers, 4, "NETWORK CLASSES HEAD_UNITS IMAGE_SIZE"}},
        {"convert", {graft::oracle::convert_weights, 5, "NETWORK CLASSES HEAD_UNITS IN.h5 OUT.h5"}},
        {"init",
         {graft::oracle::write_first_weights, 5, "NETWORK INIT PRETRAINED.h5|- SEED OUT.h5"}},
        {"metrics", {graft::oracle::write_metrics, 2, "PREDICTIONS.h5 OUT.h5"}},
        {"statistics", {graft::oracle::write_statistics, 2, "IN.h5 OUT.h5"}},
        {"evaluate", {graft::oracle::write_evaluation, 2, "PREDICTIONS.h5 OUT.h5"}},
        {"features", {graft::oracle::write_features, 2, "FEATURES.h5 OUT.h5"}},
        {"folds", {graft::oracle::write_folds, 2, "IMAGES.h5 OUT.h5"}},
        {"rates",
         {graft::oracle::print_rates, 6,
          "SCHEDULE FINAL_RATE RATE_WARMUP_EPOCHS LEARNING_RATE STEPS_PER_EPOCH EPOCHS"}},
        {"stopping", {graft::oracle::print_verdicts, 4, "SECTION TRIALS EPOCHS REPORTS"}},
        {"store", {graft::oracle::write_example_store, 1, "OUT.h5"}},
    };
    return all;
}

int fail_usage() {
    for (const auto& [name, command] : commands()) {
        std::cerr << "oracle_tool " << name << ' ' << command.usage << '\n';
    }
    return 2;
}

}  // namespace

int main(int count, char** given) {
    Arguments arguments(given + 1, given + count);
    const auto found = arguments.empty() ? commands().end() : commands().find(arguments.front());
    if (found == commands().end() || arguments.size() != found->second.arguments + 1) {
        return fail_usage();
    }
    arguments.erase(arguments.begin());
    try {
        found->second.run(arguments);
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "oracle_tool: " << error.what() << '\n';
        return 1;
    }
}
