// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace graft::commands {

using Arguments = std::vector<std::string>;

// One word after `graft`. Every command answers --help, returns an exit code (0 done, 1 some trials
// failed, 2 usage or input, 70 internal error, 74 no space, 75 drained with work left), and throws
// core::Error for what the user must mend.
struct Command {
    std::string_view name;
    std::string_view summary;  // one line of `graft help`; empty: not listed
    int (*run)(const Arguments& arguments);
};

const std::vector<Command>& all_commands();

// Finds and runs the command; prints errors as "graft: ..." on standard error.
int dispatch(const Arguments& arguments);

int check(const Arguments& arguments);
int clean(const Arguments& arguments);
int compare(const Arguments& arguments);
int evaluate(const Arguments& arguments);
int explain(const Arguments& arguments);
int help(const Arguments& arguments);
int merge(const Arguments& arguments);
int node_check(const Arguments& arguments);
int plan(const Arguments& arguments);
int simulate(const Arguments& arguments);
int prepare(const Arguments& arguments);
int publish(const Arguments& arguments);
int query(const Arguments& arguments);
int report(const Arguments& arguments);
int export_results(const Arguments& arguments);
int run(const Arguments& arguments);
int retry(const Arguments& arguments);
int status(const Arguments& arguments);
int stop(const Arguments& arguments);
int submit(const Arguments& arguments);
int verify(const Arguments& arguments);
int version(const Arguments& arguments);

}  // namespace graft::commands
