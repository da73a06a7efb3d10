// SPDX-License-Identifier: Apache-2.0
#include "results/exports/tensorboard.hpp"

#include <array>
#include <bit>
#include <cctype>
#include <cmath>
#include <filesystem>

#include <boost/crc.hpp>
#include <fmt/format.h>

#include "sweep/network_name.hpp"
#include "sweep/training.hpp"

namespace graft::results::exports {

namespace {

template <class T>
std::string little_endian(T value) {
    static_assert(std::endian::native == std::endian::little);
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

// A protocol buffer's message, field by field.
class Message {
  public:
    Message& number(unsigned field, std::uint64_t value) {
        key(field, 0);
        varint(value);
        return *this;
    }
    Message& real(unsigned field, double value) {
        key(field, 1);
        bytes_ += little_endian(value);
        return *this;
    }
    Message& real(unsigned field, float value) {
        key(field, 5);
        bytes_ += little_endian(value);
        return *this;
    }
    Message& text(unsigned field, const std::string& value) {
        key(field, 2);
        varint(value.size());
        bytes_ += value;
        return *this;
    }
    Message& message(unsigned field, const Message& value) { return text(field, value.bytes_); }
    const std::string& bytes() const { return bytes_; }

  private:
    void key(unsigned field, unsigned type) { varint(field << 3 | type); }
    void varint(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) {
            bytes_ += static_cast<char>(value | 0x80);
        }
        bytes_ += static_cast<char>(value);
    }
    std::string bytes_;
};

std::string framed(const Message& event) {
    const std::string length = little_endian(std::uint64_t{event.bytes().size()});
    return length + little_endian(masked_crc(length)) + event.bytes() +
           little_endian(masked_crc(event.bytes()));
}

// Event: wall_time 1, step 2, file_version 3, summary 5. Summary: value 1.
// Summary.Value: tag 1, simple_value 2, tensor 8, metadata 9.
class Events {
  public:
    Events() { bytes_ = framed(Message().real(1, 0.0).text(3, "brain.Event:2")); }

    void scalar(const char* tag, double value, std::int64_t step, double time) {
        if (!std::isnan(value)) {
            add(Message().text(1, tag).real(2, static_cast<float>(value)), step, time);
        }
    }
    void text(const char* tag, const std::string& value, double time) {
        constexpr std::uint64_t strings = 7;  // DT_STRING
        // SummaryMetadata.plugin_data 1, PluginData.plugin_name 1; TensorProto: dtype 1,
        // tensor_shape 2, string_val 8; TensorShapeProto.dim 2, Dim.size 1.
        const Message metadata = Message().message(1, Message().text(1, "text"));
        const Message shape = Message().message(2, Message().number(1, 1));
        const Message tensor = Message().number(1, strings).message(2, shape).text(8, value);
        add(Message().text(1, tag).message(8, tensor).message(9, metadata), 0, time);
    }
    std::string take() { return std::move(bytes_); }

  private:
    void add(const Message& value, std::int64_t step, double time) {
        bytes_ += framed(Message()
                             .real(1, time)
                             .number(2, static_cast<std::uint64_t>(step))
                             .message(5, Message().message(1, value)));
    }
    std::string bytes_;
};

// A table in Markdown, which TensorBoard shows.
std::string settings_text(const sweep::Trial& trial) {
    const auto& spec = trial.spec;
    std::string text = fmt::format(
        "| setting | value |\n|---|---|\n| trial | {} |\n| state | {} |\n| network | {} |\n"
        "| dataset | {} |\n| init | {} |\n| freeze | {} |\n| seed | {} |\n{}",
        trial.id.text(), sweep::name_of(trial.state), sweep::network_label(spec->network),
        spec->dataset, spec->init_text, spec.freeze, spec.seed,
        spec->fold.of > 0 ? fmt::format("| fold | {} of {} |\n", spec->fold.number, spec->fold.of)
                          : "");
    for (const auto& key : sweep::training_keys()) {
        text += fmt::format("| {} | {} |\n", key.name, sweep::text_of(key.value(spec->training)));
    }
    return text;
}

enum class Part { validation, test };

void add_metrics(Events& events, Part part, const sweep::Metrics& metrics, std::int64_t step,
                 double time) {
    struct Row {
        const char *validation, *test;
        double sweep::Metrics::*member;
    };
    constexpr std::array<Row, 5> rows{
        {{"validation/loss", "test/loss", &sweep::Metrics::loss},
         {"validation/accuracy", "test/accuracy", &sweep::Metrics::accuracy},
         {"validation/auc", "test/auc", &sweep::Metrics::auc},
         {"validation/auc_micro", "test/auc_micro", &sweep::Metrics::auc_micro},
         {"validation/auc_macro", "test/auc_macro", &sweep::Metrics::auc_macro}}};
    for (const auto& row : rows) {
        events.scalar(part == Part::test ? row.test : row.validation, metrics.*row.member, step,
                      time);
    }
}

}  // namespace

std::uint32_t masked_crc(const std::string& bytes) {
    boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
    crc.process_bytes(bytes.data(), bytes.size());
    return std::rotr(static_cast<std::uint32_t>(crc.checksum()), 15) + 0xa282ead8U;
}

std::string event_file(const sweep::Trial& trial) {
    Events events;
    double time = 0;
    if (!trial.attempts.empty()) {
        time = static_cast<double>(trial.attempts.front().start.micros) * 1e-6;
    }
    events.text("settings", settings_text(trial), time);
    const auto* result = sweep::result_of(trial.state);
    const auto* best = result && result->best ? &*result->best : nullptr;
    for (const auto& row : trial.rows) {
        time += std::isnan(row.seconds) ? 0 : row.seconds;
        events.scalar("train/loss", row.train_loss, row.step, time);
        events.scalar("train/accuracy", row.train_accuracy, row.step, time);
        add_metrics(events, Part::validation, row.validation, row.step, time);
        events.scalar("validation/auc_reestimated", row.val_auc_reestimated, row.step, time);
        events.scalar("images_per_second", row.images_per_second, row.step, time);
        if (best && best->phase == row.phase && best->epoch == row.epoch) {
            add_metrics(events, Part::test, result->test, row.step, time);
        }
    }
    return events.take();
}

std::string run_name(const sweep::Trial& trial) {
    const auto& spec = trial.spec;
    std::string name = fmt::format(
        "{}_{}_{}_freeze{}_seed{}{}_{}", spec->dataset, sweep::network_label(spec->network),
        std::filesystem::path(spec->init_text).stem().string(), spec.freeze, spec.seed,
        spec->fold.of > 0 ? fmt::format("_fold{}", spec->fold.number) : "",
        trial.id.text().substr(0, 8));
    for (char& letter : name) {
        const bool plain = std::isalnum(static_cast<unsigned char>(letter)) ||
                           std::string_view("._-").find(letter) != std::string_view::npos;
        letter = plain ? letter : '-';
    }
    return name;
}

}  // namespace graft::results::exports
