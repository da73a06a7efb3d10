// SPDX-License-Identifier: Apache-2.0
#include "results/report/svg.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <stdexcept>
#include <string_view>
#include <thread>

#include <duktape.h>
#include <fmt/format.h>

#include "results/report/assets.hpp"
#include "results/report/json.hpp"
#include "results/report/names.hpp"
#include "results/report/sheet.hpp"

namespace graft::results::report {

namespace {

// What ECharts expects of any JavaScript machine and Duktape lacks. Nothing waits here.
constexpr std::string_view kMachine =
    "var self = this, globalThis = this;"
    "var setTimeout = function () { return 0; }, clearTimeout = function () {};";

constexpr std::size_t kFiguresOfPen = 8;

struct CloseHeap {
    void operator()(duk_context* context) const { duk_destroy_heap(context); }
};

[[noreturn]] void fail(duk_context* context, std::string_view where) {
    throw std::logic_error(
        fmt::format("{} failed: {}", where, duk_safe_to_stacktrace(context, -1)));
}

void run_script(duk_context* context, std::string_view script, std::string_view name) {
    duk_push_lstring(context, name.data(), name.size());
    if (duk_pcompile_lstring_filename(context, 0, script.data(), script.size()) != 0 ||
        duk_pcall(context, 0) != DUK_EXEC_SUCCESS) {
        fail(context, name);
    }
    duk_pop(context);
}

// graft.paper(chart, id, []), with the chart as the text of its JSON.
std::string drawn(duk_context* context, const std::string& chart, const std::string& id) {
    const std::string call = fmt::format("graft.paper(JSON.parse(chart),{},[])", script_quoted(id));
    duk_push_lstring(context, chart.data(), chart.size());
    duk_put_global_string(context, "chart");
    if (duk_peval_lstring(context, call.data(), call.size()) != 0) {
        fail(context, "drawing '" + id + "'");
    }
    duk_size_t size = 0;
    const char* text = duk_require_lstring(context, -1, &size);
    std::string svg(text, size);
    duk_pop(context);
    return svg;
}

// With what reads it aloud: its title and what it shows.
std::string with_words(const std::string& svg, const Figure& figure) {
    const auto end = svg.find('>');
    return svg.substr(0, end) + " role=\"img\">\n<title>" + html_text(figure.title) +
           "</title>\n<desc>" + html_text(figure.alt) + "</desc>" + svg.substr(end + 1) + "\n";
}

}  // namespace

struct Pen::Machine {
    std::unique_ptr<duk_context, CloseHeap> context{duk_create_heap_default()};
};

Pen::Pen() : machine_(std::make_unique<Machine>()) {
    if (!machine_->context) {
        throw std::bad_alloc();
    }
    auto* context = machine_->context.get();
    run_script(context, kMachine, "the machine");
    run_script(context, echarts_script(), "ECharts");
    run_script(context, measure_script(), "measure.js");
    run_script(context, chart_script(), "charts.js");
}
Pen::~Pen() = default;
Pen::Pen(Pen&&) noexcept = default;
Pen& Pen::operator=(Pen&&) noexcept = default;

std::string Pen::svg_of(const Figure& figure) {
    return with_words(drawn(machine_->context.get(), json_of(figure.chart), plain_id(figure.id)),
                      figure);
}

std::string svg_of(const Figure& figure) {
    return Pen().svg_of(figure);
}

std::vector<Drawing> drawings_of(const Page& page) {
    Names names;
    std::vector<const Figure*> figures;
    std::vector<Drawing> drawings;
    for (const auto& section : page.sections) {
        for (const auto& block : section.blocks) {
            if (const auto* figure = std::get_if<Figure>(&block)) {
                figures.push_back(figure);
                drawings.push_back({names.unique(figure->id) + ".svg", {}});
            }
        }
    }
    // A pen is made in the time of some figures: few figures are not worth a second one.
    const std::size_t pens = std::clamp<std::size_t>(
        figures.size() / kFiguresOfPen, 1, std::max(1U, std::thread::hardware_concurrency()));
    std::atomic<std::size_t> next = 0;
    std::vector<std::future<void>> drawing;
    for (std::size_t i = 0; i < pens; ++i) {
        drawing.push_back(std::async(std::launch::async, [&] {
            Pen pen;
            for (std::size_t at = next++; at < figures.size(); at = next++) {
                drawings[at].svg = pen.svg_of(*figures[at]);
            }
        }));
    }
    for (auto& one : drawing) {
        one.get();
    }
    return drawings;
}

}  // namespace graft::results::report
