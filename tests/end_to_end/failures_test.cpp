// SPDX-License-Identifier: Apache-2.0
// The page of failures, of real trainers that really die.
#include <csignal>

#include "end_to_end/running_sweep.hpp"
#include "support/catch.hpp"

using namespace graft;
using tests::SmallSweep;
namespace fs = std::filesystem;

namespace {

constexpr const char* kOneTrial =
    "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"drawn\"\ninit = \"random\"\n";

}  // namespace

TEST_CASE("the page of failures shows what each trainer said last, and what to do") {
    const SmallSweep small(kOneTrial);
    const auto bin = small.directory() / "bin";
    fs::create_directories(bin);
    for (const char* name : {"graft", "graft-prepare", "graft-codecs.so"}) {
        fs::copy_file(tests::programs() / name, bin / name);
    }
    core::write_file(bin / "graft-trainer",
                     "#!/bin/sh\nprintf '10 %%\\r90 %%\\r\\n'\n"
                     "printf 'a \\033[31mred\\033[0m library complains of %s\\n' $$ >&2\n"
                     "kill -SEGV $$\n");
    fs::permissions(bin / "graft-trainer", fs::perms(0755));
    const auto ran = tests::ran({(bin / "graft").string(), "run", small.file()});
    INFO(ran.output);
    CHECK(ran.code == 1);
    const auto plain = tests::graft({"status", small.sweep()});
    CHECK_THAT(plain.output,
               ContainsSubstring("Failed (1):") &&
                   ContainsSubstring("graft status " + small.sweep() + " --failures"));
    const auto page = tests::graft({"status", small.sweep(), "--failures"});
    INFO(page.output);
    CHECK(page.code == 0);
    CHECK_THAT(page.output, ContainsSubstring("1 trial: crashed\n") &&
                                ContainsSubstring("attempt 3, rank 0 slot ") &&
                                ContainsSubstring("    log     logs/trainer-0-") &&
                                ContainsSubstring("            | 90 %\n") &&
                                ContainsSubstring("            | a red library complains of ") &&
                                ContainsSubstring("    next    The trainer ended by itself"));
    // Of the last attempt alone.
    const auto first = page.output.find("complains");
    CHECK(page.output.find("complains", first + 1) == std::string::npos);
    CHECK(page.output.find('\x1b') == std::string::npos);
    const auto json = tests::graft({"status", small.sweep(), "--failures", "--json"});
    CHECK_THAT(json.output, ContainsSubstring("\"class\": \"crashed\", \"fate\": \"failed\"") &&
                                ContainsSubstring("\"lines\": [\"90 %\", \"a red library"));
}
