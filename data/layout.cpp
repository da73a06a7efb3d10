// SPDX-License-Identifier: Apache-2.0
#include "data/layout.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "core/error.hpp"
#include "core/text.hpp"

#include "data/pattern.hpp"

namespace graft::data {

namespace fs = std::filesystem;

namespace {

std::string lower(std::string text) {
    for (char& c : text) {
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return text;
}

std::optional<Part> part_of(const std::string& folder) {
    const std::string name = lower(folder);
    if (name == "train") {
        return Part::train;
    }
    if (name == "valid" || name == "val" || name == "validation") {
        return Part::validation;
    }
    return name == "test" ? std::optional(Part::test) : std::nullopt;
}

bool is_image_name(const std::string& name) {
    constexpr std::array<std::string_view, 5> known{".jpg", ".jpeg", ".png", ".tif", ".tiff"};
    const std::string extension = lower(fs::path(name).extension().string());
    return std::find(known.begin(), known.end(), extension) != known.end();
}

// Entries sorted by name, hidden ones left out.
std::vector<fs::directory_entry> entries_of(const fs::path& directory) {
    std::error_code error;
    std::vector<fs::directory_entry> entries;
    for (fs::directory_iterator at(directory, error), end; !error && at != end;
         at.increment(error)) {
        if (!at->path().filename().string().starts_with('.')) {
            entries.push_back(*at);
        }
    }
    if (error) {
        core::fail_input("cannot list '{}' ({}). Check the path and its permissions.",
                         directory.string(), error.message());
    }
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
        return a.path().native() < b.path().native();  // of one directory: by their names
    });
    return entries;
}

// The patterns of a path's components, one after the other.
std::vector<Pattern> components_of(const std::string& images, const std::string& key) {
    const std::vector<std::string> known{"id", "class", "split", "channel", "group"};
    std::vector<Pattern> components;
    std::set<std::string> seen;
    for (const auto& text : core::split(images, '/')) {
        if (text.empty() || text == "..") {
            core::fail_input(
                "{} = '{}' is no path below the dataset's. Write it relative to path, "
                "without '..' and '//'.",
                key, images);
        }
        components.emplace_back(text, key);
        for (const auto& name : components.back().names()) {
            if (std::find(known.begin(), known.end(), name) == known.end()) {
                core::fail_input("{} = '{}' has an unknown part '{{{}}}'. Known parts: {}.", key,
                                 images, name, core::join(known));
            }
            if (!seen.insert(name).second) {
                core::fail_input("{} = '{}' has '{{{}}}' twice. Name it once, and put * elsewhere.",
                                 key, images, name);
            }
        }
    }
    if (!seen.contains("id")) {
        core::fail_input("{} = '{}' has no {{id}}. Put it where the images' names differ.", key,
                         images);
    }
    return components;
}

class Walker {
  public:
    Walker(const DatasetSettings& settings, std::vector<Pattern> components, bool names_only)
        : root_(settings.path),
          key_(fmt::format("[datasets.{}] images", settings.name)),
          components_(std::move(components)),
          names_only_(names_only) {}

    // Sorted by path, as each directory's entries are.
    std::vector<FoundFile> walk() {
        step("", 0, {});
        return std::move(files_);
    }
    // Class folders in which no file was found.
    std::vector<std::string> empty_classes() const {
        std::vector<std::string> empty;
        for (const auto& name : folder_classes_) {
            if (!file_classes_.contains(name)) {
                empty.push_back(name);
            }
        }
        return empty;
    }

  private:
    // `directory` is relative to the dataset.
    void step(const fs::path& directory, std::size_t depth, const Pattern::Parts& parts) {
        const Pattern& wanted = components_[depth];
        const bool last = depth + 1 == components_.size();
        if (wanted.is_literal() && !last) {
            step(directory / wanted.text(), depth + 1, parts);
            return;
        }
        for (const auto& entry : entries_of(directory.empty() ? root_ : root_ / directory)) {
            std::error_code missing;
            if (entry.is_directory(missing) == last) {
                continue;
            }
            const fs::path name = entry.path().filename();
            auto found = wanted.match(name.native());
            if (!found) {
                continue;
            }
            found->insert(parts.begin(), parts.end());
            if (last) {
                add(entry, directory / name, *found);
            } else {
                if (found->contains("class")) {
                    folder_classes_.insert(found->at("class"));
                }
                step(directory / name, depth + 1, *found);
            }
        }
    }

    void add(const fs::directory_entry& entry, fs::path path, Pattern::Parts& parts) {
        if (names_only_ && !is_image_name(path.filename().string())) {
            return;
        }
        FoundFile file;
        file.path = std::move(path);
        file.id = parts["id"];
        file.class_name = parts["class"];
        file.channel = parts["channel"];
        file.group = parts["group"];
        if (parts.contains("split")) {
            file.part = part_of(parts["split"]);
            if (!file.part) {
                core::fail_input(
                    "{}: '{}' is in part '{}' (known: train; valid, val or validation; "
                    "test). Rename the folder, or give it as a literal.",
                    key_, file.path.string(), parts["split"]);
            }
        }
        std::error_code unreadable;  // then of size 0, and bad for that
        const auto size = entry.file_size(unreadable);
        file.bytes = unreadable ? 0 : size;
        file_classes_.insert(file.class_name);
        files_.push_back(std::move(file));
    }

    fs::path root_;
    std::string key_;
    std::vector<Pattern> components_;
    bool names_only_;
    std::vector<FoundFile> files_;
    std::set<std::string> folder_classes_, file_classes_;
};

// "{class}/{id}.*" or "{split}/{class}/{id}.*", by the names of the folders.
std::string recognised_pattern(const DatasetSettings& settings) {
    std::size_t folders = 0;
    std::size_t divided = 0;
    for (const auto& entry : entries_of(settings.path)) {
        if (entry.is_directory()) {
            ++folders;
            divided += part_of(entry.path().filename().string()).has_value();
        }
    }
    if (folders < 2) {
        core::fail_input(
            "[datasets.{}]: '{}' holds {} folder(s) (one per class, or train, valid "
            "and test, expected). Say where the images are: images = "
            "\"train/{{class}}/{{id}}.jpg\".",
            settings.name, settings.path.string(), folders);
    }
    return divided == folders ? "{split}/{class}/{id}.*" : "{class}/{id}.*";
}

}  // namespace

Layout read_layout(const DatasetSettings& settings) {
    const bool given = !settings.images.empty();
    const std::string key = fmt::format("[datasets.{}] images", settings.name);
    if (!fs::is_directory(settings.path)) {
        core::fail_input("[datasets.{}] path = '{}' is no directory. Check the path.",
                         settings.name, settings.path.string());
    }
    Layout layout;
    layout.pattern = given ? settings.images : recognised_pattern(settings);
    auto components = components_of(layout.pattern, key);
    for (const auto& component : components) {
        layout.has_class = layout.has_class || component.has("class");
        layout.has_split = layout.has_split || component.has("split");
        layout.has_group = layout.has_group || component.has("group");
    }
    Walker walker(settings, std::move(components), !given);
    layout.files = walker.walk();
    layout.empty_classes = walker.empty_classes();
    if (layout.files.empty()) {
        core::fail_input("{} = '{}' matches no file in '{}'. Compare it with the files' names.",
                         key, layout.pattern, settings.path.string());
    }
    return layout;
}

}  // namespace graft::data
