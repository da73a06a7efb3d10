// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace graft::sweep {

// How an attempt ended; one rule each in scheduler/retry.hpp.

struct Completed {  // every member has its result
    template <class Archive>
    void fields(Archive&) {}
};
struct Drained {  // saved and left on request
    template <class Archive>
    void fields(Archive&) {}
};
struct Crashed {  // ended by itself: SIGSEGV, SIGABRT, SIGBUS, or a non-zero exit code
    std::int32_t signal = 0, exit_code = 0;
    template <class Archive>
    void fields(Archive& archive) {
        archive(signal, exit_code);
    }
};
struct Killed {  // by a signal from outside
    std::int32_t signal = 0;
    template <class Archive>
    void fields(Archive& archive) {
        archive(signal);
    }
};
struct InputFault {  // settings, weights or data are wrong: the same everywhere
    std::string message;
    template <class Archive>
    void fields(Archive& archive) {
        archive(message);
    }
};
struct DeviceOutOfMemory {
    std::string message;
    template <class Archive>
    void fields(Archive& archive) {
        archive(message);
    }
};
struct DeviceFault {
    std::string message;
    template <class Archive>
    void fields(Archive& archive) {
        archive(message);
    }
};
struct NoSpace {
    std::string message;
    template <class Archive>
    void fields(Archive& archive) {
        archive(message);
    }
};
struct RankLost {  // its rank fell silent
    template <class Archive>
    void fields(Archive&) {}
};
struct CoordinatorLost {  // still open when a later start sealed the journal
    template <class Archive>
    void fields(Archive&) {}
};

// Since journal format 2:
struct Hung {  // killed by its supervisor: no progress for so long
    double seconds = 0;
    template <class Archive>
    void fields(Archive& archive) {
        archive(seconds);
    }
};
struct HostOutOfMemory {  // the kernel killed it for memory, or an allocation failed
    std::string message;
    template <class Archive>
    void fields(Archive& archive) {
        archive(message);
    }
};
struct DeviceBusy {  // another process holds the device (exclusive compute mode)
    std::string message;
    template <class Archive>
    void fields(Archive& archive) {
        archive(message);
    }
};

using Ending =
    std::variant<Completed, Drained, Crashed, Killed, InputFault, DeviceOutOfMemory, DeviceFault,
                 NoSpace, RankLost, CoordinatorLost, Hung, HostOutOfMemory, DeviceBusy>;

// "crashed (signal 11, SIGSEGV)", "killed (signal 9, SIGKILL)", the message of a fault, ...
std::string text_of(const Ending& ending);
// The kind alone, for the store: "completed", "crashed", ...
std::string_view kind_of(const Ending& ending);

}  // namespace graft::sweep
