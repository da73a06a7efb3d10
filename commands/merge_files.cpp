// SPDX-License-Identifier: Apache-2.0
#include "commands/merge_files.hpp"

#include "core/copy.hpp"
#include "core/error.hpp"
#include "core/file.hpp"
#include "core/hash.hpp"
#include "core/text.hpp"

#include "sweep/trial_files.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

// Where a sweep may have a result file: under its plain name or, as long as its trainer has not
// given it that, under numbered ones.
std::vector<fs::path> places_of(const fs::path& sweep, const sweep::FileRef& file,
                                std::string_view kind) {
    std::vector<fs::path> places{sweep / file.name};
    std::error_code absent;
    for (fs::directory_iterator entry(places[0].parent_path(), absent), end;
         !absent && entry != end; entry.increment(absent)) {
        if (sweep::is_numbered(entry->path().filename().string(), kind)) {
            places.push_back(entry->path());
        }
    }
    places.push_back(places[0]);  // it may have got its plain name just now
    return places;
}

bool has_size(const fs::path& path, const sweep::FileRef& file) {
    std::error_code absent;
    const auto bytes = fs::file_size(path, absent);
    return !absent && bytes == file.bytes;
}

void put_aside(const fs::path& from, const fs::path& aside, Bringing how) {
    if (how == Bringing::link) {
        core::link_or_copy_file(from, aside);
    } else {
        core::remove_file(aside);
        core::copy_file(from, aside);
    }
}

}  // namespace

BroughtFiles::~BroughtFiles() {
    for (const auto& file : brought_) {
        std::error_code stays;  // graft clean removes it
        fs::remove(file.aside, stays);
    }
}

std::optional<std::string> BroughtFiles::bring_file(const fs::path& from,
                                                    const sweep::FileRef& file,
                                                    std::string_view kind, Bringing how) {
    if (file.name != sweep::plain_file(trial_, kind)) {
        return fmt::format("'{}' is no name of a result file", core::escaped(file.name));
    }
    const fs::path plain = into_ / file.name;
    if (has_size(plain, file) && core::file_hash(plain) == file.hash) {
        there_.push_back(plain);
        return std::nullopt;
    }
    core::create_directories(plain.parent_path());
    const fs::path aside = into_ / (sweep::numbered_file(trial_, 0, 0, kind) + ".tmp");
    std::string problem = "is not there";
    for (const auto& place : places_of(from, file, kind)) {
        std::error_code error;
        if (!fs::exists(place, error)) {
            continue;
        }
        if (has_size(place, file)) {
            brought_.push_back({aside, plain});
            put_aside(place, aside, how);
            if (core::file_hash(aside) == file.hash) {
                return std::nullopt;
            }
            brought_.pop_back();
            core::remove_file(aside);
        }
        problem = "does not have its recorded content";
    }
    return fmt::format("{} {}", (from / file.name).string(), problem);
}

std::optional<std::string> BroughtFiles::bring(const fs::path& from,
                                               const sweep::TrialResult& result, Bringing how) {
    for (const auto& [file, kind] :
         {std::pair(&result.weights, "best"), std::pair(&result.predictions, "predictions")}) {
        if (file->name.empty()) {
            continue;  // there is none, or it was freed
        }
        try {
            if (auto problem = bring_file(from, *file, kind, how)) {
                return problem;
            }
        } catch (const core::NoSpaceError&) {
            throw;
        } catch (const core::Error& error) {
            return error.what();  // it cannot be read, or its disk fails
        }
    }
    return std::nullopt;
}

void BroughtFiles::publish() {
    for (const auto& path : there_) {
        core::sync_file(path);
        core::sync_directory(path.parent_path());
    }
    for (const auto& file : brought_) {
        core::publish_file(file.aside, file.plain);
    }
    brought_.clear();
}

}  // namespace graft::commands
