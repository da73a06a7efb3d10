// SPDX-License-Identifier: Apache-2.0
#include "commands/options.hpp"
#include "results/store.hpp"

namespace graft::commands {

// A process of its own, started by rank 0: so the coordinator's process never calls HDF5.
int publish(const Arguments& arguments) {
    OptionsOf options("publish", "graft publish DIR",
                      "Builds results.h5 anew from the journal of a sweep. graft run does this by "
                      "itself while it runs and when it stops.");
    options.positional("sweep", 1);
    if (!options.parse(arguments)) {
        return 0;
    }
    results::publish(options.word("sweep"));
    return 0;
}

}  // namespace graft::commands
