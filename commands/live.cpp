// SPDX-License-Identifier: Apache-2.0
#include "commands/live.hpp"

#include "core/error.hpp"

#include "commands/study.hpp"

namespace graft::commands {

Live read_live(const std::filesystem::path& path) {
    Live live;
    live.directory = sweep_directory(path);
    live.end = sweep::read_journal(live.directory,
                                   [&](const sweep::Event& event) { live.record.apply(event); });
    if (live.record.starts().empty()) {
        core::fail_input(
            "'{}' holds no sweep that was started (no start in the journal of '{}'). Start it: "
            "graft run {}",
            path.string(), live.directory.string(), path.string());
    }
    return live;
}

}  // namespace graft::commands
