// SPDX-License-Identifier: Apache-2.0
// scheduler/ending_file: the file <sweep>/ending.
#include "fuzz/fuzz.hpp"
#include "scheduler/run.hpp"
#include "support/temporary.hpp"

using namespace graft;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const tests::TemporaryDirectory sweep;
    fuzz::write_bytes(sweep / "ending", fuzz::text_of(data, size));
    if (const auto ending = scheduler::read_ending(sweep.path())) {
        const int code = scheduler::exit_code(ending->result.outcome);
        fuzz::demand(code >= 0 && code < 128, "every outcome has an exit code");
        fuzz::demand(ending->start_id.find('\n') == std::string::npos, "the start's id is a line");
    }
    return 0;
}
