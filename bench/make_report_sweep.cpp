// SPDX-License-Identifier: Apache-2.0
// A finished sweep of a whole study, with the predictions that its trials kept, for bench/report:
// make_report_sweep DIR SEEDS RATES. Six networks on four datasets; each large network 9 arms. At
// 28 seeds and one rate, 5,152 trials with 53 epochs. Every seventh seed's predictions have files
// of their own; the others are second names of them, so the whole takes some GB.
#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <iostream>

#include <fmt/format.h>

#include "core/file.hpp"
#include "core/h5/file.hpp"
#include "core/random.hpp"
#include "core/text.hpp"

#include "sweep/journal.hpp"
#include "sweep/metrics.hpp"

#include "results/store.hpp"
#include "support/specs.hpp"

using namespace graft;
namespace fs = std::filesystem;

namespace {

constexpr int kWarmup = 3, kEpochs = 50, kOwnFiles = 7;
constexpr std::size_t kNoise =
    65'521;  // normal numbers, used in turns; a prime, so that rows differ
constexpr std::array kRates{1e-4, 1e-5, 1e-3};

struct Network {
    const char* name;
    std::size_t features;  // of the last layer, pooled
    bool pretrained;       // has published weights
};
constexpr std::array kNetworks{
    Network{"inception_v3", 2048, true},  Network{"resnet50_v2", 2048, true},
    Network{"densenet121", 1024, true},   Network{"mobilenet", 1024, true},
    Network{"mobilenet_0.25", 256, true}, Network{"small_cnn", 256, false},
};

struct Dataset {
    const char* name;
    std::size_t classes, test;
    bool patients;  // two images of each
    double random, pretrained;
};
constexpr std::array kDatasets{
    Dataset{"cancer", 2, 1500, false, 0.86, 0.92},
    Dataset{"cats_vs_dogs", 2, 1500, false, 0.90, 0.99},
    Dataset{"retina", 5, 370, true, 0.88, 0.93},
    Dataset{"proteins", 17, 1450, false, 0.83, 0.91},
};

struct Arm {
    const char* init;
    double freeze;
};
constexpr std::array kArms{Arm{"random", 0},    Arm{"mean_var", 0},  Arm{"imagenet", 0},
                           Arm{"imagenet", 10}, Arm{"imagenet", 20}, Arm{"imagenet", 30},
                           Arm{"imagenet", 50}, Arm{"imagenet", 75}, Arm{"imagenet", 100}};

struct Point {
    const Network* network;
    const Dataset* dataset;
    const Arm* arm;
    double rate;
    int seed;
    sweep::PlannedTrial planned;
    sweep::TrialId id;
};

std::string fingerprint(const Dataset& dataset) {
    return fmt::format("{:032x}", &dataset - kDatasets.data() + 1);
}

sweep::PlannedTrial planned(const Point& point) {
    auto trial = tests::planned_trial(point.seed);
    auto& spec = trial.spec;
    spec.edit().network = point.network->name;
    spec.edit().dataset = point.dataset->name;
    spec.edit().dataset_fingerprint = fingerprint(*point.dataset);
    spec.freeze = point.arm->freeze;
    spec.edit().init_text = point.arm->init;
    spec.edit().training.learning_rate = point.rate;
    spec.edit().training.evaluate_bn = sweep::EvaluateBn::both;
    if (spec->init_text != "random") {
        spec.edit().init =
            spec->init_text == "mean_var" ? sweep::Init::mean_var : sweep::Init::pretrained;
        spec.edit().weights_hash = "00000000000000000000000000000001";
    }
    auto& work = trial.work;
    work.image_size = 224;
    work.layers = 100;
    work.frozen_layers = static_cast<std::int32_t>(spec.freeze);
    work.parameters = 1'000'000;
    work.trainable_parameters =
        static_cast<std::int64_t>(1e6 * (1 - std::pow(spec.freeze / 100, 2)));
    work.epochs = kWarmup + kEpochs;
    return trial;
}

std::vector<Point> points_of(int seeds, int rates) {
    std::vector<Point> points;
    for (const auto& network : kNetworks) {
        for (const auto& dataset : kDatasets) {
            for (const auto& arm : kArms) {
                if (!network.pretrained && std::string_view(arm.init) != "random") {
                    continue;
                }
                for (int rate = 0; rate < rates; ++rate) {
                    for (int seed = 1; seed <= seeds; ++seed) {
                        Point point{&network, &dataset, &arm, kRates.at(std::size_t(rate)),
                                    seed,     {},       {}};
                        point.planned = planned(point);
                        point.id = sweep::trial_id(point.planned.spec);
                        points.push_back(std::move(point));
                    }
                }
            }
        }
    }
    return points;
}

sweep::DatasetReady ready(const Dataset& dataset) {
    sweep::DatasetReady event;
    event.dataset = dataset.name;
    event.fingerprint = fingerprint(dataset);
    event.size = event.stored_size = 224;
    event.prepared = fmt::format("/data/prepared/{}.224.h5", dataset.name);
    event.pixels_checksum = fingerprint(dataset);
    const auto share = static_cast<std::int64_t>(dataset.test / dataset.classes);
    for (std::size_t c = 0; c < dataset.classes; ++c) {
        event.classes.push_back(fmt::format("class {}", c));
        event.train_counts.push_back(8 * share);
        event.validation_counts.push_back(share);
        event.test_counts.push_back(share);
    }
    event.test = event.validation = static_cast<std::int64_t>(dataset.test);
    event.train = 8 * event.test;
    return event;
}

// How good a trial ends, between 0.5 and 1.
double quality_of(const Point& point, core::RandomStream& chance) {
    const bool pretrained = std::string_view(point.arm->init) == "imagenet";
    double value = pretrained ? point.dataset->pretrained : point.dataset->random;
    value -= pretrained ? 0.08 * std::pow(point.arm->freeze / 100, 2) : 0;
    return value + 0.01 * chance.normal() - 0.02 * std::abs(std::log10(point.rate / 1e-4));
}

class Noise {
  public:
    Noise() : values_(kNoise) {
        core::RandomStream stream("bench/noise", 1);
        for (float& value : values_) {
            value = static_cast<float>(stream.normal());
        }
    }
    float next() { return values_[(place_ += 7919) % kNoise]; }

