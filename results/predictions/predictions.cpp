// SPDX-License-Identifier: Apache-2.0
#include "results/predictions/predictions.hpp"

#include <algorithm>
#include <cstring>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/h5/file.hpp"
#include "core/h5/rehearsal.hpp"

namespace graft::results::predictions {

namespace {

namespace h5 = core::h5;

void require(bool holds, const std::string& path, const std::string& why) {
    if (!holds) {
        throw h5::Refused(fmt::format("{}: {}", path, why));
    }
}

// Rounded in float16, a softmax may be a little above 1.
bool is_probability(float score) {
    return !(score < 0.0F || score > 1.001F);
}

Part read_part(const h5::File& file, const std::string& group, std::size_t classes) {
    const h5::Shape shape = file.shape(group + "/scores");
    require(shape.size() == 2 && shape[1] == classes, group + "/scores",
            "it has not one column per class");
    Part part;
    part.ids = file.read_texts(group + "/id");
    part.groups = file.read_texts(group + "/group");
    part.labels = file.read<std::int32_t>(group + "/label");
    part.scores = file.read<float>(group + "/scores");
    const std::size_t images = part.labels.size();
    require(shape[0] == images && part.ids.size() == images && part.groups.size() == images, group,
            "ids, labels, groups and scores differ in number");
    const auto is_label = [&](std::int32_t label) {
        return label >= 0 && static_cast<std::size_t>(label) < classes;
    };
    require(std::all_of(part.labels.begin(), part.labels.end(), is_label), group + "/label",
            "a label names no class");
    require(std::all_of(part.scores.begin(), part.scores.end(), is_probability), group + "/scores",
            "a score is no probability");
    return part;
}

void read_features(const h5::File& file, Predictions& predictions) {
    const h5::Shape shape = file.shape("/test/features");
    predictions.feature_rows = file.read<std::int32_t>("/test/feature_rows");
    require(shape.size() == 2 && shape[0] == predictions.feature_rows.size(), "/test/features",
            "it has not one row per feature_rows");
    const std::size_t images = predictions.test.images();
    const auto is_row = [&](std::int32_t row) {
        return row >= 0 && static_cast<std::size_t>(row) < images;
    };
    require(std::all_of(predictions.feature_rows.begin(), predictions.feature_rows.end(), is_row),
            "/test/feature_rows", "a row names no image");
    predictions.feature_width = shape[1];
    predictions.features = file.read<float>("/test/features");
}

std::vector<std::string> read_classes(const h5::File& file) {
    auto classes = file.read_texts("/classes");
    require(classes.size() > 1, "/classes", "there are fewer than two");
    return classes;
}

Predictions read_once(const std::filesystem::path& path) {
    const auto file = h5::File::open(path);
    Predictions predictions;
    predictions.classes = read_classes(file);
    predictions.validation = read_part(file, "/validation", predictions.classes.size());
    predictions.test = read_part(file, "/test", predictions.classes.size());
    read_features(file, predictions);
    return predictions;
}

// Numbers lie in memory as they are: between copies of one process.
template <class Number>
std::string raw(const std::vector<Number>& numbers) {
    return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)};
}
template <class Number>
std::vector<Number> numbers_of(const std::string& raw) {
    std::vector<Number> numbers(raw.size() / sizeof(Number));
    std::memcpy(numbers.data(), raw.data(), raw.size());
    return numbers;
}

std::string encoded_test(const std::filesystem::path& path) {
    const auto file = h5::File::open(path);
    const auto classes = read_classes(file).size();
    const Part part = read_part(file, "/test", classes);
    core::Encoder encoder;
    encoder(static_cast<std::uint64_t>(classes), part.ids, part.groups, raw(part.labels),
            raw(part.scores));
    return encoder.take();
}

TestRead decoded_test(const std::string& bytes) {
    TestRead read;
    std::uint64_t classes = 0;
    std::string labels, scores;
    core::Decoder decoder(bytes);
    decoder(classes, read.test.ids, read.test.groups, labels, scores);
    read.classes = static_cast<int>(classes);
    read.test.labels = numbers_of<std::int32_t>(labels);
    read.test.scores = numbers_of<float>(scores);
    return read;
}

[[noreturn]] void fail_damaged(const std::filesystem::path& path, const h5::Refused& error) {
    core::fail_input(
        "predictions '{}' are damaged ({}). Take them from a copy, or train the trial once "
        "more: "
        "graft verify DIR TRIAL --keep",
        path.string(), error.what());
}

TestRead test_of(const std::filesystem::path& path, const h5::CopyRead& one) {
    try {
        if (one.error) {
            try {
                std::rethrow_exception(one.error);
            } catch (const h5::Refused& error) {
                fail_damaged(path, error);
            }
        }
        return decoded_test(one.bytes);
    } catch (const core::InputError& error) {
        TestRead read;
        read.why_not = error.what();
        return read;
    }
}

}  // namespace

Predictions read_predictions(const std::filesystem::path& path) {
    try {
        h5::rehearse([&] { read_once(path); });
        return read_once(path);
    } catch (const h5::Refused& error) {
        fail_damaged(path, error);
    }
}

void read_tests(const std::vector<std::filesystem::path>& paths,
                const std::function<void(std::size_t, TestRead)>& use) {
    h5::read_in_copies(
        paths.size(), [&](std::size_t i) { return encoded_test(paths[i]); },
        [&](std::size_t i, const h5::CopyRead& one) { use(i, test_of(paths[i], one)); });
}

std::vector<std::string> made_of(const std::vector<std::filesystem::path>& paths) {
    std::vector<std::string> texts(paths.size());
    h5::read_in_copies(
        paths.size(),
        [&](std::size_t i) { return h5::File::open(paths[i]).text_attribute("/", "made_of"); },
        [&](std::size_t i, const h5::CopyRead& one) { texts[i] = one.error ? "" : one.bytes; });
    return texts;
}

}  // namespace graft::results::predictions
