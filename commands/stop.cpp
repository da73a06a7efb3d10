// SPDX-License-Identifier: Apache-2.0
#include "core/text.hpp"

#include "commands/live.hpp"
#include "commands/options.hpp"
#include "scheduler/holder.hpp"
#include "scheduler/requests.hpp"

namespace graft::commands {

int stop(const Arguments& arguments) {
    OptionsOf options("stop", "graft stop FILE|DIR",
                      "Asks a running sweep to save at the next batch and end. 'graft run' goes on "
                      "from there.");
    options.positional("sweep", 1);
    if (!options.parse(arguments)) {
        return 0;
    }
    const Live live = read_live(options.word("sweep"));
    if (!scheduler::holder_of(live.record, scheduler::read_holder(live.directory))) {
        fmt::print("Nothing runs {}; nothing to stop.\n", live.directory.string());
        return 0;
    }
    scheduler::request_stop(live.directory);
    fmt::print("Asked. It saves and ends within seconds; see: graft status {}\n",
               live.directory.string());
    return 0;
}

}  // namespace graft::commands
