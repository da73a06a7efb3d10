// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/process.hpp"
#include "core/text.hpp"

#include "sweep/dataset_file.hpp"

#include "commands/asked.hpp"
#include "commands/external.hpp"
#include "commands/external_answer.hpp"
#include "commands/free_gpus.hpp"
#include "commands/options.hpp"
#include "commands/preparing.hpp"
#include "commands/scoring.hpp"
#include "commands/study.hpp"
#include "results/format.hpp"

namespace graft::commands {

namespace {

using Images = sweep::ScoreRequest::Images;
using results::findings::Metric;

constexpr const char* kDescription =
    "Scores the best checkpoints of a sweep's finished trials on another dataset of the same "
    "classes:\n"
    "does it hold on another hospital's images? Shows, arm by arm, what they score there beside "
    "what\n"
    "they score on their own test images, and the drop with its 95 % intervals, over seeds and "
    "over\n"
    "patients. The dataset is described as any other, by [datasets.NAME] in a sweep file; classes "
    "are\n"
    "matched by their names. Scores are kept: what is there is not made again.\n"
    "\n"
    "  graft evaluate DIR --dataset other --from other.toml\n"
    "  graft evaluate sweep.toml --dataset other --split test --where init=imagenet\n"
    "  graft evaluate DIR --dataset other --from other.toml --value test_auc,test_accuracy --json";

void add_options(OptionsOf& options) {
    const auto words = [] { return po::value<std::vector<std::string>>()->multitoken(); };
    options.named().add_options()("dataset", po::value<std::string>(),
                                  "the dataset's name in the sweep file")(
        "from", po::value<std::string>(), "sweep file that describes it (else the sweep's own)")(
        "split", po::value<std::string>()->default_value("all"),
        "its images: all, or those of its test part (test)")(
        "where", words(), "filters of trials: column=a,b  column!=a  column>=0.5 ...")(
        "value", words(), "test_auc (unless given), test_auc_micro, test_auc_macro, test_accuracy")(
        "threads", po::value<int>()->default_value(0),
        "of each process; 0: they share the cores. With as many as the sweep has the last bits are "
        "its own")("processes", po::value<int>()->default_value(0),
                   "that score beside each other; 0: one for each GPU, one without")(
        "workers", po::value<int>()->default_value(0),
        "processes that decode images; 0: one per core");
    add_format_options(options);
    options.positional("sweep", 1);
}

// "test_auc_micro" as one of `choices`.
template <class Choice>
Choice choice_of(const std::string& option, const std::string& text,
                 const std::vector<Choice>& choices) {
    std::vector<std::string> names;
    for (const auto choice : choices) {
        names.emplace_back(core::name_of(choice));
        if (names.back() == text) {
            return choice;
        }
    }
    core::fail_input("unknown --{} '{}' (expected one of {}). Take one of them.", option, text,
                     core::join(names));
}

std::vector<Metric> values_of(const OptionsOf& options) {
    const std::vector known{Metric::test_auc, Metric::test_auc_micro, Metric::test_auc_macro,
                            Metric::test_accuracy};
    std::vector<Metric> values;
    for (const auto& name : listed(options, "value")) {
        values.push_back(choice_of("value", name, known));
    }
    return values.empty() ? std::vector{Metric::test_auc} : values;
}

std::string dataset_of(const OptionsOf& options) {
    const auto name = options.find<std::string>("dataset");
    if (!name) {
        core::fail_input("graft evaluate needs --dataset NAME (that of [datasets.NAME]). Name it.");
    }
    return *name;
}

std::set<sweep::TrialId> wanted_trials(const Live& live, const sweep::Record& record,
                                       const std::vector<results::Filter>& filters) {
    const results::Sweeps sweeps({{record.sweep_name(), live.directory, &record, nullptr}});
    const auto& trials = sweeps.table("trials");
    std::set<sweep::TrialId> wanted;
    for (const auto row : results::matching(trials, filters)) {
        wanted.insert(sweep::TrialId(results::text_of(trials.at("trial").at(row))));
    }
    if (wanted.empty()) {
        auto unmatched = results::unmatched_values(trials, filters);
        if (!unmatched.empty() && unmatched.front().ends_with('.')) {
            unmatched.front().pop_back();
        }
        core::fail_input("no trial of '{}' passes the filters ({}). Widen them.",
                         record.sweep_name(),
                         unmatched.empty() ? "all together" : unmatched.front());
    }
    return wanted;
}

data::PrepareResult prepared_for(const std::vector<const sweep::Trial*>& trials,
                                 const ExternalData& data, int workers) {
    std::set<std::int32_t> sizes;
    for (const auto* trial : trials) {
        sizes.insert(trial->work.image_size);
    }
    return prepare_one(
        {data.settings, {sizes.begin(), sizes.end()}, data.prepared.string(), workers}, stderr);
}

void make_scores(const ScorePlan& plan, const ExternalData& data, const core::fs::path& folder,
                 const ScoringProcesses& processes) {
    if (plan.to_score > 0) {
        fmt::print(stderr, "Scoring {} on '{}': {}\n", core::counted(plan.to_score, "checkpoint"),
                   data.settings.name, folder.string());
    }
    for (const auto& request : plan.requests) {
        run_scoring(request, data.settings.name, folder, processes);
    }
}

// Names a few of them.
std::string named(const std::vector<const sweep::Trial*>& trials) {
    constexpr std::size_t few = 3;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < std::min(few, trials.size()); ++i) {
        names.push_back(trials[i]->id.text());
    }
    return core::join(names) + (trials.size() > few ? ", ..." : "");
}

std::string no_best_note(const ScorePlan& plan) {
    return fmt::format(
        "{} not scored: best.h5 is gone (freed by keep_weights or graft clean) of {}. graft verify "
        "DIR TRIAL --keep trains one again.",
        core::counted(plan.no_best.size(), "trial"), named(plan.no_best));
}

// The runs that have their scores.
std::vector<results::findings::Context> scored_contexts(
    std::vector<results::findings::Context> contexts, const ScorePlan& plan) {
    const std::set<const sweep::Trial*> scored(plan.scored.begin(), plan.scored.end());
    for (auto& context : contexts) {
        for (auto& cell : context.cells) {
            std::erase_if(cell.runs, [&](const auto& run) { return !scored.contains(run.trial); });
        }
    }
    return contexts;
}

void print(const ExternalAnswer& answer, const core::fs::path& folder, const std::string& format) {
    const auto say = [](std::ostream& out, const std::vector<std::string>& cautions) {
        for (const auto& caution : cautions) {
            out << "CAUTION: " << caution << "\n";
        }
    };
    if (format != "table") {
        say(std::cerr, answer.cautions);
        std::cout << (format == "csv" ? results::csv_text(answer.table)
                                      : results::json_text(answer.table));
        return;
    }
    std::cout << results::text_table(answer.table) << "\n";
    for (const auto& note : answer.notes) {
        std::cout << note << "\n";
    }
    say(std::cout, answer.cautions);
    std::cout << "Scores of every image: " << folder.string() << "/<trial>.h5\n";
}

}  // namespace

