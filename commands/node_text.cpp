// SPDX-License-Identifier: Apache-2.0
#include "commands/node_text.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include "core/text.hpp"

#include "sweep/network_name.hpp"

#include "results/format.hpp"

namespace graft::commands {

namespace {

using results::json_quoted;

// A slot that takes so much longer than the median of its kind is worth a line.
constexpr double kSlower = 1.15;

struct Timed {
    const NodeAnswer* node;
    const NodeSlot* slot;
};

std::string dash(const std::string& text) {
    return text.empty() ? "-" : text;
}

// "4 x NVIDIA H200"
std::string gpus_of(const NodeAnswer& node) {
    std::map<std::string, int> kinds;
    for (const auto& gpu : node.report.gpus) {
        ++kinds[gpu.name.empty() ? "lost" : gpu.name];
    }
    std::vector<std::string> texts;
    for (const auto& [kind, count] : kinds) {
        texts.push_back(fmt::format("{} x {}", count, kind));
    }
    return dash(core::join(texts));
}

struct Column {
    std::string_view name;
    std::function<std::string(const NodeAnswer&)> cell;
    bool compared;  // a node that differs from most is marked
};

const std::vector<Column>& columns() {
    static const std::vector<Column> all{
        {"node", [](const auto& node) { return node.report.host; }, false},
        {"GPUs", gpus_of, true},
        {"driver", [](const auto& node) { return dash(node.report.driver); }, true},
        {"cores",
         [](const auto& node) {
             return fmt::format("{} of {}", node.report.cores.size(), node.report.host_cores);
         },
         true},
        {"memory",
         [](const auto& node) {
             return node.report.memory_limit ? core::bytes_text(*node.report.memory_limit) : "-";
         },
         true},
        {"create/sync/rename",
         [](const auto& node) {
             const auto& times = node.report.times;
             return node.report.directory_problem.empty()
                        ? fmt::format("{:.1f}/{:.1f}/{:.1f} ms", times.create * 1e3,
                                      times.sync * 1e3, times.rename * 1e3)
                        : "fails";
         },
         false},
        {"link to the first",
         [](const auto& node) {
             return node.link
                        ? fmt::format(
                              "{:.1f} us, {}/s", node.link->latency * 1e6,
                              core::bytes_text(static_cast<std::uint64_t>(node.link->bandwidth)))
                        : "-";
         },
         false}};
    return all;
}

// What most nodes have in a column; of equally many the first.
std::string usual(const std::vector<NodeAnswer>& nodes, const Column& column) {
    std::map<std::string, std::size_t> counts;
    std::string most;
    for (const auto& node : nodes) {
        const auto cell = column.cell(node);
        if (++counts[cell] > counts[most]) {
            most = cell;
        }
    }
    return most;
}

std::string table(const std::vector<NodeAnswer>& nodes) {
    std::vector<std::string> lines(nodes.size() + 1);
    bool differs = false;
    for (const auto& column : columns()) {
        std::vector<std::string> cells{std::string(column.name)};
        const auto most = usual(nodes, column);
        for (const auto& node : nodes) {
            const auto cell = column.cell(node);
            const bool marked = column.compared && cell != most;
            differs = differs || marked;
            cells.push_back(core::printable(cell, 60) + (marked ? " *" : ""));
        }
        std::size_t width = 0;
        for (const auto& cell : cells) {
            width = std::max(width, cell.size());
        }
        for (std::size_t i = 0; i < cells.size(); ++i) {
            lines[i] += fmt::format("{:<{}}  ", cells[i], width);
        }
    }
    std::string text;
    for (auto& line : lines) {
        text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return text + (differs ? "* differs from most nodes\n" : "");
}

std::map<std::string, std::vector<Timed>> by_device(const std::vector<NodeAnswer>& nodes) {
    std::map<std::string, std::vector<Timed>> devices;
    for (const auto& node : nodes) {
        for (const auto& slot : node.slots) {
            if (slot.problem.empty()) {
                devices[slot.steps.device].push_back({&node, &slot});
            }
        }
    }
    return devices;
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

// Of the slots that could time the step; nothing: none could.
std::optional<sweep::StepTimes> median_times(const std::vector<Timed>& slots, std::size_t step) {
    std::array<std::vector<double>, 3> times;
    for (const auto& [node, slot] : slots) {
        const auto& its = slot->steps.times.at(step);
        if (its.problem.empty()) {
            times[0].push_back(its.all);
            times[1].push_back(its.head);
            times[2].push_back(its.validation);
        }
    }
    if (times[0].empty()) {
        return std::nullopt;
    }
    return sweep::StepTimes{median(times[0]), median(times[1]), median(times[2]), ""};
}

std::string name_of_step(const sweep::StepRequest& step) {
    return fmt::format("{}, {} px, batch {}, {}", sweep::network_label(step.network),
                       step.image_size, step.training.batch_size,
                       core::name_of(step.training.precision));
}

std::string place_of(const Timed& timed) {
    return timed.slot->uuid.empty() ? timed.node->report.host
                                    : timed.slot->uuid + " on " + timed.node->report.host;
}

std::string slow_slots(const std::vector<Timed>& slots, std::size_t step, double usual_seconds) {
    std::string text;
    for (const auto& timed : slots) {
        const auto& times = timed.slot->steps.times.at(step);
        if (times.problem.empty() && times.all > kSlower * usual_seconds) {
            text += fmt::format("    * {:.0f} % slower: {}\n",
                                100 * (times.all / usual_seconds - 1), place_of(timed));
        }
    }
    return text;
}

std::string times_text(const std::vector<NodeAnswer>& nodes,
                       const std::vector<sweep::StepRequest>& steps) {
    std::string text;
    for (const auto& [device, slots] : by_device(nodes)) {
        text += fmt::format("\nOne batch on {} ({}), seconds:\n  {:<44} {:>9} {:>9} {:>10}\n",
                            core::printable(device), core::counted(slots.size(), "trainer"), "",
                            "train", "head only", "validation");
        for (std::size_t i = 0; i < steps.size(); ++i) {
            if (const auto times = median_times(slots, i)) {
                text +=
                    fmt::format("  {:<44} {:>9.4f} {:>9.4f} {:>10.4f}\n", name_of_step(steps[i]),
                                times->all, times->head, times->validation);
                text += slow_slots(slots, i, times->all);
            }
        }
    }
    return text;
}

std::string json_slot(const NodeSlot& slot, const std::vector<sweep::StepRequest>& steps) {
    std::vector<std::string> items;
    for (std::size_t i = 0; i < slot.steps.times.size() && i < steps.size(); ++i) {
        const auto& times = slot.steps.times[i];
        items.push_back(fmt::format(
            R"({{"network": {}, "image_size": {}, "batch_size": {}, "precision": "{}", )"
            R"("all_seconds": {}, "head_seconds": {}, "validation_seconds": {}, "problem": {}}})",
            json_quoted(sweep::network_label(steps[i].network)), steps[i].image_size,
            steps[i].training.batch_size, core::name_of(steps[i].training.precision),
            results::json_number(times.all), results::json_number(times.head),
            results::json_number(times.validation), json_quoted(core::printable(times.problem))));
    }
    return fmt::format(R"({{"gpu": {}, "device": {}, "problem": {}, "steps": [{}]}})",
                       json_quoted(slot.uuid), json_quoted(core::printable(slot.steps.device)),
                       json_quoted(core::printable(slot.problem)), core::join(items));
}

std::string json_gpu(const core::Gpu& gpu) {
    return fmt::format(R"({{"uuid": {}, "kind": {}, "pci": {}, "memory_bytes": {}, "mode": "{}", )"
                       R"("memory_errors": {}, "unusable": {}}})",
                       json_quoted(gpu.uuid), json_quoted(gpu.name), json_quoted(gpu.pci),
                       gpu.memory_bytes, core::name_of(gpu.mode), gpu.memory_errors,
                       json_quoted(core::why_unusable(gpu)));
}

std::string json_node(const NodeAnswer& node, const std::vector<sweep::StepRequest>& steps) {
    std::vector<std::string> gpus, slots;
    for (const auto& gpu : node.report.gpus) {
        gpus.push_back(json_gpu(gpu));
    }
    for (const auto& slot : node.slots) {
        slots.push_back(json_slot(slot, steps));
    }
    const auto& report = node.report;
    return fmt::format(
        "    {{\"host\": {}, \"driver\": {}, \"cores\": {}, \"host_cores\": {}, "
        "\"memory_limit\": {},\n     \"create_seconds\": {}, \"sync_seconds\": {}, "
        "\"rename_seconds\": {}, \"latency_seconds\": {}, \"bytes_per_second\": {},\n"
        "     \"gpus\": [{}],\n     \"slots\": [{}]}}",
        json_quoted(report.host), json_quoted(report.driver), report.cores.size(),
        report.host_cores, report.memory_limit ? fmt::format("{}", *report.memory_limit) : "null",
        results::json_number(report.times.create), results::json_number(report.times.sync),
        results::json_number(report.times.rename),
        node.link ? results::json_number(node.link->latency) : "null",
        node.link ? results::json_number(node.link->bandwidth) : "null", core::join(gpus),
        core::join(slots, ",\n       "));
}

}  // namespace

std::vector<std::string> node_problems(const std::vector<NodeAnswer>& nodes,
                                       const std::vector<sweep::StepRequest>& steps) {
    std::vector<std::string> problems;
    // What several ranks of a node have is said once.
    const auto add = [&](const NodeAnswer& node, const std::string& text) {
        auto line = fmt::format("{}: {}", node.report.host, core::printable(text));
        if (std::find(problems.begin(), problems.end(), line) == problems.end()) {
            problems.push_back(std::move(line));
        }
    };
    for (const auto& node : nodes) {
        for (const auto& problem : node.problems) {
            add(node, problem);
        }
        for (const auto& gpu : node.report.gpus) {
            if (const auto why = core::why_unusable(gpu); !why.empty()) {
                add(node, fmt::format("{} gets no work ({}). Show this line to the site: host {}, "
                                      "driver {}.",
                                      core::text_of(gpu), why, node.report.host,
                                      dash(node.report.driver)));
            }
        }
        for (const auto& slot : node.slots) {
            if (!slot.problem.empty()) {
                add(node, slot.problem);
            }
            for (std::size_t i = 0; i < slot.steps.times.size(); ++i) {
                if (const auto& why = slot.steps.times[i].problem; !why.empty()) {
                    add(node,
                        fmt::format("{} could not be timed on {} ({}).", name_of_step(steps.at(i)),
                                    slot.uuid.empty() ? slot.steps.device : slot.uuid, why));
                }
            }
        }
    }
    return problems;
}

std::string nodes_text(const std::vector<NodeAnswer>& nodes,
                       const std::vector<sweep::StepRequest>& steps) {
    std::string text = table(nodes) + times_text(nodes, steps);
    for (const auto& node : nodes) {
        for (const auto& remark : node.remarks) {
            if (remark.find("no work for") == std::string::npos) {  // a problem says it, too
                text += "\nNote: " + core::printable(remark) + "\n";
            }
        }
    }
    return text;
}

std::string nodes_json(const std::vector<NodeAnswer>& nodes,
                       const std::vector<sweep::StepRequest>& steps) {
    std::vector<std::string> items, problems, remarks;
    for (const auto& node : nodes) {
        items.push_back(json_node(node, steps));
        for (const auto& remark : node.remarks) {
            remarks.push_back(json_quoted(core::printable(remark)));
        }
    }
    for (const auto& problem : node_problems(nodes, steps)) {
        problems.push_back(json_quoted(problem));
    }
    return fmt::format("{{\n  \"nodes\": [\n{}],\n  \"notes\": [{}],\n  \"problems\": [{}]\n}}\n",
                       core::join(items, ",\n"), core::join(remarks), core::join(problems));
}

std::vector<StepRow> rows_found(const std::vector<NodeAnswer>& nodes,
                                const std::vector<sweep::StepRequest>& steps,
                                const std::string& measured) {
    std::vector<StepRow> rows;
    for (const auto& [device, slots] : by_device(nodes)) {
        for (std::size_t i = 0; i < steps.size(); ++i) {
            if (const auto times = median_times(slots, i)) {
                rows.push_back({device, steps[i].network, steps[i].image_size,
                                steps[i].training.batch_size,
                                std::string(core::name_of(steps[i].training.precision)), *times,
                                static_cast<std::int64_t>(slots.size()), measured});
            }
        }
    }
    return rows;
}

}  // namespace graft::commands
