// SPDX-License-Identifier: Apache-2.0
#include "slurm/allocation.hpp"

#include <cstdlib>

#include "core/file.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"

using namespace graft::slurm;

TEST_CASE("srun spreads ranks evenly over the nodes and repeats the cores") {
    const std::vector<std::string> two{"srun", "--mpi=pmix",          "-n",
                                       "2",    "--ntasks-per-node=1", "--cpus-per-task=8"};
    CHECK(srun_command({"1", 2, "8"}, 2) == two);
    const std::vector<std::string> five{"srun", "--mpi=pmix", "-n", "5", "--ntasks-per-node=3"};
    CHECK(srun_command({"1", 2, ""}, 5) == five);
}

TEST_CASE("pmix is told from pmi2") {
    CHECK(names_pmix("MPI plugin types are...\n\tnone\n\tpmix\n"));
    CHECK_FALSE(names_pmix("MPI plugin types are...\n\tnone\n\tpmi2\n"));
}

TEST_CASE("srun is asked for its plugins, and both its outputs are read") {
    const graft::tests::TemporaryDirectory directory;
    const auto put_srun = [&](const std::string& text) {
        graft::core::write_file(directory / "srun", "#!/bin/sh\n" + text);
        std::filesystem::permissions(directory / "srun", std::filesystem::perms::owner_all);
    };
    const std::string path = std::getenv("PATH");
    ::setenv("PATH", (directory.path().string() + ":" + path).c_str(), 1);
    put_srun("[ \"$*\" = --mpi=list ] && echo 'none pmix' >&2\n");
    CHECK(srun_knows_pmix());
    put_srun("echo 'none pmi2'\n");
    CHECK_FALSE(srun_knows_pmix());
    ::setenv("PATH", directory.path().c_str(), 1);
    std::filesystem::remove(directory / "srun");
    CHECK_FALSE(srun_knows_pmix());
    ::setenv("PATH", path.c_str(), 1);
}
