// SPDX-License-Identifier: Apache-2.0
#include "commands/node_text.hpp"

#include "support/catch.hpp"

namespace graft::commands {

namespace {

core::Gpu gpu(const std::string& uuid) {
    core::Gpu result;
    result.uuid = uuid;
    result.name = "Tesla V100";
    return result;
}

NodeSlot slot(const std::string& uuid, double seconds) {
    return {uuid, {"Tesla V100", {{seconds, seconds / 4, seconds / 8, ""}}}, ""};
}

NodeAnswer node(const std::string& host, double seconds) {
    NodeAnswer answer;
    answer.report.host = host;
    answer.report.driver = "535.1";
    answer.report.gpus = {gpu("GPU-" + host)};
    answer.report.cores = {0, 1};
    answer.report.host_cores = 8;
    answer.report.memory_limit = std::uint64_t{64} << 30;
    answer.slots = {slot("GPU-" + host, seconds)};
    return answer;
}

std::vector<sweep::StepRequest> steps() {
    return {{"mobilenet", {}, 224, 2}};
}

std::string line_with(const std::string& text, const std::string& part) {
    const auto at = text.find(part);
    const auto begin = text.rfind('\n', at) + 1;
    return at == std::string::npos ? "" : text.substr(begin, text.find('\n', at) - begin);
}

}  // namespace

TEST_CASE("equal nodes are a plain table without marks") {
    const std::vector nodes{node("n1", 0.1), node("n2", 0.1)};
    const auto text = nodes_text(nodes, steps());
    INFO(text);
    CHECK(text.find('*') == std::string::npos);
    CHECK_THAT(line_with(text, "n1 "),
               ContainsSubstring("1 x Tesla V100  535.1   2 of 8  64.0 GiB"));
    CHECK_THAT(line_with(text, "mobilenet"), ContainsSubstring("0.1000"));
    CHECK(node_problems(nodes, steps()).empty());
}

TEST_CASE("what differs from most nodes is marked, and slow slots are named") {
    std::vector nodes{node("n1", 0.1), node("n2", 0.1), node("n3", 0.15)};
    nodes[1].report.driver = "470.2";
    const auto text = nodes_text(nodes, steps());
    INFO(text);
    CHECK_THAT(line_with(text, "n2 "), ContainsSubstring("470.2 *"));
    CHECK_THAT(line_with(text, "n1 "), !ContainsSubstring("*"));
    CHECK_THAT(text, ContainsSubstring("* 50 % slower: GPU-n3 on n3"));
    CHECK_THAT(text, ContainsSubstring("* differs from most nodes"));
}

TEST_CASE("problems say the node and what to do, once") {
    std::vector nodes{node("n1", 0.1), node("n1", 0.1)};
    nodes[0].report.gpus[0].memory_errors = 3;
    nodes[1].report.gpus = nodes[0].report.gpus;
    nodes[0].problems = {"none of its GPUs can be used. Leave it out."};
    nodes[1].slots[0].steps.times[0].problem = "CUDA out of memory";
    const auto problems = node_problems(nodes, steps());
    REQUIRE(problems.size() == 3);
    CHECK(problems[0] == "n1: none of its GPUs can be used. Leave it out.");
    CHECK_THAT(problems[1],
               ContainsSubstring("3 uncorrectable errors") && ContainsSubstring("driver 535.1"));
    CHECK_THAT(problems[2],
               ContainsSubstring("mobilenet, 224 px, batch 32, float32 could not be") &&
                   ContainsSubstring("out of memory"));
}

TEST_CASE("a kind of device gets the median of its slots") {
    std::vector nodes{node("n1", 0.1), node("n2", 0.2), node("n3", 0.3), node("n4", 9)};
    nodes[3].slots[0].problem = "it did not start";
    nodes[2].slots[0].steps.times[0].problem = "";
    const auto rows = rows_found(nodes, steps(), "now");
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].times.all == 0.2);
    CHECK(rows[0].devices == 3);
    CHECK(rows[0].precision == "float32");
    CHECK(rows_found({}, steps(), "now").empty());
}

TEST_CASE("nodes as JSON have the same content") {
    std::vector nodes{node("n1", 0.1)};
    nodes[0].link = mpi::LinkTimes{1e-5, 1e9};
    nodes[0].remarks = {"a \"note\""};
    nodes[0].report.directory_problem = "x";
    const auto text = nodes_json(nodes, steps());
    CHECK_THAT(text, ContainsSubstring("\"host\": \"n1\", \"driver\": \"535.1\""));
    CHECK_THAT(text, ContainsSubstring("\"latency_seconds\": 1e-05"));
    CHECK_THAT(text, ContainsSubstring("\"all_seconds\": 0.1"));
    CHECK_THAT(text, ContainsSubstring("\"notes\": [\"a \\\"note\\\"\"]"));
}

}  // namespace graft::commands
