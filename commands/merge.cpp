// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "core/error.hpp"

#include "commands/division_file.hpp"
#include "commands/hold.hpp"
#include "commands/merge_text.hpp"
#include "commands/merging.hpp"
#include "commands/options.hpp"
#include "commands/settle.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

constexpr const char* kDescription =
    "Takes finished trials of other sweeps into one: of the parts of a divided sweep, of another\n"
    "person, or of another cluster. A trial is taken when the sweep plans it, has no result of "
    "it,\n"
    "and its files are whole. Where both have a result, equal ones are passed over, and different\n"
    "ones are listed: what is there stays. Sources are only read, and may run meanwhile.\n"
    "\n"
    "  graft merge DIR                     the parts of DIR into DIR\n"
    "  graft merge DIR --dissolve          the same, and DIR trains what they have not finished\n"
    "  graft merge OTHER... --into DIR     other sweeps into DIR (or into a sweep file's, new "
    "one)\n"
    "\n"
    "Exit code: 0 all is taken, 1 something differs or is damaged, 2 input.";

bool was_planned(const fs::path& sweep) {
    bool planned = false;
    sweep::read_journal(sweep, [&](const sweep::Event& event) {
        planned = planned || std::holds_alternative<sweep::Planned>(event);
    });
    return planned;
}

void check_sources(const MergeRequest& request) {
    std::error_code error;
    for (const auto& from : request.from) {
        if (fs::equivalent(from, request.into, error)) {
            core::fail_input(
                "'{}' cannot be merged into itself. Name another sweep, or leave out --into to "
                "take its parts in.",
                from.string());
        }
        read_live(from);  // throws for what is no sweep
    }
}

void check_has_parts(const fs::path& sweep, const std::string& named) {
    const auto division = read_division(sweep);
    if (division.open.empty() && division.merged.empty()) {
        core::fail_input(
            "sweep '{0}' has no parts (it was never divided). To take it into another sweep: graft "
            "merge {0} --into DIR",
            named);
    }
}

}  // namespace

int merge(const Arguments& arguments) {
    OptionsOf options("merge", "graft merge DIR [--dissolve] | graft merge DIR... --into DIR|FILE",
                      kDescription);
    options.named().add_options()("into", po::value<std::string>(),
                                  "the sweep that takes the results: its directory or file")(
        "dissolve", "end the sweep's parts: trials without a result are its own again");
    options.positional("sweep", -1);
    if (!options.parse(arguments)) {
        return 0;
    }
    const auto first = options.word("sweep");
    auto named = options.get<std::vector<std::string>>("sweep");
    const auto into = options.find<std::string>("into");
    if (!into && named.size() > 1) {
        core::fail_input("which of the {} sweeps takes the results of the others? Say: --into DIR",
                         named.size());
    }
    const std::string target = into.value_or(first);
    MergeRequest request;
    request.into = sweep_directory(target);
    request.after = options.has("dissolve") ? AfterMerge::dissolve : AfterMerge::keep;
    if (into) {
        for (const auto& name : named) {
            request.from.push_back(sweep_directory(name));
        }
    } else {
        check_has_parts(request.into, target);
    }
    check_sources(request);
    std::optional<Study> study;
    if (!was_planned(request.into)) {
        study = settle_plan(load_study(target), false);
        request.plan = &*study;
    }
    const auto merged = merge_sweeps(
        request, [](const std::string& line) { std::cerr << "graft: " << line << "\n"; });
    std::cout << merge_text(merged, read_live(request.into).record, target) << std::flush;
    if (!merged.message.empty()) {
        std::cerr << "graft: " << merged.message << "\n";
    }
    return merged.exit_code;
}

}  // namespace graft::commands
