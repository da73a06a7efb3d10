// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "core/h5/file.hpp"

#include "results/statistics/bootstrap.hpp"
#include "results/statistics/equivalence.hpp"
#include "results/statistics/paired.hpp"
#include "results/statistics/power.hpp"
#include "results/statistics/weighted_auc.hpp"
#include "tool/commands.hpp"

namespace graft::oracle {

namespace {

namespace statistics = results::statistics;
using core::h5::File;
using Values = std::vector<double>;

void put(File& out, const std::string& name, const statistics::Interval& interval) {
    out.write("/" + name, Values{interval.estimate, interval.low, interval.high,
                                 static_cast<double>(interval.n)});
}

void put(File& out, const std::string& name, const statistics::Equivalence& found) {
    put(out, name, found.difference);
    out.write("/" + name + "_p", Values{found.p, found.equivalent ? 1.0 : 0.0});
}

void compare(const File& in, File& out) {
    const auto a = in.read<double>("/a");
    const auto b = in.read<double>("/b");
    const double margin = in.double_attribute("/", "margin");
    const double confidence = in.double_attribute("/", "confidence");
    const statistics::Overlap overlap{in.double_attribute("/", "overlap")};
    put(out, "mean", statistics::mean_interval(a, overlap, confidence));
    put(out, "equivalent", statistics::equivalent(a, b, margin));
    if (a.size() == b.size()) {
        const auto paired = statistics::paired(a, b, overlap, confidence);
        put(out, "difference", paired.difference);
        out.write("/paired", Values{paired.sd, paired.p, paired.wilcoxon_p.value_or(NAN)});
        put(out, "equivalent_paired", statistics::equivalent_paired(a, b, margin, overlap));
        out.write(
            "/wilcoxon",
            Values{statistics::wilcoxon_signed_rank(statistics::differences_of(a, b).values)});
    }
}

// `settings` [n, 3]: pairs, alpha, power.
void solve_power(const File& in, File& out) {
    const auto settings = in.read<double>("/settings");
    Values found;
    for (std::size_t i = 0; i < settings.size(); i += 3) {
        found.push_back(statistics::smallest_detectable(static_cast<std::int64_t>(settings[i]), 1,
                                                        {}, settings[i + 1], settings[i + 2]));
    }
    out.write("/smallest", found);
}

// `weights` [replicates, images].
void weigh(const File& in, File& out) {
    const auto scores = in.read<float>("/scores");
    const auto labels = in.read<std::int32_t>("/labels");
    const auto weights = in.read<std::int32_t>("/weights");
    const int classes = static_cast<int>(in.shape("/scores").at(1));
    const auto auc = statistics::WeightedAuc::auc(scores, labels, classes);
    const auto micro = statistics::WeightedAuc::micro(scores, labels, classes);
    Values of_auc, of_micro;
    for (std::size_t at = 0; at < weights.size(); at += labels.size()) {
        const auto replicate = std::span(weights).subspan(at, labels.size());
        of_auc.push_back(auc(replicate));
        of_micro.push_back(micro(replicate));
    }
    out.write("/auc", of_auc);
    out.write("/auc_micro", of_micro);
    put(out, "percentiles", statistics::percentile_interval(of_auc, 0.5));
}

// Draws for images of these `groups`.
void draw(const File& in, File& out) {
    const statistics::GroupBootstrap bootstrap(in.read_texts("/groups"), "oracle");
    const auto count = static_cast<std::size_t>(in.int_attribute("/", "draws"));
    std::vector<std::int32_t> weights(count * bootstrap.images());
    for (std::size_t i = 0; i < count; ++i) {
        bootstrap.draw(i, std::span(weights).subspan(i * bootstrap.images(), bootstrap.images()));
    }
    out.write("/draws", {count, bootstrap.images()}, weights.data());
}

}  // namespace

void write_statistics(const Arguments& arguments) {
    const File in = File::open(arguments[0]);
    File out = File::create(arguments[1]);
    if (in.has("/a")) {
        compare(in, out);
    }
    if (in.has("/p")) {
        out.write("/holm", statistics::holm(in.read<double>("/p")));
    }
    if (in.has("/ratios")) {
        put(out, "geometric", statistics::geometric_mean(in.read<double>("/ratios")));
    }
    if (in.has("/settings")) {
        solve_power(in, out);
    }
    if (in.has("/weights")) {
        weigh(in, out);
    }
    if (in.has("/groups")) {
        draw(in, out);
    }
    out.close();
}

}  // namespace graft::oracle
