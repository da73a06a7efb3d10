// SPDX-License-Identifier: Apache-2.0
#include "commands/jobs_text.hpp"

#include "support/catch.hpp"

namespace graft::commands {

namespace {

constexpr std::int64_t kSecond = 1'000'000;
const core::WallTime kNow{100'000 * kSecond};

core::WallTime in(double seconds) {
    return {kNow.micros + static_cast<std::int64_t>(seconds * 1e6)};
}

slurm::ChainJob written(const std::string& id, const std::string& after = "") {
    slurm::ChainJob job;
    job.id = id;
    job.after = after;
    job.sent = in(-7300);
    job.time_limit = 24 * 3600;
    return job;
}

// 10 runs with 3 h left, 11 waits for it.
JobsView two_jobs() {
    JobsView view;
    view.now = kNow;
    view.written = {written("10"), written("11", "10")};
    view.written[0].started = in(-7200);
    view.known =
        std::vector<slurm::Job>{{"10", "RUNNING", "None", "n[1-4]", in(-7200), in(3 * 3600)},
                                {"11", "PENDING", "Dependency", "", std::nullopt, std::nullopt}};
    return view;
}

}  // namespace

TEST_CASE("nothing is said of jobs where none was sent") {
    CHECK(jobs_text({}).empty());
    CHECK_FALSE(more_jobs({}));
}

TEST_CASE("jobs that run and wait are shown with nodes, time and reason") {
    CHECK(jobs_text(two_jobs()) ==
          "jobs\n"
          "  10  running on n[1-4], 3 h 00 min left\n"
          "  11  waits for the end of job 10\n");
    auto view = two_jobs();
    (*view.known)[1].reason = "QOSMaxJobsPerUserLimit";
    (*view.known)[1].start = in(600);
    CHECK_THAT(jobs_text(view), ContainsSubstring("11  waits (QOSMaxJobsPerUserLimit), planned to "
                                                  "start in 10 min 00 s\n"));
}

TEST_CASE("the work left is told in jobs") {
    auto view = two_jobs();
    view.seconds_left = 2 * 3600;
    CHECK(more_jobs(view) == 0);
    CHECK_THAT(jobs_text(view), ContainsSubstring("the running job will do what is left"));
    view.seconds_left = 30 * 3600;  // 2.85 h now, then 22.8 h a job
    CHECK(more_jobs(view) == 2);
    CHECK_THAT(jobs_text(view), ContainsSubstring("about 2 more jobs of 24 h 00 min"));
    view.seconds_left = 20 * 3600;
    CHECK_THAT(jobs_text(view), ContainsSubstring("about 1 more job of 24 h 00 min"));
    view.written.back().time_limit = 0;
    CHECK_FALSE(more_jobs(view));
}

TEST_CASE("without SLURM the jobs' own files are shown, and it says so") {
    auto view = two_jobs();
    view.known.reset();
    CHECK(jobs_text(view) ==
          "jobs (SLURM does not answer here; as far as they wrote down themselves)\n"
          "  10  started 2 h 00 min ago\n"
          "  11  sent 2 h 01 min ago\n");
    view.written[0].ended = in(-150);
    CHECK_THAT(jobs_text(view), !ContainsSubstring("  10"));
}

TEST_CASE("of jobs that are over the last one says how it ended") {
    auto view = two_jobs();
    view.known = std::vector<slurm::Job>{};
    CHECK(jobs_text(view) == "jobs\n  10  started 2 h 00 min ago, and ended without a word\n");
    view.written[1].started.reset();
    view.written[0].started.reset();
    CHECK(jobs_text(view) == "jobs\n  11  sent 2 h 01 min ago, and never started (cancelled?)\n");
    view.written.pop_back();
    view.written[0].started = in(-7200);
    view.written[0].ended = in(-150);
    view.written[0].ending = "saved and stopped";
    view.stopped = true;
    CHECK(jobs_text(view) ==
          "jobs\n  10  ended 2 min 30 s ago: saved and stopped\n"
          "  stopped by 'graft stop': further jobs end at once; 'graft submit' goes on\n");
}

TEST_CASE("the same for programs") {
    const auto json = jobs_json(two_jobs());
    CHECK_THAT(json, ContainsSubstring(R"("slurm_answers": true, "stopped": false)"));
    CHECK_THAT(json, ContainsSubstring(R"("id": "11", "after": "10", "active": true, "state": )"
                                       R"("PENDING", "reason": "Dependency")"));
    CHECK_THAT(json, ContainsSubstring(R"("seconds_left": 10800)"));
    CHECK_THAT(json, ContainsSubstring(R"("more_jobs": null)"));
}

}  // namespace graft::commands
