// SPDX-License-Identifier: Apache-2.0
#include "data/folds.hpp"

#include <algorithm>

#include "core/h5/file.hpp"

#include "tool/commands.hpp"

namespace graft::oracle {

using core::h5::File;

void write_folds(const Arguments& arguments) {
    const auto in = File::open(arguments[0]);
    const auto labels = in.read<std::int32_t>("/label");
    const auto groups = in.read_texts("/group");
    std::vector<data::SplitItem> items;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        items.push_back({labels[i], groups[i]});
    }
    const auto classes = static_cast<std::size_t>(*std::max_element(labels.begin(), labels.end()));
    const auto folds = data::folds_of(items, classes + 1,
                                      static_cast<std::int32_t>(in.int_attribute("/", "folds")),
                                      in.int_attribute("/", "split_seed"));
    auto out = File::create(arguments[1]);
    out.write("/fold", folds);
    out.close();
}

}  // namespace graft::oracle
