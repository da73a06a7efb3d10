// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/file.hpp"

#include "sweep/trial.hpp"

namespace graft::scheduler {

// What other commands ask of a sweep, by files <sweep>/requests/<kind>.<unique>, each written by
// rename. The coordinator carries a request out, records its answer in words (RequestAnswered), and
// only then removes the file, so that a crash in between repeats nothing and forgets nothing. While
// nothing runs, requests wait for the next start.

struct StopRequest {};  // empty file; everything saves and ends
struct RetryRequest {   // one trial id a line: failed trials that are to wait again
    std::vector<sweep::TrialId> trials;
};
// What cannot be understood, with the reason; it is answered, too.
struct Malformed {
    std::string reason;
};
struct Request {
    std::string name;  // of its file
    std::variant<StopRequest, RetryRequest, Malformed> asked;
};

// Larger files are refused unread.
constexpr std::uint64_t kLargestRequest = std::uint64_t{4} << 20;

// Never throws: what does not fit is Malformed.
Request parse_request(std::string_view name, std::string_view text);

// They return the name of the new file.
std::string request_stop(const core::fs::path& sweep);
std::string request_retry(const core::fs::path& sweep, const std::vector<sweep::TrialId>& trials);

core::fs::path request_file(const core::fs::path& sweep, const std::string& name);
// Requests that are neither in `answered` nor in `known`, the oldest name first; files of answered
// ones are removed. What is no plain file, hidden, half written (".tmp"), or cannot be read just
// now is passed over.
std::vector<Request> take_requests(const core::fs::path& sweep,
                                   const std::set<std::string>& answered,
                                   const std::set<std::string>& known);

}  // namespace graft::scheduler
