// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <set>

#include <unistd.h>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/text.hpp"

#include "commands/asked.hpp"
#include "commands/hand_on.hpp"
#include "commands/kept_files.hpp"
#include "commands/live.hpp"
#include "commands/options.hpp"
#include "commands/whole.hpp"
#include "results/exports/tensorboard.hpp"
#include "results/filter.hpp"
#include "results/format.hpp"
#include "results/tables.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

constexpr const char* kDescription =
    "Hands the results of a sweep on, as its journal has them now; also while it runs, and of all\n"
    "parts of a divided sweep.\n"
    "\n"
    "  graft export DIR --tensorboard runs       then: tensorboard --logdir runs\n"
    "  graft export DIR --csv tables --where dataset=retina state=done\n"
    "  graft export DIR --hdf5 retina.h5 --where dataset=retina";

// In every folder that this command makes, so that --force removes no other.
constexpr const char* kMark = ".graft-export";

// Trials that pass all filters, by the tables' rows; without those left out of the sweep.
std::set<std::string> chosen_trials(const results::Table& trials, const OptionsOf& options) {
    auto filters = filters_of(options, "where");
    if (!options.has("all")) {
        filters.push_back(results::parse_filter("left_out=0"));
    }
    std::set<std::string> chosen;
    for (const auto row : results::matching(trials, filters)) {
        chosen.insert(results::text_of(trials.at("trial").at(row)));
    }
    if (chosen.empty()) {
        const auto notes = results::unmatched_values(trials, filters);
        core::fail_input("no trial passes the filters{}. Type: graft query {} --trials",
                         notes.empty() ? "" : fmt::format(" ({})", core::join(notes, " ")),
                         options.word("sweep"));
    }
    return chosen;
}

// The rows of the chosen trials; tables that name no trial stay whole.
results::Table rows_of(const results::Table& table, const std::set<std::string>& chosen) {
    const auto* trial = table.find("trial");
    if (!trial) {
        return table;
    }
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < table.rows(); ++row) {
        if (chosen.contains(results::text_of(trial->at(row)))) {
            rows.push_back(row);
        }
    }
    results::Table part{table.name, {}};
    for (const auto& column : table.columns) {
        part.columns.push_back(results::gather(column, rows));
    }
    return part;
}

// Makes a folder under another name and renames it when it is whole. With --force one that is there
// is replaced.
void write_folder(const OptionsOf& options, const char* option,
                  const std::function<void(const fs::path&)>& fill) {
    fs::path folder = fs::absolute(options.get<std::string>(option)).lexically_normal();
    if (!folder.has_filename()) {
        folder = folder.parent_path();
    }
    const bool there = fs::exists(folder) && !(fs::is_directory(folder) && fs::is_empty(folder));
    if (there && !options.has("force")) {
        core::fail_input(
            "'{}' is there already (nothing was written). Name another folder, or "
            "replace it: --force",
            folder.string());
    }
    if (there && !fs::exists(folder / kMark)) {
        core::fail_input(
            "'{}' was not made by graft export (it has no file {}). Name another "
            "folder, or remove it yourself.",
            folder.string(), kMark);
    }
    const fs::path aside = folder.string() + fmt::format(".{}.tmp", ::getpid());
    core::create_directories(aside);
    try {
        fill(aside);
        core::write_file(aside / kMark, "made by graft export; --force replaces this folder\n");
        core::remove_tree(folder);
        core::publish_file(aside, folder);
    } catch (...) {
        core::remove_tree(aside);
        throw;
    }
}

std::size_t write_tensorboard(const fs::path& folder, const sweep::Record& record,
                              const std::set<std::string>& chosen) {
    std::size_t runs = 0;
    for (const auto& trial : record.trials()) {
        if (!chosen.contains(trial.id.text()) || trial.rows.empty()) {
            continue;
        }
        const fs::path run = folder / results::exports::run_name(trial);
        core::create_directories(run);
        // TensorBoard asks for "tfevents", and reads files of one run by their names' order.
        core::write_file(run / fmt::format("events.out.tfevents.{:010}.graft",
                                           trial.attempts.front().start.micros / 1'000'000),
                         results::exports::event_file(trial));
        ++runs;
    }
    return runs;
}

