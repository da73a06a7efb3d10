// SPDX-License-Identifier: Apache-2.0
#include "commands/cluster_file.hpp"

#include <cstdlib>
#include <map>
#include <optional>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/text.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"

using namespace graft;

namespace {

// Variables as the test wants them, until its end.
class Environment {
  public:
    void set(const std::string& name, const std::optional<std::string>& value) {
        if (!before_.contains(name)) {
            const char* was = std::getenv(name.c_str());
            before_[name] = was ? std::optional<std::string>(was) : std::nullopt;
        }
        put(name, value);
    }
    ~Environment() {
        for (const auto& [name, value] : before_) {
            put(name, value);
        }
    }

  private:
    static void put(const std::string& name, const std::optional<std::string>& value) {
        value ? ::setenv(name.c_str(), value->c_str(), 1) : ::unsetenv(name.c_str());
    }
    std::map<std::string, std::optional<std::string>> before_;
};

}  // namespace

TEST_CASE("a cluster's defaults are looked for where users keep settings") {
    const tests::TemporaryDirectory home, elsewhere;
    Environment environment;
    environment.set("GRAFT_CLUSTER", std::nullopt);
    environment.set("XDG_CONFIG_HOME", std::nullopt);
    environment.set("HOME", home.path().string());
    CHECK_FALSE(commands::cluster_file());
    CHECK(commands::cluster_defaults() == slurm::Settings{});
    core::create_directories(home / ".config/graft");
    core::write_file(home / ".config/graft/cluster.toml", "[slurm]\naccount = \"home\"\n");
    CHECK(commands::cluster_defaults().account == "home");
    environment.set("XDG_CONFIG_HOME", elsewhere.path().string());
    CHECK_FALSE(commands::cluster_file());
    core::create_directories(elsewhere / "graft");
    core::write_file(elsewhere / "graft/cluster.toml", "[slurm]\naccount = \"xdg\"\n");
    CHECK(commands::cluster_defaults().account == "xdg");
    core::write_file(elsewhere / "named.toml", "[slurm]\naccount = \"named\"\n");
    environment.set("GRAFT_CLUSTER", (elsewhere / "named.toml").string());
    CHECK(commands::cluster_defaults().account == "named");
    environment.set("GRAFT_CLUSTER", (elsewhere / "gone.toml").string());
    CHECK_THROWS_WITH(commands::cluster_defaults(), ContainsSubstring("GRAFT_CLUSTER names it"));
}

TEST_CASE("a cluster's defaults hold one section, and its wrong keys are named by line") {
    const tests::TemporaryDirectory directory;
    Environment environment;
    environment.set("GRAFT_CLUSTER", (directory / "c.toml").string());
    core::write_file(directory / "c.toml", "\n[slrum]\nnodes = 1\n");
    CHECK_THROWS_WITH(commands::cluster_defaults(),
                      ContainsSubstring("c.toml:2: unknown key") && ContainsSubstring("'slrum'"));
    core::write_file(directory / "c.toml", "partition = \"gpu\"\n");
    CHECK_THROWS_WITH(commands::cluster_defaults(), ContainsSubstring("[slurm]"));
    core::write_file(directory / "c.toml", "[slurm]\n\nacount = \"a\"\n");
    CHECK_THROWS_WITH(commands::cluster_defaults(),
                      ContainsSubstring("c.toml:3") && ContainsSubstring("'account'"));
}

TEST_CASE("the keys that are shown with their defaults are all that there are, and good examples") {
    const tests::TemporaryDirectory directory;
    Environment environment;
    environment.set("GRAFT_CLUSTER", (directory / "c.toml").string());
    std::string text;
    std::size_t keys = 0;
    for (const auto& line : core::split(slurm::default_text(), '\n')) {
        const bool key = line.starts_with("# ");
        keys += key ? 1 : 0;
        text += (key ? line.substr(2) : line) + "\n";
    }
    core::write_file(directory / "c.toml", text);
    const auto all = commands::cluster_defaults();
    CHECK(keys == 13);
    // Over them nothing of another's is left.
    slurm::Settings other{2, 2, 2, 2, 2, "2", "2", "2", "2", "2", {{"2"}}, {{"2"}}, {{"2"}}};
    CHECK(slurm::overlaid(all, other) == all);
}
