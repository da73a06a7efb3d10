// SPDX-License-Identifier: Apache-2.0
// results/filter: --where of graft query.
#include "results/filter.hpp"

#include "core/error.hpp"

#include "fuzz/fuzz.hpp"

using namespace graft;

namespace {

results::Table small_table() {
    results::Texts names;
    for (const auto* name : {"pcam", "retina", "1e-4"}) {
        names.add(name);
    }
    return {"trials",
            {{"dataset", std::move(names)},
             {"freeze", results::Numbers{0, 50, 1e300}},
             {"seed", results::Integers{1, 2, INT64_MAX}}}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const results::Table table = small_table();
    try {
        const auto filter = results::parse_filter(std::string(fuzz::text_of(data, size)));
        for (const auto row : results::matching(table, {filter})) {
            fuzz::demand(row < table.rows(), "rows that match are there");
        }
        results::unmatched_values(table, {filter});
    } catch (const core::InputError&) {
        return 0;
    }
    return 0;
}
