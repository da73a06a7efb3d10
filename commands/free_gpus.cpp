// SPDX-License-Identifier: Apache-2.0
#include "commands/free_gpus.hpp"

#include "core/env.hpp"
#include "core/error.hpp"
#include "core/gpu.hpp"
#include "core/process.hpp"

namespace graft::commands {

void check_free_gpus(const Live& live, const std::string& command) {
    const auto runner = runner_of(live.directory, live.record);
    if (runner && runner->host == core::host_name() && !core::visible_gpus().empty() &&
        !core::env("CUDA_VISIBLE_DEVICES")) {
        core::fail_input(
            "sweep '{}' is running on this host's GPUs ({}). Name one that it does not use: "
            "CUDA_VISIBLE_DEVICES=N {} ...",
            live.directory.string(), text_of(*runner), command);
    }
}

}  // namespace graft::commands
