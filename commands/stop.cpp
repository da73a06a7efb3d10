// SPDX-License-Identifier: Apache-2.0
#include "core/error.hpp"

#include "commands/asking.hpp"
#include "commands/live.hpp"
#include "commands/options.hpp"
#include "scheduler/requests.hpp"

namespace graft::commands {

int stop(const Arguments& arguments) {
    OptionsOf options("stop", "graft stop FILE|DIR",
                      "Asks a running sweep to save at the next batch and end, and shows its "
                      "answer. It stays\nstopped until the next 'graft run', which goes on from "
                      "there.");
    options.positional("sweep", 1);
    if (!options.parse(arguments)) {
        return 0;
    }
    const Live live = read_live(options.word("sweep"));
    const auto runner = runner_of(live.directory, live.record);
    if (!runner) {
        fmt::print("Nothing runs {}: nothing to stop.\n", live.directory.string());
        return 0;
    }
    const auto request = scheduler::request_stop(live.directory);
    const auto answer = wait_for_answer(live.directory, request);
    if (!answer && !runner_of(live.directory, read_live(live.directory).record)) {
        fmt::print("{} ended before it read the request: nothing runs {} any more.\n",
                   text_of(*runner), live.directory.string());
        return 0;
    }
    if (!answer) {
        core::fail_system(
            "{} has not answered for {:.0f} s (its file system or its process may hang). The "
            "request stays and holds until the sweep ends; look: graft status {}",
            text_of(*runner), kAnswerWithin.count(), live.directory.string());
    }
    fmt::print("{}: {}.\nSee: graft status {}\n", text_of(*runner), *answer,
               live.directory.string());
    return exit_code_of_answer(*answer);
}

}  // namespace graft::commands
