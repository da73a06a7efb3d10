// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include "core/error.hpp"

#include "commands/asked.hpp"
#include "commands/options.hpp"
#include "results/format.hpp"
#include "results/paired_sweeps.hpp"

namespace graft::commands {

namespace {

constexpr const char* kDescription =
    "Compares two sweeps trial by trial, live: pairs are trials that agree in every setting, "
    "seeds,\n"
    "data and weights included, but for those in which the sweeps differ as a whole, or that "
    "--but\n"
    "names. Shows what the second has more than the first, with its 95 % interval, for each "
    "network,\n"
    "dataset, init, freeze level, and whatever else varies; and what only one of them has.\n"
    "\n"
    "  graft compare adam.toml sgd.toml                         they differ in the optimizer "
    "alone\n"
    "  graft compare OLD NEW --but learning_rate,batch_size --value test_auc,test_accuracy\n"
    "  graft compare OLD NEW --where dataset=retina --group-by network\n"
    "  graft compare DIR --but freeze --where-first freeze=0 --where-second freeze=100\n"
    "  graft compare OLD NEW --unpaired --format csv            trials without a partner";

void add_options(OptionsOf& options) {
    const auto words = [] { return po::value<std::vector<std::string>>()->multitoken(); };
    options.named().add_options()("but", words(), "settings in which partners may differ")(
        "value", words(), "numbers to compare (else test_auc)")(
        "group-by", words(), "one row for each combination of these columns")(
        "where", words(), "filters of both: column=a,b  column!=a  column>=0.5 ...")(
        "where-first", words(), "filters of the first")("where-second", words(),
                                                        "filters of the second")(
        "unpaired", "list the trials that have no partner, one by one");
    add_format_options(options);
    options.positional("sweeps", 2);
}

results::PairQuestion question_of(const OptionsOf& options) {
    results::PairQuestion question;
    if (options.has("but")) {
        question.but = listed(options, "but");
    }
    question.values = listed(options, "value");
    if (question.values.empty()) {
        question.values = {"test_auc"};
    }
    question.group_by = listed(options, "group-by");
    question.where = filters_of(options, "where");
    question.where_first = filters_of(options, "where-first");
    question.where_second = filters_of(options, "where-second");
    return question;
}

results::PairAnswer answer_to(const OptionsOf& options, Way way) {
    const auto paths = options.find<std::vector<std::string>>("sweeps");
    if (!paths || paths->empty()) {
        core::fail_input(
            "no sweep is named (usage: graft compare FIRST [SECOND] [OPTIONS]). Name two; or one, "
            "with --where-first and --where-second.");
    }
    const auto asked = read_asked(*paths, way);
    const auto names = named(asked);
    const results::Sweeps first({names.front()}), second({names.back()});
    const auto& trials = first.table("trials");
    return results::compare({names.front().name, trials},
                            {names.back().name, names.size() > 1 ? second.table("trials") : trials},
                            question_of(options));
}

// A table as it is: an empty one has no columns to show.
std::string as_text(const results::Table& table) {
    return table.rows() == 0 ? "Every trial has a partner.\n"
                             : results::text_table(table, results::Layout::as_it_is);
}

void print_for_people(const results::PairAnswer& answer) {
    std::cout << results::text_table(answer.differences) << "\n";
    for (const auto& note : answer.notes) {
        std::cout << note << "\n";
    }
    std::cout << (answer.unpaired.rows() == 0 ? "\n" : "\nWithout a partner:\n")
              << as_text(answer.unpaired);
}

}  // namespace

int compare(const Arguments& arguments) {
    OptionsOf options("compare", "graft compare FIRST [SECOND] [OPTIONS]", kDescription);
    add_options(options);
    if (!options.parse(arguments)) {
        return 0;
    }
    const std::string format = format_of(options);
    const auto answer = [&] {
        try {
            return answer_to(options, Way::by_cache);
        } catch (const results::BadRowCache&) {
            return answer_to(options, Way::by_journal);
        }
    }();
    const auto& table = options.has("unpaired") ? answer.unpaired_trials : answer.differences;
    if (format != "table") {
        std::cout << (format == "csv" ? results::csv_text(table) : results::json_text(table));
    } else if (options.has("unpaired")) {
        std::cout << as_text(table);
    } else {
        print_for_people(answer);
    }
    return 0;
}

}  // namespace graft::commands
