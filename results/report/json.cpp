// SPDX-License-Identifier: Apache-2.0
#include "results/report/json.hpp"

#include <cmath>

#include <fmt/format.h>

#include "core/text.hpp"

#include "results/format.hpp"
#include "results/report/sheet.hpp"

namespace graft::results::report {

namespace {

std::string number(double value) {
    return std::isfinite(value) ? fmt::format("{:.6g}", value) : "null";
}

std::string number(const std::optional<double>& value) {
    return number(value.value_or(NAN));
}

template <class Items, class Text>
std::string list(const Items& items, Text text) {
    std::string all = "[";
    for (const auto& item : items) {
        all += (all.size() > 1 ? "," : "") + std::string(text(item));
    }
    return all + "]";
}

std::string member(std::string_view name, std::string_view value) {
    return fmt::format("\"{}\":{}", name, value);
}

std::string axis_text(const Axis& axis) {
    std::string text = "{" + member("label", script_quoted(axis.label));
    if (!axis.categories.empty()) {
        text += "," + member("categories", list(axis.categories, script_quoted));
    }
    if (axis.logarithmic) {
        text += ",\"log\":true";
    }
    return text + "," + member("low", number(axis.low)) + "," + member("high", number(axis.high)) +
           "}";
}

template <class Has, class Text>
std::string column_of(const char* name, const Series& series, Has has, Text text) {
    for (const auto& point : series.points) {
        if (has(point)) {
            return "," + member(name, list(series.points, text));
        }
    }
    return {};
}

int sign_of(Bound bound) {
    return bound == Bound::none ? 0 : bound == Bound::at_least ? 1 : -1;
}

std::string series_text(const Series& series) {
    std::string text = "{" + member("name", script_quoted(series.name)) + "," +
                       member("colour", std::to_string(series.colour));
    text += series.dashed ? ",\"dashed\":true" : "";
    const auto always = [](const Point&) { return true; };
    const auto has_interval = [](const Point& p) {
        return std::isfinite(p.low) && std::isfinite(p.high);
    };
    text += column_of("x", series, always, [](const Point& p) { return number(p.x); });
    text += column_of("y", series, always, [](const Point& p) { return number(p.y); });
    text += column_of("low", series, has_interval, [](const Point& p) { return number(p.low); });
    text += column_of("high", series, has_interval, [](const Point& p) { return number(p.high); });
    text += column_of(
        "bound", series, [](const Point& p) { return p.bound != Bound::none; },
        [](const Point& p) { return std::to_string(sign_of(p.bound)); });
    text += column_of(
        "label", series, [](const Point& p) { return !p.label.empty(); },
        [](const Point& p) { return script_quoted(p.label); });
    return text + (series.points.empty() ? R"(,"x":[],"y":[]})" : "}");
}

std::string reference_text(const Reference& reference) {
    return "{" + member("name", script_quoted(reference.name)) + "," +
           member("y", number(reference.y)) + "}";
}

template <class Plane>
std::string plane_text(const char* kind, const Plane& chart) {
    return fmt::format(R"({{"kind":"{}",{},{},{},{}}})", kind, member("x", axis_text(chart.x)),
                       member("y", axis_text(chart.y)),
                       member("series", list(chart.series, series_text)),
                       member("references", list(chart.references, reference_text)));
}

std::string text_of(const LineChart& chart) {
    return plane_text("lines", chart);
}
std::string text_of(const IntervalChart& chart) {
    return plane_text("intervals", chart);
}

std::string text_of(const PanelChart& chart) {
    const auto panel_text = [](const Panel& panel) {
        return "{" + member("title", script_quoted(panel.title)) + "," +
               member("note", script_quoted(panel.note)) + "," +
               member("series", list(panel.series, series_text)) + "}";
    };
    return R"({"kind":"panels",)" + member("panels", list(chart.panels, panel_text)) + "}";
}

std::string text_of(const HeatChart& chart) {
    return R"({"kind":"heat",)" + member("names", list(chart.names, script_quoted)) + "," +
           member("counts", list(chart.counts, [](std::int64_t n) { return std::to_string(n); })) +
           "}";
}

std::string column_text(const Column& column) {
    std::string text = "{" + member("name", script_quoted(column.name)) + ",";
    if (const auto* texts = std::get_if<Texts>(&column.data)) {
        std::string codes;
        for (std::size_t row = 0; row < texts->size(); ++row) {
            codes += (row == 0 ? "" : ",") + std::to_string(texts->code(row));
        }
        return text + member("texts", list(texts->values(), script_quoted)) + "," +
               member("codes", "[" + codes + "]") + "}";
    }
    text += member("format", fmt::format("\"{}\"", name_of(format_of(column)))) + ",";
    if (const auto* integers = std::get_if<Integers>(&column.data)) {
        return text +
               member("values", list(*integers, [](std::int64_t n) { return std::to_string(n); })) +
               "}";
    }
    return text + member("values", list(std::get<Numbers>(column.data), json_number)) + "}";
}

}  // namespace

std::string script_quoted(std::string_view text) {
    std::string safe;
    for (const char c : json_quoted(core::printable(text))) {
        safe += c == '<' ? "\\u003c" : std::string(1, c);
    }
    return safe;
}

std::string json_of(const Chart& chart) {
    return std::visit([](const auto& kind) { return text_of(kind); }, chart);
}

std::string json_of(const Table& table) {
    return "{" + member("name", script_quoted(table.name)) + "," +
           member("columns", list(table.columns, column_text)) + "}";
}

}  // namespace graft::results::report
