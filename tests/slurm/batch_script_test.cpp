// SPDX-License-Identifier: Apache-2.0
#include "slurm/batch_script.hpp"

#include "core/error.hpp"
#include "core/file.hpp"

#include "support/catch.hpp"
#include "support/program.hpp"
#include "support/temporary.hpp"

using namespace graft;
using namespace graft::slurm;

namespace {

// GRAFT_WRITE_GOLDEN=1 writes the files anew; look at them with git diff.
void check_golden(const std::string& name, const std::string& text) {
    const auto path = core::fs::path(GRAFT_GOLDEN_SCRIPTS) / (name + ".sbatch");
    if (std::getenv("GRAFT_WRITE_GOLDEN")) {
        core::write_file(path, text);
    }
    CHECK(core::read_file(path) == text);
}

BatchScript plain() {
    BatchScript script;
    script.name = "transfer";
    script.sweep = "/data/transfer";
    script.script = "/data/transfer/job.sbatch";
    script.program = "/opt/graft/bin/graft";
    script.nodes = 2;
    script.gpus_per_node = 4;
    script.cpus_per_node = 40;
    script.memory_mib = 180 * 1024;
    script.settings.time_seconds = 86400;
    return script;
}

BatchScript full() {
    auto script = plain();
    auto& settings = script.settings;
    settings.partition = "gpu";
    settings.account = "project";
    settings.qos = "long";
    settings.constraint = "v100&nvme";
    settings.mail = "me@example.org";
    settings.modules = {"gcc/12", "openmpi/4.1"};
    settings.environment = {"export FOO=\"a b\"", "ulimit -c 0"};
    settings.sbatch_options = {"--gres=gpu:v100:4", "--reservation=x"};
    script.signal_seconds = 300;
    script.follow_up = FollowUp::sent;
    script.run_options = {"--accept"};
    return script;
}

BatchScript odd() {
    auto script = plain();
    script.name = "it's 50% \"odd\" #1";
    script.sweep = "/data/it's 50% \"odd\" #1 $HOME";
    script.script = script.sweep / "job.sbatch";
    script.program = script.sweep / "bin;rm/graft";
    script.nodes = 1;
    script.gpus_per_node = 0;
    return script;
}

}  // namespace

TEST_CASE("batch scripts are as they were looked at") {
    check_golden("plain", script_text(plain()));
    check_golden("full", script_text(full()));
    check_golden("odd", script_text(odd()));
}

TEST_CASE("bash reads the last line of a script as the words that were meant") {
    const tests::TemporaryDirectory directory;
    auto script = odd();
    // A program that shows its arguments stands in for graft.
    script.program = directory / "it's \"a\" $program";
    core::write_file(script.program, "#!/bin/sh\nprintf '<%s>\\n' \"$@\"\n");
    core::fs::permissions(script.program, core::fs::perms::owner_all);
    core::write_file(directory / "job", script_text(script));
    const auto ran = tests::ran({"bash", (directory / "job").string()});
    CHECK(ran.output == "<run>\n<" + script.sweep.string() + ">\n<--ranks>\n<1>\n<--chain>\n<" +
                            script.script.string() + ">\n");
}

TEST_CASE("options' words are quoted as sbatch reads them, which is not as bash does") {
    CHECK(sbatch_word("plain-1.2:3") == "plain-1.2:3");
    CHECK(sbatch_word("v100&(nvme|ssd)*2") == "v100&(nvme|ssd)*2");
    CHECK(sbatch_word("") == "\"\"");
    CHECK(sbatch_word("a b") == "\"a b\"");
    CHECK(sbatch_word("#1 \"q\" 's' \\") == "\"\\#1 \\\"q\\\" \\'s\\' \\\\\"");
    CHECK(bash_word("/plain/path") == "/plain/path");
    CHECK(bash_word("it's $x") == "'it'\\''s $x'");
}

TEST_CASE("what no script can say is refused") {
    auto script = plain();
    script.sweep = "/data/a\nb";
    CHECK_THROWS_WITH(script_text(script),
                      ContainsSubstring("line end") && ContainsSubstring("/data/a\\x0ab"));
    script.sweep = "/data/a\\b";
    CHECK_THROWS_WITH(script_text(script), ContainsSubstring("backslash"));
}

TEST_CASE("the signal comes a minute and four saves before the limit") {
    CHECK(signal_seconds(std::nullopt, 86400) == 120);
    CHECK(signal_seconds(0.5, 86400) == 90);
    CHECK(signal_seconds(7.6, 86400) == 100);  // 90.4
    CHECK(signal_seconds(60, 86400) == 300);
    CHECK(signal_seconds(3600, 86400) == 1800);
    // A short job still does something before.
    CHECK(signal_seconds(60, 300) == 150);
    CHECK(signal_seconds(std::nullopt, 60) == 30);
    CHECK(signal_seconds(60, 0) == 300);  // not known
}
