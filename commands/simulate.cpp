// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <set>

#include "core/error.hpp"
#include "core/text.hpp"

#include "commands/options.hpp"
#include "commands/plan_stopping.hpp"
#include "commands/simulate_study.hpp"
#include "commands/simulate_text.hpp"
#include "commands/study.hpp"
#include "scheduler/many_trials.hpp"

namespace graft::commands {

namespace {

constexpr int kMostSlots = 1'000'000;
constexpr double kPrepareRate = 2000;

struct Wanted {
    int ranks = 1, slots = 1;
    double prepare_rate = kPrepareRate;  // images/s; 0: data is ready
    double killed_hours = 0;
    double noise = 0;
    std::int64_t key = 1;
};

int count_option(const OptionsOf& options, const char* name, int otherwise) {
    const int count = options.find<int>(name).value_or(otherwise);
    if (count < 1 || count > kMostSlots) {
        core::fail_input("--{} {} is out of range. Name a number from 1 to {}.", name, count,
                         kMostSlots);
    }
    return count;
}

double number_option(const OptionsOf& options, const char* name, double otherwise, double most) {
    const double value = options.find<double>(name).value_or(otherwise);
    if (!(value >= 0) || value > most) {
        core::fail_input("--{} {} is out of range. Name a number from 0 to {}.", name,
                         core::shortest(value), core::shortest(most));
    }
    return value;
}

Wanted wanted_by(const OptionsOf& options) {
    Wanted wanted;
    const bool by_ranks = options.has("ranks") || options.has("slots");
    if (options.has("gpus") && by_ranks) {
        core::fail_input("--gpus and --ranks with --slots say the same twice. Leave one out.");
    }
    wanted.ranks = count_option(options, "ranks", 1);
    wanted.slots =
        options.has("gpus") ? count_option(options, "gpus", 1) : count_option(options, "slots", 1);
    if (wanted.slots > kMostSlots / wanted.ranks) {
        core::fail_input("{} ranks of {} slots are more than {} in all. Name fewer.", wanted.ranks,
                         wanted.slots, kMostSlots);
    }
    wanted.prepare_rate = number_option(options, "prepare-rate", kPrepareRate, 1e9);
    wanted.killed_hours = number_option(options, "failures", 0, 1e9);
    wanted.noise = number_option(options, "noise", 0, 10);
    wanted.key = options.find<std::int64_t>("key").value_or(1);
    return wanted;
}

StepSource steps_for(const OptionsOf& options, const Study& study, const sweep::Record& record) {
    const auto device = options.find<std::string>("device").value_or("");
    if (auto published = published_steps(device)) {
        return *published;
    }
    return measured_steps(read_steps(study.file.output), record, device);
}

std::vector<std::string> assumptions(const Wanted& wanted, const SlotCosts& costs,
                                     const StepSource& steps) {
    std::vector<std::string> assumed;
    if (steps.estimate) {
        assumed.emplace_back("a network takes time by its multiply-adds, at any size of batch");
    }
    assumed.push_back(fmt::format(
        "a trainer starts in {} s and its next cohort in {} s; a dataset that it does not hold "
        "loads at {}/s; a save takes {} s and its bytes at {}/s",
        core::shortest(costs.cold_start.count()), core::shortest(costs.next_start.count()),
        core::bytes_text(static_cast<std::uint64_t>(costs.load_bytes_per_second)),
        core::shortest(costs.save.count()),
        core::bytes_text(static_cast<std::uint64_t>(costs.save_bytes_per_second))));
    assumed.push_back(wanted.prepare_rate > 0
                          ? fmt::format("datasets are prepared one after the other at {} images/s "
                                        "(--prepare-rate; 0: they are ready)",
                                        core::shortest(wanted.prepare_rate))
                          : std::string("datasets are prepared already"));
    assumed.push_back(steps.device_bytes
                          ? fmt::format("a device has {} GB; cohorts larger than it are divided",
                                        core::shortest(*steps.device_bytes / 1e9))
                          : std::string("every cohort fits into the memory of its device"));
    assumed.emplace_back("messages, the journal and the coordinator take no time");
    assumed.push_back(wanted.killed_hours > 0
                          ? fmt::format("each trainer is killed once in {} h on average",
                                        core::shortest(wanted.killed_hours))
                          : std::string("nothing fails (--failures HOURS)"));
    if (wanted.noise > 0) {
        assumed.push_back(fmt::format("attempts take longer or shorter by {} of their time",
                                      core::shortest(wanted.noise)));
    }
    return assumed;
}

scheduler::SimulationModel model_of(const Study& study, const StepSource& steps,
                                    const SlotCosts& costs, double prepare_rate) {
    std::map<scheduler::Need, double> images;
    for (const auto& trial : study.trials) {
        const auto& work = trial.work;
        images[{trial.spec->dataset, trial.spec->dataset_fingerprint, work.image_size}] =
            static_cast<double>(work.train_images + 2 * work.evaluated_images);
    }
    scheduler::SimulationModel model;
    model.cohort = [&steps, costs](const auto& members, const auto& before) {
        std::vector<TrialView> views;
        for (const auto* member : members) {
            views.push_back({&member->spec, &member->work});
        }
        const auto times = steps.of(*views.front().spec, *views.front().work);
        return cohort_time(times.value(), views, costs, before);
    };
    model.prepare = [images, prepare_rate](const scheduler::Need& need) {
        return core::Seconds(prepare_rate > 0 ? images.at(need) / prepare_rate : 0);
    };
    return model;
}

SimulationView simulated(const Study& study, const Wanted& wanted, const StepSource& steps) {
    const SlotCosts costs;
    const auto slots =
        static_cast<std::size_t>(wanted.ranks) * static_cast<std::size_t>(wanted.slots);
    SimulationView view;
    view.sweep = study.file.name;
    view.trials = study.trials.size();
    view.ranks = wanted.ranks;
    view.slots = wanted.slots;
    view.device = steps.device;
    view.source = steps.words;
    view.assumed = assumptions(wanted, costs, steps);
    view.bound = lower_bound(study.trials, steps, slots, Sharing::none);
    view.cohorts_bound = study.file.run.cohorts
                             ? lower_bound(study.trials, steps, slots, Sharing::cohorts)
                             : view.bound;
    view.fifo = in_order(study.trials, steps, costs, slots);
    scheduler::SimulationOptions options;
    options.ranks = wanted.ranks;
    options.slots = wanted.slots;
    options.device = steps.device;
    options.killed_every = core::Seconds(wanted.killed_hours * 3600);
    options.noise = wanted.noise;
    options.cohorts = study.file.run.cohorts ? scheduler::Cohorts::formed : scheduler::Cohorts::off;
    options.memory.device_bytes = steps.device_bytes;
    options.seed = static_cast<std::uint64_t>(wanted.key);
    const auto model = model_of(study, steps, costs, wanted.prepare_rate);
    sweep::Planned planned;
    planned.sweep_name = study.file.name;
    planned.added = study.trials;
    scheduler::expect_trials(study.trials.size());
    view.simulated = scheduler::simulate(options, model, {}, {planned});
    return view;
}

void add_options(OptionsOf& options) {
    options.named().add_options()("gpus", po::value<int>(), "slots of one rank; default 1")(
        "ranks", po::value<int>(), "ranks (nodes), each with --slots; default 1")(
        "slots", po::value<int>(), "slots of each rank; default 1")(
        "device", po::value<std::string>(),
        "kind of device: one that was checked or trained on, or v100 for published throughput")(
        "precision", po::value<std::string>(), "as if every trial had it")(
        "seeds", po::value<std::string>(), "only trials with these seeds: 1,2")(
        "images", po::value<std::vector<std::string>>()->composing(),
        "DATASET=COUNT of a dataset that is not here; may be repeated")(
        "failures", po::value<double>(),
        "hours in which the trainer of a slot is killed once, on average")(
        "noise", po::value<double>(), "relative spread of what attempts take, such as 0.1")(
        "key", po::value<std::int64_t>(), "of --failures and --noise: another draw; default 1")(
        "prepare-rate", po::value<double>(),
        "images/s of preparing a dataset; 0: all are ready; default 2000")("json", "print JSON");
    options.positional("sweep file", 1);
}

}  // namespace

int simulate(const Arguments& arguments) {
    OptionsOf options(
        "simulate", "graft simulate FILE|DIR [--gpus N | --ranks R --slots S] [--device NAME]",
        "Runs the sweep's scheduling under a virtual clock: how long it takes on so many devices,\n"
        "against the least that any order could, and where their time goes. Trains nothing and\n"
        "writes nothing. What a batch takes comes from finished trials of the sweep, from steps\n"
        "timed by 'graft check', or from published throughput (--device v100).");
    add_options(options);
    if (!options.parse(arguments)) {
        return 0;
    }
    const auto wanted = wanted_by(options);
    const StudyOf of{
        options.find<std::vector<std::string>>("images").value_or(std::vector<std::string>{}),
        options.find<std::string>("seeds"), options.find<std::string>("precision")};
    const Study study = study_to_simulate(options.word("sweep file"), of);
    const auto record = sweep::read_record(study.file.output);
    const auto steps = steps_for(options, study, record);
    const auto view = simulated(study, wanted, steps);
    fmt::print("{}", options.has("json") ? simulation_json(view) : simulation_text(view));
    if (!options.has("json")) {
        fmt::print("{}", stopping_assumption(study.file.stopping));
    }
    return view.simulated.finished == view.trials ? 0 : 1;
}

}  // namespace graft::commands
