// SPDX-License-Identifier: Apache-2.0
#include "slurm/settings.hpp"

#include "core/error.hpp"

#include "support/catch.hpp"

using namespace graft;
using namespace graft::slurm;

namespace {

core::Entry entry(const std::string& key, decltype(core::Value::data) data) {
    return {key, {std::move(data), {"s.toml", 7}}};
}

core::Value text(const std::string& value) {
    return {value, {"s.toml", 7}};
}

Settings one(const std::string& key, decltype(core::Value::data) data) {
    return settings_of({{entry(key, std::move(data))}});
}

}  // namespace

TEST_CASE("every key of the section is read") {
    const auto settings = settings_of(
        {{entry("nodes", std::int64_t{2}), entry("gpus_per_node", std::int64_t{0}),
          entry("cpus_per_gpu", std::int64_t{8}), entry("memory", std::string("180G")),
          entry("time", std::string("1-12")), entry("partition", std::string("gpu")),
          entry("account", std::string("a")), entry("qos", std::string("q")),
          entry("constraint", std::string("v100&nvme")), entry("mail", std::string("m@x")),
          entry("modules", core::List{text("gcc/12"), text("openmpi")}),
          entry("environment", std::string("export A=b")),
          entry("sbatch_options", core::List{text("--reservation=x")})}});
    Settings expected;
    expected.nodes = 2;
    expected.gpus_per_node = 0;
    expected.cpus_per_gpu = 8;
    expected.memory_mib = 184320;
    expected.time_seconds = 129600;
    expected.partition = "gpu";
    expected.account = "a";
    expected.qos = "q";
    expected.constraint = "v100&nvme";
    expected.mail = "m@x";
    expected.modules = {"gcc/12", "openmpi"};
    expected.environment = {"export A=b"};
    expected.sbatch_options = {"--reservation=x"};
    CHECK(settings == expected);
    CHECK(one("time", std::int64_t{90}).time_seconds == 5400);
    CHECK(one("memory", std::int64_t{2000}).memory_mib == 2000);
}

TEST_CASE("a wrong key or value of the section names file, line, key and what is allowed") {
    CHECK_THROWS_WITH(one("partitoin", std::string("x")),
                      ContainsSubstring("s.toml:7: unknown key 'partitoin' in [slurm].") &&
                          ContainsSubstring("Did you mean 'partition'?"));
    CHECK_THROWS_WITH(
        one("time", std::string("1 day")),
        ContainsSubstring("s.toml:7: 'time' is '1 day'") && ContainsSubstring("\"1-12:30:00\""));
    CHECK_THROWS_WITH(one("time", std::string("0")), ContainsSubstring("no time limit"));
    CHECK_THROWS_WITH(one("memory", std::string("much")), ContainsSubstring("\"180G\""));
    CHECK_THROWS_WITH(one("nodes", std::int64_t{0}), ContainsSubstring("'nodes' is 0"));
    CHECK_THROWS_WITH(one("partition", std::string("")), ContainsSubstring("it is empty"));
    CHECK_THROWS_WITH(one("environment", std::string("a\nb")),
                      ContainsSubstring("'a\\x0ab'") && ContainsSubstring("as a list"));
    CHECK_THROWS_WITH(one("modules", std::int64_t{3}), ContainsSubstring("a list of texts"));
}

TEST_CASE("options that the script sets itself are refused with the key to take") {
    const auto option = [](const std::string& value) {
        return one("sbatch_options", core::List{text(value)});
    };
    CHECK_NOTHROW(option("--gres=gpu:v100:4"));
    CHECK_NOTHROW(option("--mem-bind=local"));
    CHECK_NOTHROW(option("-w n1"));
    CHECK_THROWS_WITH(option("reservation=x"), ContainsSubstring("begin with '-'"));
    CHECK_THROWS_WITH(option("--time=5"), ContainsSubstring("Say it with 'time'."));
    CHECK_THROWS_WITH(option("-N2"), ContainsSubstring("'nodes'"));
    CHECK_THROWS_WITH(option("--mem 5"), ContainsSubstring("'memory'"));
    CHECK_THROWS_WITH(option("--array=1-4"), ContainsSubstring("--parts"));
    CHECK_THROWS_WITH(option("--no-kill"), ContainsSubstring("lost node"));
}

TEST_CASE("the more specific settings win, and a list of theirs replaces the other") {
    Settings general, special;
    general.nodes = 1;
    general.account = "a";
    general.modules = {"gcc/12", "openmpi"};
    special.nodes = 4;
    special.modules = std::vector<std::string>{};
    const auto both = overlaid(special, general);
    CHECK(both.nodes == 4);
    CHECK(both.account == "a");
    CHECK(both.modules->empty());
}

TEST_CASE("memory is read with and without a unit") {
    CHECK(parse_memory("2000") == 2000);
    CHECK(parse_memory("2000M") == 2000);
    CHECK(parse_memory("180G") == 184320);
    CHECK(parse_memory("180g") == 184320);
    CHECK(parse_memory("2T") == 2 * 1024 * 1024);
    CHECK(parse_memory("1025K") == 2);  // never less than what was asked for
    CHECK(parse_memory("0") == 0);
    for (const char* wrong : {"", "G", "-5G", "5X", "1.5G", "5GB", "99999999T"}) {
        INFO(wrong);
        CHECK_FALSE(parse_memory(wrong));
    }
    CHECK(memory_text(184320) == "180G");
    CHECK(memory_text(2000) == "2000M");
    CHECK(memory_text(0) == "0");
}
