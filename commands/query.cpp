// SPDX-License-Identifier: Apache-2.0
#include "results/query.hpp"

#include <iostream>
#include <memory>

#include "core/error.hpp"
#include "core/large_pages.hpp"
#include "core/text.hpp"

#include "commands/asked.hpp"
#include "commands/options.hpp"
#include "results/format.hpp"
#include "results/sql.hpp"

namespace graft::commands {

namespace {

constexpr const char* kDescription =
    "Filters, lists and averages the trials of a sweep (or of several), live. Without options: "
    "mean,\n"
    "its 95 % interval and count over seeds of validation and test AUC for each network, dataset,\n"
    "init, freeze level, and whatever else varies. Rows that differ in a setting are never "
    "averaged.\n"
    "\n"
    "  graft query DIR --where dataset=retina 'freeze>=50' --group-by network,dataset,init,freeze\n"
    "  graft query DIR --top 5                       best five trials by validation AUC\n"
    "  graft query DIR --best-per network,dataset    best trial of each, and its checkpoint\n"
    "  graft query DIR --columns trial,state,message --where state=failed\n"
    "  graft query DIR --epochs --best-per trial     best epoch of each trial\n"
    "  graft query DIR --epochs --group-by network,dataset,init,freeze,phase,epoch --format csv\n"
    "  graft query DIR OTHER --group-by sweep,network,dataset,init,freeze\n"
    "  graft query DIR --sql \"SELECT network, median(val_auc) FROM trials GROUP BY network\"";

void add_options(OptionsOf& options) {
    const auto words = [] { return po::value<std::vector<std::string>>()->multitoken(); };
    options.named().add_options()("where", words(),
                                  "filters: column=a,b  column!=a  column>=0.5 ...")(
        "group-by", words(), "columns whose equal rows are averaged")(
        "columns", words(), "columns to list, or to average with --group-by")(
        "value", words(), "the same as --columns")(
        "sort", po::value<std::string>(), "COLUMN, COLUMN:asc or COLUMN:desc (else best first)")(
        "top", po::value<std::size_t>()->default_value(0), "show so many rows; the best by --sort")(
        "best-per", words(), "the best row for each combination of columns")(
        "by", po::value<std::string>(), "what is best: COLUMN[:asc|:desc] (else val_auc)")(
        "trials", "list trials instead of averages")("epochs", "of epochs instead of trials")(
        "all", "also trials that are left out of the sweep")(
        "sql", po::value<std::string>(),
        "one SELECT over the tables trials, epochs, attempts, datasets, skipped, provenance");
    add_format_options(options);
    options.positional("sweeps", -1);
}

results::Query query_of(const OptionsOf& options) {
    results::Query query;
    query.where = filters_of(options, "where");
    query.group_by = listed(options, "group-by");
    query.columns = listed(options, "columns");
    for (auto& column : listed(options, "value")) {
        query.columns.push_back(std::move(column));
    }
    query.sort = options.find<std::string>("sort");
    query.top = options.get<std::size_t>("top");
    query.best_per = listed(options, "best-per");
    query.by = options.find<std::string>("by");
    query.list = options.has("trials");
    query.epochs = options.has("epochs");
    query.all = options.has("all");
    return query;
}

std::vector<std::string> paths_of(const OptionsOf& options) {
    const auto paths = options.find<std::vector<std::string>>("sweeps");
    if (!paths || paths->empty()) {
        core::fail_input(
            "no sweep is named (usage: graft query DIR|FILE ... [OPTIONS]). Name one or several.");
    }
    return *paths;
}

// SQL says everything itself.
void check_alone(const OptionsOf& options) {
    for (const char* other : {"where", "group-by", "columns", "value", "sort", "best-per", "by",
                              "trials", "epochs", "all"}) {
        if (options.has(other)) {
            core::fail_input(
                "--sql and --{} do not go together (the SQL says it all). Put it into the SELECT.",
                other);
        }
    }
    if (options.get<std::size_t>("top") > 0) {
        core::fail_input(
            "--sql and --top do not go together (the SQL says it all). Write LIMIT {}.",
            options.get<std::size_t>("top"));
    }
}

results::Answer answer_to(const OptionsOf& options, Way way) {
    const auto sql = options.find<std::string>("sql");
    const auto question = query_of(options);
    // Never taken apart: the program ends next, and that takes as long as reading did.
    static auto& asked = *std::make_unique<std::vector<AskedSweep>>().release();
    asked = read_asked(paths_of(options), way);
    const auto sweeps = tables_of(asked);
    if (!sql) {
        return results::answer(sweeps, question);
    }
    results::Answer answer{results::sql_answer(sweeps, *sql), {}, {}};
    if (answer.table.rows() == 0) {
        answer.notes.emplace_back("No rows.");
    }
    return answer;
}

void print(const results::Answer& answer, const std::string& format, results::Layout layout) {
    for (const auto& warning : answer.warnings) {
        std::cerr << "graft: " << warning << "\n";
    }
    if (format == "table") {
        std::cout << results::text_table(answer.table, layout);
        for (const auto& note : answer.notes) {
            std::cout << (&note == &answer.notes.front() ? "\n" : "") << note << "\n";
        }
    } else {
        std::cout << (format == "csv" ? results::csv_text(answer.table)
                                      : results::json_text(answer.table));
    }
}

}  // namespace

int query(const Arguments& arguments) {
    OptionsOf options("query", "graft query DIR|FILE ... [OPTIONS]", kDescription);
    add_options(options);
    if (!options.parse(arguments)) {
        return 0;
    }
    const std::string format = format_of(options);
    core::prefer_large_pages(std::size_t{1} << 29U);  // a few times a million epochs' columns
    if (options.has("sql")) {
        check_alone(options);
    }
    const auto layout = options.has("sql") ? results::Layout::as_it_is : results::Layout::joined;
    try {
        print(answer_to(options, Way::by_cache), format, layout);
    } catch (const results::BadRowCache&) {
        print(answer_to(options, Way::by_journal), format, layout);
    }
    return 0;
}

}  // namespace graft::commands