  private:
    std::vector<float> values_;
    std::size_t place_ = 0;
};

struct Scored {
    std::vector<std::string> ids, groups;
    std::vector<std::int32_t> labels;
    std::vector<float> scores;
};

Scored scored(const Dataset& dataset, const char* part, double quality, Noise& noise) {
    Scored out;
    for (std::size_t i = 0; i < dataset.test; ++i) {
        out.ids.push_back(fmt::format("{}/{:08x}{:05}", part, i * 2654435761U % 0xffffffffU, i));
        out.groups.push_back(dataset.patients ? fmt::format("patient{:05}", i / 2)
                                              : out.ids.back());
        out.labels.push_back(static_cast<std::int32_t>(i % dataset.classes));
        float sum = 0;
        for (std::size_t c = 0; c < dataset.classes; ++c) {
            const bool own = c == i % dataset.classes;
            out.scores.push_back(
                std::exp(noise.next() + (own ? 6 * static_cast<float>(quality - 0.5) : 0)));
            sum += out.scores.back();
        }
        for (auto score = out.scores.end() - static_cast<std::ptrdiff_t>(dataset.classes);
             score != out.scores.end(); ++score) {
            *score /= sum;
        }
    }
    return out;
}

void write_part(core::h5::File& file, const std::string& group, const Scored& part,
                std::size_t classes) {
    file.write_texts(group + "/id", part.ids);
    file.write(group + "/label", part.labels);
    file.write_texts(group + "/group", part.groups);
    file.write(group + "/scores", {part.labels.size(), classes}, part.scores.data());
}

// As trainer/predictions.cpp writes them. Returns the metrics of test.
sweep::Metrics write_predictions(const fs::path& path, const Point& point, double quality,
                                 Noise& noise) {
    const auto& dataset = *point.dataset;
    const std::size_t width = point.network->features;
    auto file = core::h5::File::create(path);
    file.write_texts("/classes", ready(dataset).classes);
    write_part(file, "/validation", scored(dataset, "validation", quality, noise), dataset.classes);
    const auto test = scored(dataset, "test", quality, noise);
    write_part(file, "/test", test, dataset.classes);
    std::vector<float> features;
    std::vector<std::int32_t> rows;
    for (std::size_t i = 0; i < dataset.test; ++i) {
        rows.push_back(static_cast<std::int32_t>(i));
        for (std::size_t f = 0; f < width; ++f) {
            const bool own = f % dataset.classes == i % dataset.classes;
            features.push_back(std::abs(noise.next()) + (own ? 0.1F : 0.0F));
        }
    }
    file.write("/test/features", {rows.size(), width}, features.data());
    file.write("/test/feature_rows", rows);
    file.close();
    return sweep::evaluate(test.scores, test.labels, static_cast<int>(dataset.classes));
}

sweep::SaveRecorded save_of(std::uint64_t cohort, const Point& point, int epoch, double quality,
                            Noise& noise) {
    auto event = tests::save_recorded(cohort, point.id, epoch);
    event.time = {1'795'478'400'000'000 + epoch * 20'000'000LL};
    auto& member = event.save.members.front();
    auto& row = member.rows.front();
    row.step = epoch * 100;
    row.train_loss = 1.0 / epoch;
    row.train_accuracy = 1 - row.train_loss / 2;
    const double value = quality - 0.35 * std::exp(-0.15 * epoch) - 0.0005 * epoch +
                         0.005 * static_cast<double>(noise.next());
    row.validation = {1.5 - value, value - 0.05, value, value, value - 0.01};
    row.val_auc_reestimated = value + 0.003;
    row.seconds = 20;
    row.images_per_second = 250;
    member.files = {{fmt::format("trials/{}/1.{}.state.h5", point.id.text(), epoch), 12'345'678,
                     "0123456789abcdef"}};
    return event;
}

// One trial's saves and its end.
void add_trial(const Point& point, std::uint64_t cohort, const sweep::Metrics& test, double quality,
               Noise& noise, std::vector<sweep::Event>& events) {
    events.emplace_back(tests::attempt_started(cohort, point.id));
    events.emplace_back(sweep::AttemptBegun{{}, sweep::CohortId(cohort), "GPU", "gpu"});
    sweep::Best best;
    for (int epoch = 1; epoch <= kWarmup + kEpochs; ++epoch) {
        auto save = save_of(cohort, point, epoch, quality, noise);
        auto& member = save.save.members.front();
        const auto& row = member.rows.front();
        if (epoch == 1 || sweep::better(sweep::BestBy::val_auc, row.validation, best.validation)) {
            best = {row.phase, epoch, row.validation};
        }
        member.best = best;
        if (epoch == kWarmup + kEpochs) {
            const auto file = [&](const char* name) {
                return sweep::FileRef{fmt::format("trials/{}/{}", point.id.text(), name),
                                      12'345'678, "0123456789abcdef"};
            };
            member.result = sweep::TrialResult{};
            member.result->best = best;
            member.result->test = test;
            member.result->weights = file("best.h5");
            member.result->predictions = file("predictions.h5");
        }
        events.emplace_back(std::move(save));
    }
    events.emplace_back(tests::attempt_ended(cohort, sweep::Completed{}));
}

void append(sweep::JournalWriter& writer, const std::vector<sweep::Event>& events) {
    if (!writer.append(events)) {
        throw std::runtime_error("another process writes this journal");
    }
}

void make(const fs::path& directory, int seeds, int rates) {
    auto writer =
        sweep::JournalWriter::start(directory, tests::started(), [](const sweep::Event&) {});
    if (!writer) {
        throw std::runtime_error("another process writes this journal");
    }
    const auto points = points_of(seeds, rates);
    sweep::Planned plan = tests::planned({});
    plan.sweep_name = "a whole study";
    for (const auto& point : points) {
        plan.added.push_back(point.planned);
    }
    append(*writer, {plan});
    std::vector<sweep::Event> events;
    for (const auto& dataset : kDatasets) {
        events.emplace_back(ready(dataset));
    }
    Noise noise;
    std::vector<std::pair<fs::path, sweep::Metrics>> own(kOwnFiles);
    std::uint64_t cohort = 0;
    for (const auto& point : points) {
        core::RandomStream chance("bench/quality", ++cohort);
        const double quality = quality_of(point, chance);
        const fs::path path = directory / "trials" / point.id.text() / "predictions.h5";
        fs::create_directories(path.parent_path());
        auto& [file, test] = own[static_cast<std::size_t>(point.seed % kOwnFiles)];
        if (point.seed <= kOwnFiles) {
            test = write_predictions(path, point, quality, noise);
            file = path;
        } else {
            fs::create_hard_link(file, path);
        }
        add_trial(point, cohort, test, quality, noise, events);
        if (events.size() > 10'000) {
            append(*writer, events);
            events.clear();
        }
    }
    events.emplace_back(sweep::Closed{{}, "done"});
    append(*writer, events);
    results::publish(directory);
    std::cout << fmt::format("{} trials in {}\n", points.size(), directory.string());
}

}  // namespace

int main(int count, char** arguments) {
    const auto number = [&](int i) { return core::parse_int(arguments[i]).value_or(0); };
    if (count != 4 || number(2) < 1 || number(3) < 1 || number(3) > std::ssize(kRates)) {
        std::cerr << "usage: make_report_sweep DIR SEEDS RATES\n";
        return 2;
    }
    make(arguments[1], static_cast<int>(number(2)), static_cast<int>(number(3)));
    return 0;
}
