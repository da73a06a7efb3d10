// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/h5/file.hpp"

#include "results/features/projection.hpp"
#include "results/features/separation.hpp"
#include "tool/commands.hpp"

namespace graft::oracle {

void write_features(const Arguments& arguments) {
    namespace features = results::features;
    constexpr std::uint64_t key = 7;
    const auto in = core::h5::File::open(arguments[0]);
    const auto values = in.read<float>("/features");
    const auto labels = in.read<std::int32_t>("/labels");
    const auto width = in.shape("/features").at(1);
    const int classes = *std::max_element(labels.begin(), labels.end()) + 1;
    const auto projection = features::tsne(values, width, {});
    features::TsneSettings begun;
    begun.iterations = 5;
    auto out = core::h5::File::create(arguments[1]);
    out.write("/xy", projection.xy);
    out.write("/xy_begun", features::tsne(values, width, begun).xy);
    out.write("/folds", features::stratified_folds(labels, classes, features::kProbeFolds, key));
    out.write_attribute("/", "kl", projection.kl);
    out.write_attribute("/", "perplexity", projection.perplexity);
    out.write_attribute("/", "neighbours",
                        features::neighbour_accuracy(values, width, labels, 5).value);
    out.write_attribute("/", "probe",
                        features::linear_probe_auc(values, width, labels, classes, key).value);
    out.close();
}

}  // namespace graft::oracle
