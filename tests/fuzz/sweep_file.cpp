// SPDX-License-Identifier: Apache-2.0
// sweep/sweep_file: a sweep file, its datasets' settings, its grid, and the file written out.
#include "sweep/sweep_file.hpp"

#include "core/error.hpp"

#include "data/dataset_settings.hpp"
#include "sweep/grid.hpp"

#include "fuzz/fuzz.hpp"

using namespace graft;

namespace {

constexpr std::uint64_t kMostPoints = 500;

sweep::GridContext context() {
    sweep::GridContext context;
    context.fingerprint = [](const sweep::NamedTable& dataset) {
        return data::dataset_settings(dataset.name, dataset.table, "/fuzz").images;
    };
    context.weights_hash = [](const std::string&, const std::string&, const core::Place&) {
        return std::string("hash");
    };
    context.networks = {"small_cnn", "mobilenet"};
    context.most_points = kMostPoints;
    return context;
}

sweep::SweepFile parse(std::string_view text) {
    return sweep::parse_sweep_file(text, "/fuzz/sweep.toml", data::dataset_keys());
}

std::vector<std::string> names(const sweep::SweepFile& file) {
    std::vector<std::string> names;
    for (const auto& trial : sweep::expand(file, context()).trials) {
        names.push_back(sweep::trial_id(trial).text());
    }
    return names;
}

void check_resolved(const sweep::SweepFile& file) {
    const auto text = sweep::resolved_text(file);
    const auto again = parse(text);
    fuzz::demand(sweep::resolved_text(again) == text, "a resolved file reads back as the same");
    try {
        fuzz::demand(names(file) == names(again), "and names the same trials");
    } catch (const core::InputError&) {
        return;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::optional<sweep::SweepFile> file;
    try {
        file = parse(fuzz::text_of(data, size));
    } catch (const core::InputError&) {
        return 0;
    }
    check_resolved(*file);
    return 0;
}
