// SPDX-License-Identifier: Apache-2.0
#include "sweep/trial_files.hpp"

#include <algorithm>

#include "core/copy.hpp"
#include "core/error.hpp"
#include "core/file.hpp"
#include "core/hash.hpp"
#include "core/process.hpp"
#include "core/text.hpp"

namespace graft::sweep {

namespace fs = std::filesystem;

namespace {

// The newest first.
std::vector<NumberedFile> numbered_files(const fs::path& directory) {
    std::vector<NumberedFile> files;
    std::error_code absent;
    for (const auto& entry : fs::directory_iterator(directory, absent)) {
        if (auto file = parse_numbered(entry.path().filename().string())) {
            files.push_back(std::move(*file));
        }
    }
    std::sort(files.begin(), files.end(),
              [](const NumberedFile& a, const NumberedFile& b) { return a.age() > b.age(); });
    return files;
}

FileState compare(const fs::path& path, const FileRef& wanted) {
    std::error_code absent;
    const auto bytes = fs::file_size(path, absent);
    if (absent) {
        return FileState::missing;
    }
    return bytes == wanted.bytes && core::file_hash(path) == wanted.hash ? FileState::whole
                                                                         : FileState::changed;
}

bool has_content(const fs::path& path, const FileRef& wanted) {
    return compare(path, wanted) == FileState::whole;
}

bool holds_result(const fs::path& sweep, const FileRef& wanted, std::string_view kind) {
    return wanted.name.empty() || state_of_result(sweep, wanted, kind) == FileState::whole;
}

bool is_among(const std::vector<FileRef>& kept, const NumberedFile& file) {
    return std::any_of(kept.begin(), kept.end(), [&](const FileRef& reference) {
        return fs::path(reference.name).filename() == file.name;
    });
}

// Another name for a file that keeps its own.
void link_aside(const fs::path& path, const fs::path& plain) {
    core::Aside aside(plain, plain.string() + fmt::format(".{}.tmp", core::own_pid()));
    core::link_or_copy_file(path, aside.path());
    aside.publish();
}

void give_plain_name(const fs::path& sweep, const FileRef& wanted,
                     const std::vector<NumberedFile>& files, std::string_view kind,
                     const std::vector<FileRef>& kept) {
    const fs::path plain = sweep / wanted.name;
    for (const NumberedFile& file : files) {
        const fs::path path = plain.parent_path() / file.name;
        if (file.kind == kind && has_content(path, wanted)) {
            if (!is_among(kept, file)) {
                core::publish_file(path, plain);
            } else if (!has_content(plain, wanted)) {  // else a rename would leave the other name
                link_aside(path, plain);
            }
            return;
        }
    }
    if (!has_content(plain, wanted)) {
        core::fail_system(
            "file '{}' is not there with its recorded content (removed or changed from outside). "
            "The trial's numbers are recorded; put the file back if it is wanted.",
            plain.string());
    }
}

}  // namespace

std::string numbered_file(const TrialId& trial, std::int32_t attempt, std::int64_t save,
                          std::string_view kind) {
    return fmt::format("trials/{}/{}.{}.{}.h5", trial.text(), attempt, save, kind);
}

std::optional<NumberedFile> parse_numbered(const std::string& name) {
    const auto file = fs::path(name).filename().string();
    const auto parts = core::split(file, '.');
    // What a killed process left half written ends in ".tmp": a kind of its own.
    const bool half = parts.size() == 5 && parts[4] == "tmp";
    if ((parts.size() != 4 && !half) || parts[3] != "h5") {
        return std::nullopt;
    }
    const auto attempt = core::parse_int(parts[0]);
    const auto save = core::parse_int(parts[1]);
    if (!attempt || !save) {
        return std::nullopt;
    }
    return NumberedFile{*attempt, *save, half ? "tmp" : parts[2], file};
}

std::string plain_file(const TrialId& trial, std::string_view kind) {
    return fmt::format("trials/{}/{}.h5", trial.text(), kind);
}

bool is_numbered(const std::string& name, std::string_view kind) {
    const auto file = parse_numbered(name);
    return file && file->kind == kind;
}

bool is_numbered(const std::string& name) {
    return parse_numbered(name).has_value();
}

FileRef file_reference(const fs::path& sweep, const std::string& name,
                       const std::string& shown_as) {
    const fs::path path = sweep / name;
    std::error_code error;
    const auto bytes = fs::file_size(path, error);
    if (error) {
        core::fail_input("cannot look up file '{}' ({}). Check the path.", path.string(),
                         error.message());
    }
    return {shown_as, bytes, core::file_hash(path)};
}

FileState state_of_file(const fs::path& sweep, const FileRef& wanted) {
    return compare(sweep / wanted.name, wanted);
}

std::optional<fs::path> find_result(const fs::path& sweep, const FileRef& wanted,
                                    std::string_view kind) {
    const fs::path plain = sweep / wanted.name;
    if (has_content(plain, wanted)) {
        return plain;
    }
    for (const auto& file : numbered_files(plain.parent_path())) {
        if (file.kind == kind && has_content(plain.parent_path() / file.name, wanted)) {
            return plain.parent_path() / file.name;
        }
    }
    return std::nullopt;
}

FileState state_of_result(const fs::path& sweep, const FileRef& wanted, std::string_view kind) {
    return find_result(sweep, wanted, kind) ? FileState::whole
                                            : compare(sweep / wanted.name, wanted);
}

bool holds_files(const fs::path& sweep, const MemberSave& save) {
    const bool states = std::all_of(save.files.begin(), save.files.end(), [&](const FileRef& file) {
        return has_content(sweep / file.name, file);
    });
    return states &&
           (!save.result || (holds_result(sweep, save.result->weights, "best") &&
                             holds_result(sweep, save.result->predictions, "predictions")));
}

void remove_replaced(const fs::path& sweep, const TrialId& trial, std::int32_t attempt,
                     std::int64_t save, const std::vector<FileRef>& files) {
    const fs::path directory = (sweep / plain_file(trial, "best")).parent_path();
    for (const NumberedFile& file : numbered_files(directory)) {
        if (file.age() <= std::pair<std::int64_t, std::int64_t>(attempt, save) &&
            !is_among(files, file)) {
            core::remove_file(directory / file.name);
        }
    }
}

void finish_files(const fs::path& sweep, const TrialId& trial, const TrialResult& result,
                  const std::vector<FileRef>& kept) {
    const fs::path directory = (sweep / plain_file(trial, "best")).parent_path();
    const auto files = numbered_files(directory);
    if (!result.weights.name.empty()) {
        give_plain_name(sweep, result.weights, files, "best", kept);
    }
    if (!result.predictions.name.empty()) {
        give_plain_name(sweep, result.predictions, files, "predictions", kept);
    }
    for (const NumberedFile& file : files) {
        if (!is_among(kept, file)) {
            core::remove_file(directory / file.name);
        }
    }
}

}  // namespace graft::sweep
