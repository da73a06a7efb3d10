// SPDX-License-Identifier: Apache-2.0
#include "trainer/snapshot.hpp"

#include <functional>

#include "core/copy.hpp"
#include "core/file.hpp"

#include "sweep/trial_files.hpp"

#include "trainer/aside.hpp"

namespace graft::trainer {

namespace {

// Written for the first trial, linked for the others; a reference for each.
std::vector<sweep::FileRef> for_each_trial(
    const std::vector<SavedMember>& trials, const std::filesystem::path& sweep, std::int64_t number,
    const char* kind, const std::function<void(const std::filesystem::path&)>& write) {
    std::vector<sweep::FileRef> references;
    for (const SavedMember& trial : trials) {
        const std::string name =
            sweep::numbered_file(trial.member.trial, trial.member.attempt, number, kind);
        core::create_directories((sweep / name).parent_path());
        if (references.empty()) {
            write(sweep / name);
            references.push_back(sweep::file_reference(sweep, name, name));
            continue;
        }
        const sweep::FileRef& first = references.front();
        write_aside(sweep / name, [&](const std::filesystem::path& aside) {
            core::link_or_copy_file(sweep / first.name, aside);
        });
        references.push_back({name, first.bytes, first.hash});
    }
    return references;
}

}  // namespace

std::vector<SavedMember> write_files(const Snapshot& snapshot, const models::Network& network,
                                     const std::filesystem::path& sweep, std::int64_t number) {
    std::vector<SavedMember> trials = snapshot.trials;
    const auto write = [&](const char* kind, std::optional<sweep::FileRef> SavedMember::*file,
                           const std::function<void(const std::filesystem::path&)>& content) {
        auto references = for_each_trial(trials, sweep, number, kind, content);
        for (std::size_t i = 0; i < trials.size(); ++i) {
            trials[i].*file = std::move(references[i]);
        }
    };
    if (snapshot.state) {
        write("state", &SavedMember::state,
              [&](const std::filesystem::path& path) { write_state(path, *snapshot.state); });
    }
    if (snapshot.best) {
        write("best", &SavedMember::best, [&](const std::filesystem::path& path) {
            write_aside(path, [&](const std::filesystem::path& aside) {
                models::write_keras_weights(aside, network, *snapshot.best);
            });
        });
    }
    return trials;
}

}  // namespace graft::trainer
