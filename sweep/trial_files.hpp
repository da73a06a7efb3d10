// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sweep/progress.hpp"

namespace graft::sweep {

// The files of a trial, by their names relative to the sweep's directory:
//   trials/<id>/<attempt>.<save>.state.h5, .best.h5, .predictions.h5   while it runs
//   trials/<id>/best.h5, predictions.h5                                once its end is recorded
// A stopped trial has both: plain ones, and its last state with its best weights to go on from.
std::string numbered_file(const TrialId& trial, std::int32_t attempt, std::int64_t save,
                          std::string_view kind);  // "state", "best", "predictions"
// What such a name says. A half-written one (".h5.tmp") has the kind "tmp".
struct NumberedFile {
    std::int64_t attempt = 0, save = 0;
    std::string kind;
    std::string name;  // without directories
    auto age() const { return std::pair(attempt, save); }
};
// Nothing for other names; with or without directories before.
std::optional<NumberedFile> parse_numbered(const std::string& name);
std::string plain_file(const TrialId& trial, std::string_view kind);
// True for "<attempt>.<save>.<kind>.h5" of that kind, with or without directories before.
bool is_numbered(const std::string& name, std::string_view kind);
// The same of any kind, half-written ones (".h5.tmp") included.
bool is_numbered(const std::string& name);

// Size and content hash of a file of the sweep; `shown_as`: the name in the reference.
FileRef file_reference(const std::filesystem::path& sweep, const std::string& name,
                       const std::string& shown_as);

// What became of a file that the record names.
enum class FileState : std::uint8_t { whole, missing, changed };
// Compares size and content. Throws InputError when a file that is there cannot be read.
FileState state_of_file(const std::filesystem::path& sweep, const FileRef& wanted);
// Where a result, "best" or "predictions", is with its recorded content: under its plain name or,
// while it has not got that, a numbered one. Nothing: nowhere. Throws as state_of_file().
std::optional<std::filesystem::path> find_result(const std::filesystem::path& sweep,
                                                 const FileRef& wanted, std::string_view kind);
// The same as a state.
FileState state_of_result(const std::filesystem::path& sweep, const FileRef& wanted,
                          std::string_view kind);

// True when everything that a save of a trial names is there with its size and content: the state
// to go on from and, of a trial that has ended, its results under numbered or plain names.
bool holds_files(const std::filesystem::path& sweep, const MemberSave& save);

// After save `save` of `attempt` was recorded: removes the numbered files that it or earlier ones
// left and that are not among `files`.
void remove_replaced(const std::filesystem::path& sweep, const TrialId& trial, std::int32_t attempt,
                     std::int64_t save, const std::vector<FileRef>& files);

// After the trial's result was recorded: of the numbered files with the recorded content the one
// of the highest attempt and save gets the plain name, then every numbered file goes but those
// that are `kept`: what a stopped trial can go on from. Done by whoever comes first, trainer or
// next start; doing it again changes nothing. Throws SystemError when no file has the recorded
// content.
void finish_files(const std::filesystem::path& sweep, const TrialId& trial,
                  const TrialResult& result, const std::vector<FileRef>& kept = {});

}  // namespace graft::sweep
