// SPDX-License-Identifier: Apache-2.0
#include "scheduler/queue.hpp"

#include <algorithm>

#include "core/hash.hpp"

namespace graft::scheduler {

ClassKey key_of(const TrialClass& trials) {
    constexpr std::uint64_t kClass = 1, kNetwork = 2;  // told apart by the seed
    std::string text = trials.network;
    ClassKey key;
    key.network = core::checksum(text, kNetwork);
    const auto append = [&](const auto& value) {
        text.append(reinterpret_cast<const char*>(&value), sizeof value);
    };
    text.append(1, '\n').append(trials.need.fingerprint).append(1, '\n');
    append(trials.need.size);
    if (trials.freeze) {
        append(*trials.freeze);
    }
    key.its_class = core::checksum(text, kClass);
    return key;
}

TrialClass class_of(const sweep::Trial& trial) {
    return {{trial.spec->dataset, trial.spec->dataset_fingerprint, trial.work.image_size},
            trial.spec->network,
            trial.spec.freeze,
            std::max(1, trial.spec->training.gpus_per_trial)};
}

TrialClass class_of(const std::vector<const sweep::Trial*>& members) {
    auto its_class = class_of(*members.front());
    if (members.size() > 1) {
        its_class.freeze.reset();
    }
    return its_class;
}

double remaining_multiply_adds(const sweep::Trial& trial) {
    return cohort_multiply_adds(shape_of({&trial}));
}

void Queue::insert(const sweep::Trial& trial, std::size_t place, std::uint64_t key) {
    erase(trial.id);
    Company& company = companies_[key];
    if (company.members.empty()) {
        company.its_class = class_of(trial);
        company.ahead = images_ahead(trial.spec, trial.work, trial.position);
        company.whole = trial.work.multiply_adds;
        company.frozen = 0;
    } else {
        take_out(company);
    }
    const Order order{trial.work.frozen_multiply_adds, place};
    company.members[order] = {trial.id, trial.spec.freeze};
    company.frozen += order.frozen;
    where_[trial.id] = {key, order};
    put_in(key, company);
}

void Queue::erase(const sweep::TrialId& trial) {
    const auto found = where_.find(trial);
    if (found == where_.end()) {
        return;
    }
    const auto [key, order] = found->second;
    where_.erase(found);
    Company& company = companies_.at(key);
    take_out(company);
    company.members.erase(order);
    company.frozen -= order.frozen;
    if (company.members.empty()) {
        companies_.erase(key);
    } else {
        put_in(key, company);
    }
}

std::optional<std::size_t> Queue::number_of(const Need& need) const {
    const auto found = needs_.find(need);
    return found == needs_.end() ? std::nullopt : std::optional(found->second);
}

void Queue::take_out(const Company& company) {
    const auto found = classes_.find(company.its_class);
    auto& waiting = found->second;
    waiting.items.erase(company.item);
    waiting.work -= company.item.work;
    if (waiting.items.empty()) {
        classes_.erase(found);
    }
}

void Queue::put_in(std::uint64_t key, Company& company) {
    const auto& [order, first] = *company.members.begin();
    const std::size_t count = company.members.size();
    company.its_class.freeze = count > 1 ? std::nullopt : std::optional(first.second);
    company.item = {
        cohort_multiply_adds(company.ahead, company.whole, company.members.rbegin()->first.frozen,
                             company.frozen, count),
        order.place, first.first, key,
        cohort_multiply_adds(company.ahead, company.whole, order.frozen, order.frozen, 1)};
    const auto [place, is_new] = classes_.try_emplace(company.its_class);
    auto& waiting = place->second;
    if (is_new) {
        waiting.key = key_of(company.its_class);
        waiting.need = needs_.try_emplace(company.its_class.need, needs_.size()).first->second;
    }
    waiting.items.insert(company.item);
    waiting.work += company.item.work;
}

std::vector<sweep::TrialId> Queue::members(const Item& item) const {
    std::vector<sweep::TrialId> trials;
    for (const auto& [order, member] : companies_.at(item.company).members) {
        trials.push_back(member.first);
    }
    return trials;
}

const Queue::Item& Queue::item_of(const sweep::TrialId& trial) const {
    return companies_.at(where_.at(trial).company).item;
}

}  // namespace graft::scheduler
