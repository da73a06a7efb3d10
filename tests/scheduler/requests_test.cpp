// SPDX-License-Identifier: Apache-2.0
#include "scheduler/requests.hpp"

#include <fstream>

#include "support/catch.hpp"
#include "support/temporary.hpp"

using namespace graft;
using namespace graft::scheduler;
using tests::TemporaryDirectory;

namespace {

std::string reason_of(const Request& request) {
    return std::get<Malformed>(request.asked).reason;
}

}  // namespace

TEST_CASE("requests are read back as they were written") {
    const TemporaryDirectory sweep;
    const sweep::TrialId id("0123456789abcdef");
    request_retry(sweep.path(), {id});
    const auto stop = request_stop(sweep.path());
    const auto requests = take_requests(sweep.path(), {}, {});
    REQUIRE(requests.size() == 2);
    CHECK(std::get<RetryRequest>(requests[0].asked).trials == std::vector{id});
    CHECK(std::holds_alternative<StopRequest>(requests[1].asked));
    CHECK(requests[1].name == stop);
    CHECK(take_requests(sweep.path(), {}, {stop}).size() == 1);
}

TEST_CASE("the file of an answered request is removed, every other stays") {
    const TemporaryDirectory sweep;
    const auto answered = request_stop(sweep.path());
    const auto open = request_retry(sweep.path(), {sweep::TrialId("0123456789abcdef")});
    const auto requests = take_requests(sweep.path(), {answered}, {});
    REQUIRE(requests.size() == 1);
    CHECK(requests[0].name == open);
    CHECK_FALSE(core::fs::exists(request_file(sweep.path(), answered)));
    CHECK(core::fs::exists(request_file(sweep.path(), open)));
}

TEST_CASE("what is no request is told why") {
    CHECK_THAT(reason_of(parse_request("stop", "")), ContainsSubstring("<kind>.<unique>"));
    CHECK_THAT(reason_of(parse_request("sing.1", "")), ContainsSubstring("stop and retry"));
    CHECK_THAT(reason_of(parse_request("retry.1", "../etc\n")), ContainsSubstring("trial's name"));
    CHECK_THAT(reason_of(parse_request("retry.1", "\n\n")), ContainsSubstring("names no trial"));
}

TEST_CASE("a file too large for a request is refused unread") {
    const TemporaryDirectory sweep;
    const auto name = request_stop(sweep.path());
    core::fs::resize_file(request_file(sweep.path(), name), kLargestRequest + 1);
    const auto requests = take_requests(sweep.path(), {}, {});
    REQUIRE(requests.size() == 1);
    CHECK_THAT(reason_of(requests[0]), ContainsSubstring("more than 4.0 MiB"));
}

TEST_CASE("half-written files, directories and links are no requests") {
    const TemporaryDirectory sweep;
    core::create_directories(sweep / "requests" / "prepare.d");
    std::ofstream(sweep / "requests" / "stop.1.99.tmp") << "";
    std::ofstream(sweep / "requests" / ".stop.1") << "";
    core::fs::create_symlink("/etc/hostname", sweep / "requests" / "stop.link");
    CHECK(take_requests(sweep.path(), {}, {}).empty());
    CHECK(take_requests(sweep / "nowhere", {}, {}).empty());
}
