// SPDX-License-Identifier: Apache-2.0
#include "data/manifest.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "core/error.hpp"
#include "core/text.hpp"

#include "data/labels.hpp"
#include "data/layout.hpp"
#include "data/pattern.hpp"
#include "data/rare_classes.hpp"

namespace graft::data {

namespace {

// The files of one image, before it is known whether it is used.
struct Candidate {
    std::string id;  // the {id} part
    std::string class_name, group;
    std::optional<Part> part;
    std::map<std::string, FoundFile> files;  // by channel
    bool bad = false;                        // and listed so
};

class Lister {
  public:
    explicit Lister(const DatasetSettings& settings)
        : settings_(settings), layout_(read_layout(settings)) {
        check_settings();
    }

    Manifest list() {
        collect_candidates();
        Labels labels = settings_.labels.empty() ? labels_of_paths() : read_labels(settings_);
        refine_labels(settings_, labels);
        manifest_.bad.insert(manifest_.bad.end(), labels.bad.begin(), labels.bad.end());
        for (const auto& row : labels.rows) {
            add_sample(row);
        }
        if (!settings_.labels.empty()) {
            list_files_without_row(labels);
        }
        stop_on_bad();
        set_groups();
        set_classes(labels);
        check_parts();
        std::sort(manifest_.samples.begin(), manifest_.samples.end(),
                  [](const Sample& a, const Sample& b) { return a.id < b.id; });
        manifest_.fingerprint = dataset_fingerprint(settings_, manifest_);
        return std::move(manifest_);
    }

  private:
    template <class... Args>
    [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) const {
        core::fail_input("[datasets.{}]: {}", settings_.name,
                         fmt::format(format, std::forward<Args>(args)...));
    }

    void check_settings() const;
    void collect_candidates();
    std::string key_of(const FoundFile& file) const;
    Labels labels_of_paths() const;
    std::string expected_path(const std::string& id) const;
    void add_sample(const LabelRow& row);
    std::string missing_channels(const Candidate& candidate) const;
    void list_files_without_row(const Labels& labels);
    void stop_on_bad() const;
    void set_groups();
    void set_classes(const Labels& labels);
    void check_parts() const;

