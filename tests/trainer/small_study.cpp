// SPDX-License-Identifier: Apache-2.0
#include "trainer/small_study.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <numeric>
#include <variant>

#include "core/hash.hpp"
#include "core/random.hpp"

#include "data/prepared_writer.hpp"

#include "trainer/device.hpp"

namespace graft::tests {

namespace {

std::vector<std::uint8_t> drawn_image(const DrawnDataset& drawn, int index) {
    core::RandomStream stream("drawn", 1, static_cast<std::uint64_t>(index));
    const int side = drawn.stored_size;
    const int label = index % drawn.classes;
    const double slant = 3.1416 * label / drawn.classes;
    const double phase = 6.2832 * stream.uniform_double();
    std::vector<std::uint8_t> pixels;
    for (int y = 0; y < side; ++y) {
        for (int x = 0; x < side; ++x) {
            const double along = x * std::cos(slant) + y * std::sin(slant);
            for (int c = 0; c < 3; ++c) {
                const double value = 128 + 70 * std::sin(along * 0.8 + phase + c) +
                                     30 * (stream.uniform_double() - 0.5);
                pixels.push_back(static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0)));
            }
        }
    }
    return pixels;
}

}  // namespace

void set_up_torch_once() {
    static const bool done = (trainer::set_up_torch(1), true);
    static_cast<void>(done);
}

void write_drawn_dataset(const std::filesystem::path& path, const DrawnDataset& drawn) {
    data::PreparedWriter writer(path, static_cast<std::uint64_t>(drawn.images), drawn.stored_size);
    data::PreparedTables tables;
    tables.dataset = "drawn";
    tables.fingerprint = "0123456789abcdef";
    tables.size = drawn.size;
    for (int c = 0; c < drawn.classes; ++c) {
        tables.classes.push_back("class " + std::to_string(c));
    }
    for (int i = 0; i < drawn.images; ++i) {
        writer.append(drawn_image(drawn, i).data());
        tables.labels.push_back(i % drawn.classes);
        const int tenth = i / drawn.classes % 10;
        tables.parts.push_back(tenth == 8   ? data::Part::validation
                               : tenth == 9 ? data::Part::test
                                            : data::Part::train);
        tables.ids.push_back("image " + std::to_string(i));
        tables.groups.push_back("group " + std::to_string(i));
    }
    writer.publish(std::move(tables));
}

sweep::Member small_member(const std::string& network) {
    sweep::Member member;
    member.trial = sweep::TrialId("0123456789abcdef");
    member.spec.edit().network = network;
    member.spec.edit().dataset = "drawn";
    member.spec.edit().init_text = "random";
    auto& training = member.spec.edit().training;
    training.image_size = 32;
    training.warmup_epochs = 1;
    training.epochs = 2;
    training.batch_size = 8;
    training.learning_rate = 1e-3;
    training.head_units = 16;
    return member;
}

trainer::Watcher::Request FakeWatcher::after_batch(const std::function<Shown()>& now) {
    shown.push_back(now());
    return drain_after_ >= 0 && static_cast<std::int64_t>(shown.size()) >= drain_after_
               ? Request::drain
               : Request::go_on;
}

void FakeWatcher::saved(const sweep::Position& position, std::vector<sweep::MemberSave> members,
                        double) {
    positions.push_back(position);
    std::move(members.begin(), members.end(), std::back_inserter(saves));
}

at::Tensor ramp(const std::vector<std::int64_t>& shape) {
    const auto count = std::accumulate(shape.begin(), shape.end(), std::int64_t{1},
                                       std::multiplies<std::int64_t>());
    std::vector<float> values;
    for (std::int64_t i = 0; i < count; ++i) {
        values.push_back(static_cast<float>(std::sin(0.7 * static_cast<double>(i))));
    }
    return trainer::from_floats(values, shape, at::kCPU);
}

models::Weights pretended_weights(const models::Network& network) {
    auto weights = models::make_weights(network, models::Init::random, nullptr, 0, 11);
    for (std::size_t i = 0; i < weights.tensors.size(); ++i) {
        if (!std::holds_alternative<models::BatchNorm>(network.layers[i].kind)) {
            continue;
        }
        core::RandomStream stream("lively", i);
        for (auto& tensor : weights.tensors[i]) {
            for (float& value : tensor.values) {
                value += 0.2F * stream.uniform();
            }
        }
    }
    return weights;
}

std::string weights_hash(const trainer::Model& model) {
    const auto values = trainer::flattened(model.all_tensors());
    return core::content_hash(
        {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
}

}  // namespace graft::tests
