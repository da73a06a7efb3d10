// SPDX-License-Identifier: Apache-2.0
#include "slurm/allocation.hpp"

#include "support/catch.hpp"

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
