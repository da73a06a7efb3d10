// SPDX-License-Identifier: Apache-2.0
#include "trainer/command.hpp"

#include <stdexcept>

#include <c10/util/Exception.h>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/process.hpp"
#include "core/socket.hpp"
#include "core/text.hpp"

#include "trainer/device.hpp"
#include "trainer/oracle.hpp"
#include "trainer/pictures.hpp"
#include "trainer/score.hpp"
#include "trainer/session.hpp"
#include "trainer/time_steps.hpp"

namespace graft::trainer {

namespace {

constexpr int kSocket = 3;

int threads_from(const std::vector<std::string>& arguments) {
    if (arguments.size() == 2 && arguments[0] == "--threads") {
        const auto threads = core::parse_int(arguments[1]);
        if (threads && *threads >= 1 && *threads <= 1024) {
            return static_cast<int>(*threads);
        }
    }
    core::fail_input(
        "graft-trainer got the arguments '{}' (expected --threads N). It is started by `graft "
        "run`; "
        "run that.",
        core::join(arguments, " "));
}

}  // namespace

int run_trainer(const std::vector<std::string>& arguments) {
    if (arguments.size() == 3 && arguments[0] == "oracle") {
        set_up_torch(1);
        answer_oracle(arguments[1], arguments[2]);
        return 0;
    }
    if (arguments.size() == 3 && arguments[0] == "pictures") {
        core::die_with_parent(core::parent_pid());
        set_up_torch(1);
        answer_pictures(arguments[1], arguments[2]);
        return 0;
    }
    if (arguments.size() == 4 && arguments[0] == "score") {
        core::die_with_parent(core::parent_pid());
        set_up_torch(threads_from({arguments[2], arguments[3]}));
        answer_score(arguments[1]);
        return 0;
    }
    if (arguments.size() == 5 && arguments[0] == "time-steps") {
        core::die_with_parent(core::parent_pid());
        set_up_torch(threads_from({arguments[3], arguments[4]}));
        answer_time_steps(arguments[1], arguments[2]);
        return 0;
    }
    core::name_process("graft-trainer");
    core::die_with_parent(core::parent_pid());
    const int threads = threads_from(arguments);
    set_up_torch(threads);
    core::FramedSocket socket{core::Descriptor(kSocket)};
    try {
        Session(socket, threads).serve();
    } catch (const c10::Error& error) {
        // what() would print a stack of some sixty lines.
        throw std::runtime_error(error.what_without_backtrace());
    } catch (const core::SocketClosed&) {
        // The supervisor is gone: what was not acknowledged is trained again elsewhere.
        return 0;
    }
    return 0;
}

}  // namespace graft::trainer
