// SPDX-License-Identifier: Apache-2.0
#include "results/predictions/predictions.hpp"

#include <algorithm>

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

Predictions read_once(const std::filesystem::path& path) {
    const auto file = h5::File::open(path);
    Predictions predictions;
    predictions.classes = file.read_texts("/classes");
    require(predictions.classes.size() > 1, "/classes", "there are fewer than two");
    predictions.validation = read_part(file, "/validation", predictions.classes.size());
    predictions.test = read_part(file, "/test", predictions.classes.size());
    read_features(file, predictions);
    return predictions;
}

}  // namespace

Predictions read_predictions(const std::filesystem::path& path) {
    try {
        h5::rehearse([&] { read_once(path); });
        return read_once(path);
    } catch (const h5::Refused& error) {
        core::fail_input(
            "predictions '{}' are damaged ({}). Take them from a copy, or train the trial once "
            "more: "
            "graft verify DIR TRIAL --keep",
            path.string(), error.what());
    }
}

}  // namespace graft::results::predictions