// Of the chosen trials.
std::vector<results::Table> tables_of(const sweep::Record& record,
                                      const std::set<std::string>& chosen) {
    std::vector<results::Table> tables;
    for (const auto make : results::kTableMakers) {
        tables.push_back(rows_of(make(record), chosen));
    }
    return tables;
}

void write_tables(const fs::path& folder, const std::vector<results::Table>& tables) {
    for (const auto& table : tables) {
        core::write_file(folder / (table.name + ".csv"), results::csv_text(table));
    }
}

// One line that every trial writes anew, and that goes at the end; on a terminal only.
class ProgressLine {
  public:
    ~ProgressLine() { write(""); }
    void show(std::size_t done, std::size_t all) const {
        write(fmt::format("{} of {} trials", done, all));
    }

  private:
    void write(const std::string& text) const {
        if (terminal_) {
            fmt::print(stderr, "\r\033[K{}", text);
        }
    }
    bool terminal_ = ::isatty(STDERR_FILENO) == 1;
};

int write_hdf5(const HandOnRequest& request) {
    const auto done = [&] {
        const ProgressLine line;
        return hand_on(request, [&](auto count, auto all) { line.show(count, all); });
    }();
    fmt::print("{}", hand_on_text(done, request.file));
    return done.missing.empty() ? 0 : 1;
}

void add_options(OptionsOf& options) {
    options.named().add_options()("tensorboard", po::value<std::string>(),
                                  "a folder with an event file of each trial that has begun")(
        "csv", po::value<std::string>(), "a folder with a CSV file of each table")(
        "hdf5", po::value<std::string>(),
        "one file with the tables and the predictions, pooled features and curves of every trial")(
        "where", po::value<std::vector<std::string>>()->multitoken(),
        "filters of trials, as those of graft query")(
        "all", "also trials that are left out of the sweep")("force",
                                                             "replace what an earlier export made");
    options.positional("sweep", 1);
}

}  // namespace

int export_results(const Arguments& arguments) {
    OptionsOf options("export", "graft export DIR|FILE [OPTIONS]", kDescription);
    add_options(options);
    if (!options.parse(arguments)) {
        return 0;
    }
    const auto hdf5 = options.find<std::string>("hdf5");
    if (!options.has("tensorboard") && !options.has("csv") && !hdf5) {
        core::fail_input(
            "nothing to export was named. Give --tensorboard FOLDER, --csv FOLDER, --hdf5 FILE, or "
            "several of them.");
    }
    const Live live = read_live(options.word("sweep"));
    const auto whole = read_parts(live);
    const auto& record = whole ? whole->record : live.record;
    const auto chosen = chosen_trials(results::trials_table(record), options);
    if (hdf5) {
        check_hand_on(*hdf5, options.has("force"));  // before anything is written
    }
    if (options.has("tensorboard")) {
        write_folder(options, "tensorboard", [&](const fs::path& folder) {
            fmt::print("{} written for TensorBoard. Type: tensorboard --logdir {}\n",
                       core::counted(write_tensorboard(folder, record, chosen), "run"),
                       options.get<std::string>("tensorboard"));
        });
    }
    const auto tables = tables_of(record, chosen);
    if (options.has("csv")) {
        write_folder(options, "csv", [&](const fs::path& folder) {
            write_tables(folder, tables);
            fmt::print("{} of {} written to {}\n", core::counted(tables.size(), "table"),
                       core::counted(chosen.size(), "trial"), options.get<std::string>("csv"));
        });
    }
    if (!hdf5) {
        return 0;
    }
    const KeptFiles files(live, whole);
    return write_hdf5({*hdf5, options.has("force"), record, live.end, files, chosen, tables});
}

}  // namespace graft::commands