int evaluate(const Arguments& arguments) {
    OptionsOf options("evaluate", "graft evaluate DIR|FILE --dataset NAME [OPTIONS]", kDescription);
    add_options(options);
    if (!options.parse(arguments)) {
        return 0;
    }
    const std::string path = options.word("sweep"), format = format_of(options);
    const auto name = dataset_of(options);
    const auto images = choice_of("split", options.get<std::string>("split"),
                                  std::vector{Images::all, Images::test});
    const auto values = values_of(options);
    const Live live = read_live(path);
    const auto whole = read_parts(live);
    const auto& record = whole ? whole->record : live.record;
    const KeptFiles files(live, whole);

    const auto from = sweep::read_dataset_file(options.find<std::string>("from").value_or(path),
                                               data::dataset_keys());
    const auto data = external_data(from, name, images);
    const auto chosen =
        external_trials(record, wanted_trials(live, record, filters_of(options, "where")), data);
    const auto trials = trials_of(chosen.contexts);
    const auto prepared = prepared_for(trials, data, options.get<int>("workers"));
    const auto folder = external_folder(live.directory, data);
    const auto plan = score_plan(record, files, trials, data, prepared, folder);
    if (plan.scored.empty()) {
        core::fail_input("nothing is scored: {}", no_best_note(plan));
    }
    if (plan.to_score > 0) {
        check_free_gpus(live, "graft evaluate");
    }
    make_scores(plan, data, folder,
                scoring_processes(options.get<int>("processes"), options.get<int>("threads")));

    const data::Prepared tables(prepared.files.front().path);
    auto answer = external_answer({record, files, data, tables, folder},
                                  scored_contexts(chosen.contexts, plan), values);
    answer.cautions.insert(answer.cautions.end(), chosen.cautions.begin(), chosen.cautions.end());
    if (chosen.without_result > 0) {
        answer.notes.push_back(fmt::format("{} asked for without a result: not in the table.",
                                           core::counted(chosen.without_result, "trial")));
    }
    if (!plan.no_best.empty()) {
        answer.cautions.push_back(no_best_note(plan));
    }
    print(answer, folder, format);
    return 0;
}

}  // namespace graft::commands
