// SPDX-License-Identifier: Apache-2.0
#include "results/audit_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "core/text.hpp"

namespace graft::results {

namespace {

constexpr const char* kUnknown =
    "Copies in other parts were not looked for: an earlier graft prepared this dataset. Delete its "
    "prepared file, and graft prepare makes it again and looks for them.";

AuditLine groups_line(const sweep::DatasetAudited& audit) {
    if (!audit.grouped) {
        return {Leak::unknown,
                "Whether two parts share a patient or an object is not known: the dataset has no "
                "groups (group, group_column or groups in the sweep file)."};
    }
    if (audit.groups_across == 0) {
        return {Leak::none, "No group of images lies in two parts."};
    }
    return {Leak::found,
            fmt::format("{} in more than one part: {}{} Scores there are of known groups.",
                        audit.groups_across == 1
                            ? "1 group of images lies"
                            : fmt::format("{} groups of images lie", audit.groups_across),
                        core::join(audit.groups, ", "),
                        audit.groups_across > std::ssize(audit.groups) ? ", and others." : ".")};
}

// "3 validation images and 1 test image"
std::string images_text(const sweep::LeakedCopies& copies) {
    std::vector<std::string> texts;
    if (copies.validation > 0) {
        texts.push_back(core::counted(copies.validation, "validation image"));
    }
    if (copies.test > 0) {
        texts.push_back(core::counted(copies.test, "test image"));
    }
    return core::join(texts, " and ");
}

struct Verb {
    std::string one, many;  // "looks", "look"
};

AuditLine copies_line(const sweep::LeakedCopies& copies, const std::string& none, const Verb& verb,
                      const std::string& what, const std::string& advice) {
    if (copies.validation + copies.test == 0) {
        return {Leak::none, none};
    }
    const auto count = copies.validation + copies.test;
    return {Leak::found,
            fmt::format("{} {} {}: {}{} {}", images_text(copies), count == 1 ? verb.one : verb.many,
                        what, core::join(copies.examples, "; "),
                        count > std::ssize(copies.examples) ? "; and others." : ".", advice)};
}

double share(const std::vector<std::int64_t>& counts, std::size_t k) {
    const auto total = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
    return total == 0 ? 0 : 100 * static_cast<double>(counts[k]) / static_cast<double>(total);
}

}  // namespace

std::vector<AuditLine> audit_lines(const sweep::DatasetAudited& audit) {
    std::vector<AuditLine> lines{groups_line(audit)};
    if (!audit.copies_known) {
        lines.push_back({Leak::unknown, kUnknown});
        return lines;
    }
    lines.push_back(copies_line(audit.equal, "No file is there twice in different parts.",
                                {"has", "have"}, "an equal file in another part",
                                "Leave one of each pair out."));
    lines.push_back(copies_line(
        audit.alike, "No picture looks like one of another part (by its perceptual hash).",
        {"looks", "look"},
        fmt::format("like a picture of another part (hashes within {} of 64 bits)",
                    audit.alike_bits),
        "Look at some: they may be copies, or only alike."));
    if (audit.conflicting > 0) {
        lines.push_back({Leak::found, fmt::format("{} with different labels.",
                                                  audit.conflicting == 1
                                                      ? "1 set of equal files comes"
                                                      : fmt::format("{} sets of equal files come",
                                                                    audit.conflicting))});
    }
    return lines;
}

AuditLine balance_line(const sweep::DatasetReady& dataset) {
    constexpr double notable = 5;  // points
    const std::array<std::pair<const char*, const std::vector<std::int64_t>*>, 2> others{
        {{"validation", &dataset.validation_counts}, {"test", &dataset.test_counts}}};
    double widest = -1;
    std::string where;
    for (std::size_t k = 0; k < dataset.train_counts.size(); ++k) {
        const double train = share(dataset.train_counts, k);
        for (const auto& [part, counts] : others) {
            const double difference = std::abs(share(*counts, k) - train);
            if (difference > widest) {
                widest = difference;
                where = fmt::format("{} is {:.1f} % of training and {:.1f} % of {}",
                                    dataset.classes.at(k), train, share(*counts, k), part);
            }
        }
    }
    if (widest < 0) {
        return {Leak::unknown, "The classes of the parts were not counted."};
    }
    return {widest < notable ? Leak::none : Leak::found,
            fmt::format("Shares of classes differ by at most {:.1f} points between the parts ({}).",
                        widest, where)};
}

std::vector<AuditLine> audit_lines(const sweep::DatasetReady& dataset,
                                   const sweep::DatasetAudited* audit) {
    auto lines = audit ? audit_lines(*audit) : std::vector<AuditLine>{{Leak::unknown, kUnknown}};
    lines.push_back(balance_line(dataset));
    return lines;
}

}  // namespace graft::results
