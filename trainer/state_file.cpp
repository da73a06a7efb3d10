// SPDX-License-Identifier: Apache-2.0
#include "trainer/state_file.hpp"

#include <stdexcept>

#include <ATen/ops/cat.h>

#include "core/error.hpp"
#include "core/h5/file.hpp"

#include "trainer/aside.hpp"

namespace graft::trainer {

namespace {

constexpr std::int64_t kStateFormat = 1;

// The members that are stored as attributes, once for both directions.
template <class State, class Each>
void each_number(State& state, Each each) {
    each("phase", state.position.phase);
    each("epoch", state.position.epoch);
    each("batch", state.position.batch);
    each("step", state.position.step);
    each("loss_sum", state.sums.loss);
    each("correct", state.sums.correct);
    each("images", state.sums.images);
    each("seconds", state.sums.seconds);
    each("loss_scale", state.loss_scale.scale);
    each("good_steps", state.loss_scale.good_steps);
    each("adam_steps", state.adam_steps);
}

template <class Best, class Each>
void each_number_of_best(Best& best, Each each) {
    each("best_phase", best.phase);
    each("best_epoch", best.epoch);
    each("best_loss", best.validation.loss);
    each("best_accuracy", best.validation.accuracy);
    each("best_auc", best.validation.auc);
    each("best_auc_micro", best.validation.auc_micro);
    each("best_auc_macro", best.validation.auc_macro);
}

struct Writer {
    core::h5::File& file;
    template <class T>
    void operator()(const char* name, const T& value) const {
        if constexpr (std::is_floating_point_v<T>) {
            file.write_attribute("/", name, static_cast<double>(value));
        } else {
            file.write_attribute("/", name, static_cast<std::int64_t>(value));
        }
    }
};

bool is_known(sweep::Phase phase) {
    return phase == sweep::Phase::warmup || phase == sweep::Phase::fine_tune;
}
bool is_known(std::int64_t number) {
    return number >= 0;
}

struct Reader {
    const core::h5::File& file;
    template <class T>
    void operator()(const char* name, T& value) const {
        if constexpr (std::is_floating_point_v<T>) {
            value = file.double_attribute("/", name);
        } else {
            const std::int64_t number = file.int_attribute("/", name);
            value = static_cast<T>(number);
            if (static_cast<std::int64_t>(value) != number || !is_known(value)) {
                throw core::h5::Refused(fmt::format("attribute '{}' is {}", name, number));
            }
        }
    }
};

}  // namespace

std::vector<float> flattened(const std::vector<at::Tensor>& tensors) {
    if (tensors.empty()) {
        return {};
    }
    std::vector<at::Tensor> flat;
    for (const at::Tensor& tensor : tensors) {
        flat.push_back(tensor.detach().reshape({-1}));
    }
    return host_floats(at::cat(flat));  // from a device in one piece
}

void unflatten(const std::vector<float>& values, const std::vector<at::Tensor>& tensors) {
    auto next = values.begin();
    for (const at::Tensor& tensor : tensors) {
        if (values.end() - next < tensor.numel()) {
            throw std::logic_error("a state is too small for its network");
        }
        const std::vector<float> own(next, next + tensor.numel());
        next += tensor.numel();
        tensor.detach().copy_(from_floats(own, tensor.sizes().vec(), at::kCPU));
    }
    if (next != values.end()) {
        throw std::logic_error("a state is too large for its network");
    }
}

void write_state(const std::filesystem::path& path, const TrialState& state) {
    write_aside(path, [&](const std::filesystem::path& aside) {
        core::h5::File file = core::h5::File::create(aside);
        file.write("/weights", state.weights);
        file.write("/first", state.first);
        file.write("/second", state.second);
        file.write_attribute("/", "format", kStateFormat);
        each_number(state, Writer{file});
        if (state.best) {
            each_number_of_best(*state.best, Writer{file});
        }
        file.close();
    });
}

namespace {

TrialState read_numbers(const core::h5::File& file) {
    const auto& path = file.path();
    if (!file.has_attribute("/", "format") || file.int_attribute("/", "format") != kStateFormat) {
        core::fail_input(
            "state file '{}' has another format (this graft reads {}). Go on with the graft that "
            "wrote it; or `graft retry`, and the trial begins again.",
            path.string(), kStateFormat);
    }
    TrialState state;
    each_number(state, Reader{file});
    if (file.has_attribute("/", "best_epoch")) {
        each_number_of_best(state.best.emplace(), Reader{file});
    }
    return state;
}

template <class Read>
auto read_file(const std::filesystem::path& path, Read read) {
    try {
        return read(core::h5::File::open(path));
    } catch (const core::h5::Refused& error) {
        core::fail_input(
            "state file '{}' is damaged ({}). Put the file back from a backup; or `graft retry`, "
            "and the trial begins again.",
            path.string(), error.what());
    }
}

}  // namespace

TrialState read_state(const std::filesystem::path& path) {
    return read_file(path, [](const core::h5::File& file) {
        TrialState state = read_numbers(file);
        state.weights = file.read<float>("/weights");
        state.first = file.read<float>("/first");
        state.second = file.read<float>("/second");
        return state;
    });
}

sweep::Position read_position(const std::filesystem::path& path) {
    return read_file(path, [](const core::h5::File& file) { return read_numbers(file).position; });
}

}  // namespace graft::trainer
