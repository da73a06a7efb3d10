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

std::vector<Predictions> GroupAnswers::read() const {
    std::vector<Predictions> all(parts_.front().branches.size());
    for (const Part& part : parts_) {
        part.computed.wait();
        std::vector<Predictions> its;
        for (const Answers& branch : part.branches) {
            its.push_back(branch.read());
        }
        append(all, its);
    }
    return all;
}

std::optional<GroupAnswers> answers(ReplicaGroup& group, const SharedBottom& merged,
                                    const Recipe& recipe, const Scored& scored,
                                    BranchSeconds& spent, const KeepGoing& keep_going) {
    const bool copied = group.count() > 1;
    if (copied) {
        synchronize(group.data(0).device());  // the others' copies are made by other threads
    }
    std::vector<std::optional<GroupAnswers::Part>> parts(static_cast<std::size_t>(group.count()));
    std::atomic<bool> stopped = false;
    group.run([&](int i) {
        const Dataset& data = group.data(i);
        const auto part = part_of(scored, data, i, group.count(), recipe.training.batch_size);
        BranchSeconds unseen(spent.size());
        auto its = i == 0 ? answers(merged, recipe, part, spent, keep_going)
                          : answers(merged.on(data.device()), recipe, part, unseen,
                                    [&] { return !stopped; });
        if (its) {
            parts[static_cast<std::size_t>(i)].emplace(
                GroupAnswers::Part{std::move(*its), cuda::Mark(data.device())});
        } else if (i == 0) {
            stopped = true;
        }
    });
    if (stopped) {
        return std::nullopt;
    }
    std::vector<GroupAnswers::Part> all;
    for (auto& part : parts) {
        all.push_back(std::move(part).value());
    }
    return GroupAnswers(std::move(all), copied ? std::optional(merged) : std::nullopt);
}

std::optional<std::vector<Predictions>> predict(ReplicaGroup& group, const SharedBottom& merged,
                                                const Recipe& recipe, const Scored& scored,
                                                BranchSeconds& spent, const KeepGoing& keep_going) {
    const auto computed = answers(group, merged, recipe, scored, spent, keep_going);
    return computed ? std::optional(computed->read()) : std::nullopt;
}

}  // namespace graft::trainer
