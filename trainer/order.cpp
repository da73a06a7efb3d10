// SPDX-License-Identifier: Apache-2.0
#include "trainer/order.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/random.hpp"

#include "data/folds.hpp"

namespace graft::trainer {

namespace {

Indices shuffled(const Indices& images, core::RandomStream stream) {
    Indices result;
    result.reserve(images.size());
    for (const auto i : core::permutation(static_cast<std::uint32_t>(images.size()), stream)) {
        result.push_back(images[i]);
    }
    return result;
}

}  // namespace

Indices images_of(const std::vector<data::Part>& parts, data::Part part) {
    Indices result;
    for (std::uint32_t i = 0; i < parts.size(); ++i) {
        if (parts[i] == part) {
            result.push_back(i);
        }
    }
    return result;
}

TrialImages images_of(const data::PreparedTables& prepared, const sweep::TrialSpec& spec) {
    const auto& fold = spec->fold;
    const auto parts = fold.of == 0
                           ? prepared.parts
                           : data::parts_of_fold(prepared, fold.number, fold.of, fold.split_seed);
    return {stratified_share(images_of(parts, data::Part::train), prepared.labels,
                             spec->training.train_fraction, spec.seed),
            images_of(parts, data::Part::validation), images_of(parts, data::Part::test)};
}

std::vector<std::int32_t> labels_of(const data::Prepared& prepared, const Indices& images) {
    std::vector<std::int32_t> labels;
    for (const auto image : images) {
        labels.push_back(prepared.labels.at(image));
    }
    return labels;
}

Indices stratified_share(const Indices& images, const std::vector<std::int32_t>& labels,
                         double fraction, std::int64_t seed) {
    if (fraction >= 1) {
        return images;
    }
    std::map<std::int32_t, Indices> by_class;
    for (const auto image : images) {
        by_class[labels.at(image)].push_back(image);
    }
    Indices result;
    for (const auto& [label, members] : by_class) {
        const auto drawn =
            shuffled(members, core::RandomStream("train_fraction", static_cast<std::uint64_t>(seed),
                                                 static_cast<std::uint64_t>(label)));
        const auto wanted = std::lround(fraction * static_cast<double>(members.size()));
        result.insert(result.end(), drawn.begin(), drawn.begin() + std::max(wanted, 1L));
    }
    std::sort(result.begin(), result.end());
    return result;
}

Indices epoch_order(const Indices& images, std::int64_t seed, std::uint64_t epoch) {
    return shuffled(images, core::RandomStream("order", static_cast<std::uint64_t>(seed), epoch));
}

std::int32_t batches_of(std::size_t images, std::int32_t batch_size) {
    const auto size = static_cast<std::size_t>(batch_size);
    const std::size_t rest = images % size;
    return static_cast<std::int32_t>(images / size + (rest > 1 ? 1 : 0));
}

std::span<const std::uint32_t> batch_of(const Indices& order, std::int32_t batch_size,
                                        std::int32_t batch) {
    const auto size = static_cast<std::size_t>(batch_size);
    const std::size_t first = static_cast<std::size_t>(batch) * size;
    return std::span(order).subspan(first, std::min(size, order.size() - first));
}

Indices sample_of(const Indices& images, std::size_t count, std::int64_t seed) {
    Indices result =
        shuffled(images, core::RandomStream("features", static_cast<std::uint64_t>(seed)));
    result.resize(std::min(count, result.size()));
    std::sort(result.begin(), result.end());
    return result;
}

}  // namespace graft::trainer
