// SPDX-License-Identifier: Apache-2.0
#include "commands/step_rows.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <queue>
#include <set>
#include <tuple>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/text.hpp"

#include "data/csv.hpp"

namespace graft::commands {

namespace {

constexpr const char* kHeader =
    "device,network,image_size,batch_size,precision,all_seconds,head_seconds,validation_seconds,"
    "devices,measured\n";
// trainer/evaluation.hpp: batches of training images behind a re-estimated batch norm.
constexpr double kReestimateBatches = 50;

auto key_of(const StepRow& row) {
    return std::tie(row.device, row.network, row.image_size, row.batch_size, row.precision);
}

std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (const char c : core::printable(text)) {
        result += c == '"' ? "\"\"" : std::string(1, c);
    }
    return result + '"';
}

double number(const std::string& text, const std::filesystem::path& path) {
    const auto value = core::parse_double(text);
    if (!value || !std::isfinite(*value) || *value < 0) {
        core::fail_input(
            "file '{}' holds '{}' where a number is expected (it was changed, or damaged). Remove "
            "it; 'graft check --on-nodes' or '--here' writes it anew.",
            path.string(), core::escaped(text));
    }
    return *value;
}

double batches(std::int64_t images, std::int32_t size) {
    return std::ceil(static_cast<double>(images) / size);
}

}  // namespace

std::vector<sweep::StepRequest> step_requests(const std::vector<sweep::PlannedTrial>& trials) {
    std::vector<sweep::StepRequest> requests;
    std::set<std::tuple<std::string, std::int32_t, std::int32_t, sweep::Precision>> seen;
    for (const auto& [spec, work] : trials) {
        if (seen.emplace(spec->network, work.image_size, spec->training.batch_size,
                         spec->training.precision)
                .second) {
            requests.push_back({spec->network, spec->training, work.image_size});
        }
    }
    return requests;
}

const StepRow* row_of(const std::vector<StepRow>& rows, const std::string& device,
                      const sweep::PlannedTrial& trial) {
    const auto precision = core::name_of(trial.spec->training.precision);
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const StepRow& row) {
        return row.device == device && row.network == trial.spec->network &&
               row.image_size == trial.work.image_size &&
               row.batch_size == trial.spec->training.batch_size && row.precision == precision;
    });
    return found == rows.end() ? nullptr : &*found;
}

double trial_seconds(const sweep::StepTimes& times, const sweep::PlannedTrial& trial) {
    const auto& [spec, work] = trial;
    const double size = spec->training.batch_size;
    const double train = batches(work.train_images, spec->training.batch_size);
    const double frozen =
        work.multiply_adds > 0 ? work.frozen_multiply_adds / work.multiply_adds : 0;
    const double step = times.all + (times.head - times.all) * std::clamp(frozen, 0.0, 1.0);
    const double validation = static_cast<double>(work.evaluated_images) / size * times.validation;
    const double anew = validation + kReestimateBatches * times.validation;
    const auto how = spec->training.evaluate_bn;
    const double evaluation = how == sweep::EvaluateBn::moving        ? validation
                              : how == sweep::EvaluateBn::reestimated ? anew
                                                                      : validation + anew;
    const int warmup = sweep::has_warmup(spec) ? spec->training.warmup_epochs : 0;
    const int tuning = sweep::fine_tune_epochs(spec);
    return warmup * train * times.head + tuning * train * step + (warmup + tuning + 1) * evaluation;
}

double makespan(std::vector<double> seconds, std::size_t devices) {
    std::sort(seconds.begin(), seconds.end(), std::greater<>());
    std::priority_queue<double, std::vector<double>, std::greater<>> free_at;
    for (std::size_t i = 0; i < std::max<std::size_t>(1, devices); ++i) {
        free_at.push(0);
    }
    double end = 0;
    for (const double one : seconds) {
        const double done = free_at.top() + one;
        free_at.pop();
        free_at.push(done);
        end = std::max(end, done);
    }
    return end;
}

std::string steps_csv(const std::vector<StepRow>& rows) {
    std::string text = kHeader;
    for (const auto& row : rows) {
        text +=
            fmt::format("{},{},{},{},{},{},{},{},{},{}\n", quoted(row.device), row.network,
                        row.image_size, row.batch_size, row.precision,
                        core::shortest(row.times.all), core::shortest(row.times.head),
                        core::shortest(row.times.validation), row.devices, quoted(row.measured));
    }
    return text;
}

std::vector<StepRow> parse_steps(const std::string& text, const std::filesystem::path& path) {
    const auto table = data::parse_csv(text, path);
    std::vector<StepRow> rows;
    for (const auto& line : table.rows) {
        const auto cell = [&](const char* name) { return line.fields[table.column(name)]; };
        const auto count = [&](const char* name) {
            return static_cast<std::int64_t>(std::min(1e9, number(cell(name), path)));
        };
        StepRow row;
        row.device = cell("device");
        row.network = cell("network");
        row.image_size = static_cast<std::int32_t>(count("image_size"));
        row.batch_size = static_cast<std::int32_t>(count("batch_size"));
        row.precision = cell("precision");
        row.times.all = number(cell("all_seconds"), path);
        row.times.head = number(cell("head_seconds"), path);
        row.times.validation = number(cell("validation_seconds"), path);
        row.devices = count("devices");
        row.measured = cell("measured");
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<StepRow> merged_steps(std::vector<StepRow> before, const std::vector<StepRow>& found) {
    for (const auto& row : found) {
        const auto same = std::find_if(before.begin(), before.end(), [&](const StepRow& old) {
            return key_of(old) == key_of(row);
        });
        if (same == before.end()) {
            before.push_back(row);
        } else {
            *same = row;
        }
    }
    return before;
}

std::filesystem::path steps_path(const std::filesystem::path& sweep) {
    return sweep / "check" / "steps.csv";
}

std::vector<StepRow> read_steps(const std::filesystem::path& sweep) {
    const auto text = core::read_file_if_there(steps_path(sweep));
    return text ? parse_steps(*text, steps_path(sweep)) : std::vector<StepRow>{};
}

}  // namespace graft::commands
