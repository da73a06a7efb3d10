// SPDX-License-Identifier: Apache-2.0
#include "commands/company_text.hpp"

#include "core/text.hpp"

namespace graft::commands {

namespace {

std::string alone_text(scheduler::Alone why) {
    switch (why) {
        case scheduler::Alone::cohorts_off:
            return "alone: [run] cohorts = false in the sweep file";
        case scheduler::Alone::begins_again:
            return "alone: where its state is lost it begins again, and others must not";
        case scheduler::Alone::held_apart:
            return "alone until it saves, or for good where memory was short: see its attempts";
        case scheduler::Alone::shares_little:
            return "alone: others could do next to nothing of its work";
        case scheduler::Alone::no:
            break;
    }
    return "alone: nothing that waits shares its batches and its frozen layers";
}

}  // namespace

std::string waiting_company(const scheduler::InCompany& company) {
    if (company.others.empty()) {
        return alone_text(company.alone);
    }
    const auto others = core::counted(company.others.size(), "other");
    const auto saved =
        fmt::format("they share batches and frozen layers, and save {:.0f} % of their work",
                    100 * company.gain);
    return company.going == company.others.size()
               ? fmt::format("in one cohort with {}: {}", others, saved)
               : fmt::format(
                     "could be one cohort with {} ({}); as things are it goes {}, so that "
                     "slots are used and memory lasts",
                     others, saved,
                     company.going > 0 ? fmt::format("with {} of them", company.going)
                                       : std::string("apart from them, or later"));
}

std::string running_company(const scheduler::InCompany& company) {
    if (company.others.empty()) {
        return "";
    }
    std::vector<std::string> names;
    for (const auto& id : company.others) {
        names.push_back(id.text());
    }
    return fmt::format("in one cohort with {}; together they save {:.0f} % of their work",
                       core::join(names), 100 * company.gain);
}

}  // namespace graft::commands
