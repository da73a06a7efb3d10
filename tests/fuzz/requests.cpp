// SPDX-License-Identifier: Apache-2.0
// scheduler/requests: the file's name in the first line, its text after it.
#include "scheduler/requests.hpp"

#include "fuzz/fuzz.hpp"

using namespace graft;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::text_of(data, size);
    const auto end = std::min(input.find('\n'), input.size());
    const auto name = input.substr(0, end);
    const auto request =
        scheduler::parse_request(name, input.substr(std::min(end + 1, input.size())));
    fuzz::demand(request.name == name, "a request keeps its name");
    if (const auto* retry = std::get_if<scheduler::RetryRequest>(&request.asked)) {
        for (const auto& trial : retry->trials) {
            fuzz::demand(input.find(trial.text()) != std::string::npos,
                         "a trial's name is written as it was read");
        }
    }
    return 0;
}
