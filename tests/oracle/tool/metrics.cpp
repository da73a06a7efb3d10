// SPDX-License-Identifier: Apache-2.0
#include "sweep/metrics.hpp"

#include "core/h5/file.hpp"

#include "tool/commands.hpp"

namespace graft::oracle {

void write_metrics(const Arguments& arguments) {
    const auto in = core::h5::File::open(arguments[0]);
    const auto scores = in.read<float>("/scores");
    const auto labels = in.read<std::int32_t>("/labels");
    const int classes = static_cast<int>(in.shape("/scores").at(1));
    const auto metrics = sweep::evaluate(scores, labels, classes);
    auto out = core::h5::File::create(arguments[1]);
    out.write_attribute("/", "loss", metrics.loss);
    out.write_attribute("/", "accuracy", metrics.accuracy);
    out.write_attribute("/", "auc", metrics.auc);
    out.write_attribute("/", "auc_micro", metrics.auc_micro);
    out.write_attribute("/", "auc_macro", metrics.auc_macro);
    out.close();
}

}  // namespace graft::oracle
