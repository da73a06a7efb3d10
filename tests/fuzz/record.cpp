// SPDX-License-Identifier: Apache-2.0
// sweep/record: any events that a journal with good checksums could hold, folded and tabled.
#include "sweep/record.hpp"

#include "core/error.hpp"

#include "fuzz/fuzz.hpp"
#include "results/tables.hpp"

using namespace graft;

namespace {

void check_tables(const sweep::Record& record) {
    const auto trials = record.trials().size();
    fuzz::demand(results::trials_table(record).rows() == trials, "one row per trial");
    for (const auto make : {results::epochs_table, results::attempts_table, results::datasets_table,
                            results::skipped_table, results::provenance_table}) {
        make(record);
    }
    for (const auto& trial : record.trials()) {
        fuzz::demand(record.find(trial.id) == &trial, "every trial is found by its name");
        trial.mixed();
        trial.may_begin_again();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = fuzz::text_of(data, size);
    fuzz::check_decoding<std::vector<sweep::Event>>(bytes);
    sweep::Record record;
    try {
        for (const auto& event : core::decode<std::vector<sweep::Event>>(bytes)) {
            try {
                record.apply(event);
            } catch (const core::SystemError&) {
                break;  // it does not fit, and says so
            }
        }
    } catch (const core::DecodeError&) {
        return 0;
    }
    check_tables(record);
    return 0;
}