    const DatasetSettings& settings_;
    Layout layout_;
    std::map<std::string, Candidate> candidates_;  // by sample id
    std::vector<std::string> sample_labels_;       // beside manifest_.samples
    Manifest manifest_;
};

void Lister::check_settings() const {
    const bool has_labels = !settings_.labels.empty();
    if (has_labels == layout_.has_class) {
        fail("{}", has_labels ? "the class stands in labels and as {class} in images (which one is "
                                "meant?). Remove one."
                              : "no class is given. Add labels = \"a CSV file\", or {class} in "
                                "images.");
    }
    if ((settings_.images.find("{channel}") != std::string::npos) == settings_.channels.empty()) {
        fail("channels and {{channel}} in images belong together. Give both, or neither.");
    }
    if (!settings_.channels.empty() && settings_.channels.size() != 3) {
        fail("channels names {} channel(s) (three expected). Name those of red, green and blue.",
             settings_.channels.size());
    }
    if (settings_.folds > 0 && layout_.has_split) {
        std::string whole = layout_.pattern;
        whole.replace(whole.find("{split}"), 7, "*");
        fail(
            "folds = {} and images that are divided already (by {{split}} in '{}'; folds test on "
            "every image once). Remove folds, or divide all images anew: images = \"{}\".",
            settings_.folds, layout_.pattern, whole);
    }
    const int sources = !settings_.group.empty() + !settings_.groups.empty() +
                        !settings_.group_column.empty() + layout_.has_group;
    if (sources > 1) {
        fail(
            "groups come from {} places (group, group_column, groups, {{group}} in images). Keep "
            "one.",
            sources);
    }
    for (const auto& column :
         {settings_.id_column, settings_.label_column, settings_.group_column}) {
        if (!column.empty() && !has_labels) {
            fail("column '{}' is named without labels. Add labels = \"a CSV file\".", column);
        }
    }
}

std::string Lister::key_of(const FoundFile& file) const {
    if (!settings_.labels.empty()) {
        return file.id;
    }
    std::vector<std::string> parts;
    if (file.part) {
        parts.emplace_back(part_name(*file.part));
    }
    for (const auto& text : {file.class_name, file.group, file.id}) {
        if (!text.empty()) {
            parts.push_back(text);
        }
    }
    return core::join(parts, "/");
}

void Lister::collect_candidates() {
    const auto& channels = settings_.channels;
    for (const auto& file : layout_.files) {
        const bool wanted = channels.empty() || std::find(channels.begin(), channels.end(),
                                                          file.channel) != channels.end();
        if (!wanted) {
            continue;
        }
        auto& candidate = candidates_[key_of(file)];
        candidate.id = file.id;
        candidate.class_name = file.class_name;
        candidate.group = file.group;
        if (!candidate.files.empty() && candidate.part != file.part) {
            candidate.bad = true;
            manifest_.bad.push_back({file.path.string(), "its id is in another part too"});
        }
        candidate.part = file.part;
        const auto [known, is_new] = candidate.files.try_emplace(file.channel, file);
        if (!is_new) {
            candidate.bad = true;
            manifest_.bad.push_back(
                {file.path.string(), fmt::format("same id as '{}'", known->second.path.string())});
        }
        if (file.bytes == 0) {
            candidate.bad = true;
            manifest_.bad.push_back({file.path.string(), "empty file (0 bytes) or unreadable"});
        }
    }
}

Labels Lister::labels_of_paths() const {
    Labels labels;
    for (const auto& [key, candidate] : candidates_) {
        labels.rows.push_back({key, candidate.class_name, ""});
    }
    return labels;
}

std::string Lister::missing_channels(const Candidate& candidate) const {
    std::vector<std::string> missing;
    for (const auto& channel : settings_.channels) {
        if (!candidate.files.contains(channel)) {
            missing.push_back(channel);
        }
    }
    return core::join(missing);
}

// Where the pattern has the image of an id that no file has.
std::string Lister::expected_path(const std::string& id) const {
    std::string path = layout_.pattern;
    const std::vector<std::pair<std::string, std::string>> known{
        {"{id}", id}, {"{channel}", core::join(settings_.channels, "|")}};
    for (const auto& [part, text] : known) {
        if (const auto at = path.find(part); at != std::string::npos) {
            path.replace(at, part.size(), text);
        }
    }
    return path;
}

void Lister::add_sample(const LabelRow& row) {
    const auto found = candidates_.find(row.id);
    if (found == candidates_.end()) {
        manifest_.bad.push_back({expected_path(row.id), fmt::format("no such file (id '{}' of {})",
                                                                    row.id, settings_.labels)});
        return;
    }
    const Candidate& candidate = found->second;
    const std::string missing = missing_channels(candidate);
    if (!missing.empty()) {
        manifest_.bad.push_back({candidate.files.begin()->second.path.string(),
                                 fmt::format("id '{}' lacks channel {}", row.id, missing)});
    }
    if (candidate.bad || !missing.empty()) {
        return;
    }
    Sample sample;
    sample.id = row.id;
    sample.part = candidate.part;
    sample.group = row.group.empty() ? candidate.group : row.group;
    const std::vector<std::string> single{""};
    for (const auto& channel : settings_.channels.empty() ? single : settings_.channels) {
        const FoundFile& file = candidate.files.at(channel);
        sample.files.push_back(file.path);
        sample.bytes += file.bytes;
    }
    manifest_.samples.push_back(std::move(sample));
    sample_labels_.push_back(row.label);
}

void Lister::list_files_without_row(const Labels& labels) {
    std::set<std::string> known(labels.left_out.begin(), labels.left_out.end());
    for (const auto& row : labels.rows) {
        known.insert(row.id);
    }
    for (const auto& [key, candidate] : candidates_) {
        if (!known.contains(key) && !candidate.bad) {
            manifest_.bad.push_back({candidate.files.begin()->second.path.string(),
                                     fmt::format("no row in {}", settings_.labels)});
        }
    }
}

void Lister::stop_on_bad() const {
    if (!manifest_.bad.empty() && settings_.on_bad_image == OnBadImage::stop) {
        throw core::InputError(bad_images_text(settings_.name, manifest_.bad));
    }
    if (manifest_.samples.empty()) {
        fail("no image is left ({} bad ones, first: {}). Correct images and labels.",
             manifest_.bad.size(),
             manifest_.bad.empty()
                 ? "none"
                 : fmt::format("'{}', {}", manifest_.bad[0].path, manifest_.bad[0].reason));
    }
}

void Lister::set_groups() {
    const auto table =
        settings_.groups.empty() ? std::map<std::string, std::string>() : read_groups(settings_);
    const std::string key = fmt::format("[datasets.{}] group", settings_.name);
    const Pattern pattern(settings_.group, key);
    if (!settings_.group.empty() && !pattern.has("group")) {
        fail("group = '{}' has no {{group}}. Write, for instance, \"{{group}}_{{eye}}\".",
             settings_.group);
    }
    for (auto& sample : manifest_.samples) {
        const std::string& id = candidates_.at(sample.id).id;
        if (!settings_.group.empty()) {
            const auto parts = pattern.match(id);
            if (!parts) {
                fail("id '{}' does not match group = '{}'. Correct the pattern.", id,
                     settings_.group);
            }
            sample.group = parts->at("group");
        } else if (!settings_.groups.empty()) {
            const auto row = table.find(id);
            if (row == table.end()) {
                fail("id '{}' has no row in groups = '{}'. Add it.", id, settings_.groups);
            }
            sample.group = row->second;
        }
        if (sample.group.empty()) {
            sample.group = sample.id;
        }
    }
}

void Lister::set_classes(const Labels& labels) {
    std::vector<std::string> names;
    for (const auto& row : labels.rows) {
        names.push_back(row.label);
    }
    auto& classes = manifest_.classes;
    classes = sorted_classes(std::move(names));
    std::map<std::string, std::int32_t> index;
    for (std::size_t i = 0; i < classes.size(); ++i) {
        index[classes[i]] = static_cast<std::int32_t>(i);
    }
    std::vector<std::int64_t> counts(classes.size(), 0);
    for (std::size_t i = 0; i < sample_labels_.size(); ++i) {
        manifest_.samples[i].label = index.at(sample_labels_[i]);
        ++counts[static_cast<std::size_t>(manifest_.samples[i].label)];
    }
    auto empty = layout_.empty_classes;
    for (std::size_t i = 0; i < classes.size(); ++i) {
        if (counts[i] == 0) {
            empty.push_back(classes[i]);
        }
    }
    if (!empty.empty()) {
        fail("no image of class '{}'. Add images, or remove its folder and labels.",
             core::join(empty, "', '"));
    }
    if (!layout_.has_split) {
        settle_rare_classes(settings_, manifest_);
    }
    if (classes.size() < 2) {
        fail(
            "{} class(es) with images ('{}'; two or more expected). Check labels, min_class_size "
            "and map_labels.",
            classes.size(), classes.empty() ? "" : classes[0]);
    }
}

void Lister::check_parts() const {
    std::set<std::string> groups;
    for (const auto& sample : manifest_.samples) {
        groups.insert(sample.group);
    }
    if (std::ssize(groups) < settings_.folds) {
        fail("folds = {}, and {} groups (each fold tests on one at least). Lower folds.",
             settings_.folds, groups.size());
    }
    if (!layout_.has_split) {
        return;
    }
    for (const Part part : {Part::train, Part::validation, Part::test}) {
        std::set<std::int32_t> present;
        for (const auto& sample : manifest_.samples) {
            if (sample.part == part) {
                present.insert(sample.label);
            }
        }
        if (present.empty() || (part == Part::train && present.size() < manifest_.classes.size())) {
            fail(
                "part '{}' of the divided set {}. Add images, or leave {{split}} out of images to "
                "have it divided anew.",
                part_name(part), present.empty() ? "has no image" : "lacks a class");
        }
    }
}

}  // namespace

Manifest list_dataset(const DatasetSettings& settings) {
    return Lister(settings).list();
}

}  // namespace graft::data
