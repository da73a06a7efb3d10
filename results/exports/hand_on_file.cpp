// SPDX-License-Identifier: Apache-2.0
#include "results/exports/hand_on_file.hpp"

#include <cstring>
#include <functional>

#include "core/error.hpp"
#include "core/h5/rehearsal.hpp"
#include "core/hash.hpp"

#include "results/predictions/curves.hpp"
#include "results/predictions/metrics.hpp"
#include "results/store.hpp"
#include "results/store_table.hpp"

namespace graft::results::exports {

namespace {

namespace h5 = core::h5;
using predictions::OneClass;
using predictions::Part;
using predictions::PrecisionPoint;
using predictions::RocPoint;

constexpr const char* kMark = "hand_on_format";
constexpr std::int64_t kAllClasses = -1;

// Equal texts, equal ids, labels and groups.
std::string hash_of_images(const Part& part) {
    std::string bytes;
    const auto add = [&](const void* data, std::size_t size) {
        bytes.append(static_cast<const char*>(data), size);
    };
    for (const auto* texts : {&part.ids, &part.groups}) {
        for (const auto& text : *texts) {
            const std::uint64_t size = text.size();
            add(&size, sizeof size);
            bytes += text;
        }
    }
    add(part.labels.data(), part.labels.size() * sizeof(std::int32_t));
    return core::content_hash(bytes);
}

void each_question(const Part& part, std::size_t classes,
                   const std::function<void(std::int64_t, const OneClass&)>& ask) {
    const int count = static_cast<int>(classes);
    for (int c = classes == 2 ? 1 : 0; c < count; ++c) {
        ask(c, predictions::one_against_rest(part.scores, part.labels, count, c));
    }
    if (classes > 2) {
        ask(kAllClasses, predictions::all_against_rest(part.scores, part.labels, count));
    }
}

template <class Point>
struct Places {
    std::vector<Point> points;
    Integers classes;
    void add(std::int64_t which, const std::vector<Point>& curve) {
        points.insert(points.end(), curve.begin(), curve.end());
        classes.insert(classes.end(), curve.size(), which);
    }
    Column column_of(const char* name, double Point::*member) const {
        return column(name, points, [&](const Point& point) { return point.*member; });
    }
};

}  // namespace

Table roc_table(const Part& part, std::size_t classes) {
    Places<RocPoint> places;
    each_question(part, classes, [&](std::int64_t which, const OneClass& question) {
        places.add(which, predictions::roc_curve(question.scores, question.positive));
    });
    return {"roc",
            {{"class", places.classes},
             places.column_of("false_positive_rate", &RocPoint::false_positive_rate),
             places.column_of("true_positive_rate", &RocPoint::true_positive_rate),
             places.column_of("threshold", &RocPoint::threshold)}};
}

Table precision_recall_table(const Part& part, std::size_t classes) {
    Places<PrecisionPoint> places;
    each_question(part, classes, [&](std::int64_t which, const OneClass& question) {
        places.add(which, predictions::precision_recall_curve(question.scores, question.positive));
    });
    return {"precision_recall",
            {{"class", places.classes},
             places.column_of("recall", &PrecisionPoint::recall),
             places.column_of("precision", &PrecisionPoint::precision),
             places.column_of("threshold", &PrecisionPoint::threshold)}};
}

HandOnFile::HandOnFile(const std::filesystem::path& path, const sweep::Record& record,
                       sweep::JournalEnd end)
    : file_(h5::File::create(path)) {
    file_.write_attribute("/", kMark, kHandOnFormat);
    file_.write_attribute("/", "format", kStoreFormat);
    file_.write_attribute("/", "sweep", record.sweep_name());
    file_.write_attribute("/", "segment", end.segment);
    file_.write_attribute("/", "offset", static_cast<std::int64_t>(end.bytes));
    file_.write_attribute("/", "graft_version", std::string(GRAFT_VERSION));
    file_.write_texts("/sweep_file", {record.sweep_file()});
    file_.make_group("/images");
    file_.make_group("/predictions");
}

std::string HandOnFile::images_of(const sweep::Trial& trial, const std::string& name,
                                  const Part& part) {
    const std::string own = "/images/" + trial.spec->dataset_fingerprint;
    const auto [known, is_new] = images_.try_emplace(own + name + hash_of_images(part), "");
    if (is_new) {
        if (!file_.has(own)) {
            file_.make_group(own);
            file_.write_attribute(own, "dataset", trial.spec->dataset);
        }
        // Sizes of one dataset may have left out different bad images.
        std::string group = own + "/" + name;
        for (int number = 2; file_.has(group); ++number) {
            group = fmt::format("{}/{}_{}", own, name, number);
        }
        file_.write_texts(group + "/id", part.ids);
        file_.write(group + "/label", part.labels);
        file_.write_texts(group + "/group", part.groups);
        known->second = group;
    }
    return known->second;
}

void HandOnFile::add_part(const sweep::Trial& trial, const std::string& name, const Part& part,
                          std::size_t classes) {
    const std::string images = images_of(trial, name, part);
    const std::string group = fmt::format("/predictions/{}/{}", trial.id.text(), name);
    for (const std::string what : {"/id", "/label", "/group"}) {
        file_.link(images + what, group + what);
    }
    file_.write(group + "/scores", {part.images(), classes}, part.scores.data());
    for (auto table : {roc_table(part, classes), precision_recall_table(part, classes)}) {
        table.name = group.substr(1) + "/" + table.name;
        write_table(file_, table);
    }
}

void HandOnFile::add(const sweep::Trial& trial, const predictions::Predictions& kept) {
    const std::string group = "/predictions/" + trial.id.text();
    file_.write_texts(group + "/classes", kept.classes);
    add_part(trial, "validation", kept.validation, kept.classes.size());
    add_part(trial, "test", kept.test, kept.classes.size());
    file_.write(group + "/test/features", {kept.feature_rows.size(), kept.feature_width},
                kept.features.data());
    file_.write(group + "/test/feature_rows", kept.feature_rows);
    note(trial, group, "");
}

void HandOnFile::add_missing(const sweep::Trial& trial, const std::string& problem) {
    note(trial, "", problem);
}

void HandOnFile::note(const sweep::Trial& trial, const std::string& group,
                      const std::string& problem) {
    const auto& source = sweep::result_of(trial.state)->predictions;
    contents_.push_back(
        {trial.id.text(), group, problem, source.hash, static_cast<std::int64_t>(source.bytes)});
}

void HandOnFile::finish(const std::vector<Table>& tables) {
    for (const auto& table : tables) {
        write_table(file_, table);
    }
    const auto text = [&](const char* name, std::string Content::*member) {
        return column(name, contents_, [&](const Content& row) { return row.*member; });
    };
    write_table(
        file_,
        {"contents",
         {text("trial", &Content::trial), text("predictions", &Content::predictions),
          column("source_bytes", contents_, [](const Content& row) { return row.source_bytes; }),
          text("source_hash", &Content::source_hash), text("problem", &Content::problem)}});
    file_.close();
}

bool is_hand_on_file(const std::filesystem::path& path) {
    try {
        h5::rehearse([&] {
            if (!h5::File::open(path).has_attribute("/", kMark)) {
                core::fail_input("'{}' is another file", path.string());
            }
        });
        return true;
    } catch (const core::Error&) {
        return false;
    }
}

}  // namespace graft::results::exports
