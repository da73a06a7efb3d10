// SPDX-License-Identifier: Apache-2.0
#include "trainer/group_evaluation.hpp"

#include <algorithm>
#include <atomic>

#include "trainer/device.hpp"

namespace graft::trainer {

namespace {

// Whole batches of a replica: the same as in a whole run.
Scored part_of(const Scored& scored, const Dataset& data, int replica, int replicas,
               std::int32_t batch_size) {
    const std::size_t images = scored.images->size();
    const auto size = static_cast<std::size_t>(batch_size);
    const std::size_t batches = (images + size - 1) / size;
    // Rounded up: the first replica, which asks whether to go on, has one where there is any.
    const auto place = [&](int i) {
        const auto n = static_cast<std::size_t>(replicas);
        return std::min(images, (batches * static_cast<std::size_t>(i) + n - 1) / n * size);
    };
    Scored part = scored;
    part.data = &data;
    part.first = place(replica);
    part.last = place(replica + 1);
    return part;
}

void append(std::vector<Predictions>& to, const std::vector<Predictions>& more) {
    for (std::size_t i = 0; i < to.size(); ++i) {
        to[i].scores.insert(to[i].scores.end(), more[i].scores.begin(), more[i].scores.end());
        to[i].features.insert(to[i].features.end(), more[i].features.begin(),
                              more[i].features.end());
    }
}

}  // namespace

std::optional<std::vector<Predictions>> predict(ReplicaGroup& group, const SharedBottom& merged,
                                                const Recipe& recipe, const Scored& scored,
                                                BranchSeconds& spent, const KeepGoing& keep_going) {
    synchronize(group.data(0).device());  // the others' copies are made by other threads
    std::vector<std::optional<std::vector<Predictions>>> parts(
        static_cast<std::size_t>(group.count()));
    std::atomic<bool> stopped = false;
    group.run([&](int i) {
        const auto part =
            part_of(scored, group.data(i), i, group.count(), recipe.training.batch_size);
        auto& its = parts[static_cast<std::size_t>(i)];
        if (i == 0) {
            its = predict(merged, recipe, part, spent, keep_going);
            stopped = !its;
            return;
        }
        BranchSeconds unseen(spent.size());
        its = predict(merged.on(group.data(i).device()), recipe, part, unseen,
                      [&] { return !stopped; });
    });
    if (stopped) {
        return std::nullopt;
    }
    std::vector<Predictions> all = std::move(parts.front()).value();
    for (std::size_t i = 1; i < parts.size(); ++i) {
        append(all, parts[i].value());
    }
    return all;
}

}  // namespace graft::trainer
