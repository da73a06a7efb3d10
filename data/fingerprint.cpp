// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "core/hash.hpp"
#include "core/text.hpp"

#include "data/manifest.hpp"

namespace graft::data {

namespace {

// Every field after its length, so that no text can pass for another's end.
class Canonical {
  public:
    explicit Canonical(std::string_view start) { add(start); }
    void add(std::string_view field) {
        text_ += fmt::format("{}:", field.size());
        text_ += field;
        text_ += ',';
    }
    template <class T>
    void add_unless(const T& value, const T& usual, std::string_view key, std::string_view text) {
        if (value != usual) {
            add(key);
            add(text);
        }
    }
    const std::string& text() const { return text_; }

  private:
    std::string text_;
};

void add_settings(const DatasetSettings& settings, Canonical& into) {
    const DatasetSettings usual;
    const auto add_text = [&](std::string DatasetSettings::*member, std::string_view key) {
        into.add_unless(settings.*member, usual.*member, key, settings.*member);
    };
    const auto add_number = [&](auto member, std::string_view key) {
        into.add_unless(settings.*member, usual.*member, key,
                        fmt::format("{}", static_cast<std::int64_t>(settings.*member)));
    };
    const auto add_choice = [&](auto member, std::string_view key) {
        into.add_unless(settings.*member, usual.*member, key, core::name_of(settings.*member));
    };
    add_text(&DatasetSettings::images, "images");
    add_text(&DatasetSettings::labels, "labels");
    add_text(&DatasetSettings::id_column, "id_column");
    add_text(&DatasetSettings::label_column, "label_column");
    add_text(&DatasetSettings::group_column, "group_column");
    add_text(&DatasetSettings::group, "group");
    add_text(&DatasetSettings::groups, "groups");
    into.add_unless(settings.channels, usual.channels, "channels", core::join(settings.channels));
    add_number(&DatasetSettings::single_label, "single_label");
    add_number(&DatasetSettings::min_class_size, "min_class_size");
    for (const auto& [from, to] : settings.map_labels) {
        into.add("map_labels");
        into.add(from);
        into.add(to);
    }
    add_number(&DatasetSettings::split_seed, "split_seed");
    add_choice(&DatasetSettings::duplicates, "duplicates");
    add_number(&DatasetSettings::duplicate_distance, "duplicate_distance");
    add_choice(&DatasetSettings::on_bad_image, "on_bad_image");
    add_choice(&DatasetSettings::on_rare_class, "on_rare_class");
}

}  // namespace

std::string dataset_fingerprint(const DatasetSettings& settings, const Manifest& manifest) {
    Canonical canonical("dataset 1");
    add_settings(settings, canonical);
    canonical.add("samples");
    for (const auto& sample : manifest.samples) {
        canonical.add(sample.id);
        canonical.add(manifest.classes[static_cast<std::size_t>(sample.label)]);
        canonical.add(sample.group);
        canonical.add(sample.part ? part_name(*sample.part) : "");
        canonical.add(fmt::format("{}", sample.bytes));
    }
    return core::content_hash(canonical.text());
}

}  // namespace graft::data
