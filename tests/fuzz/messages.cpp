// SPDX-License-Identifier: Apache-2.0
// sweep/message and data/prepare_request: what ranks, supervisors and trainers, and graft and
// graft-prepare tell each other. The first byte says which.
#include "data/prepare_request.hpp"
#include "sweep/message.hpp"

#include "fuzz/fuzz.hpp"

using namespace graft;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const auto bytes = fuzz::text_of(data + 1, size - 1);
    switch (data[0] % 4) {
        case 0:
            fuzz::check_decoding<sweep::ToWorker>(bytes);
            break;
        case 1:
            fuzz::check_decoding<sweep::FromWorker>(bytes);
            break;
        case 2:
            fuzz::check_decoding<data::PrepareRequest>(bytes);
            break;
        default:
            fuzz::check_decoding<data::PrepareResult>(bytes);
    }
    return 0;
}
