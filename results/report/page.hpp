// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "results/table.hpp"

namespace graft::results::report {

// What a report says, before it is a page: sections of sentences, figures and tables. Plain texts
// throughout; whoever draws them escapes them. All numbers that are missing are NaN.

struct Axis {
    std::string label;                    // with its unit
    std::vector<std::string> categories;  // not empty: positions 0, 1, ... have these names
    bool logarithmic = false;
    std::optional<double> low, high;  // else from the data
};

// Where an interval ends only because nothing beyond was measured.
enum class Bound { none, at_least, at_most };

struct Point {
    double x = NAN, y = NAN;
    double low = NAN, high = NAN;  // of the interval of y; missing: none is drawn
    Bound bound = Bound::none;     // drawn as an arrow from y
    std::string label = {};        // for the tooltip: "5 seeds"
};

struct Series {
    std::string name;
    std::vector<Point> points;
    int colour = 0;       // index into the palette; its mark and dash follow from it, too
    bool dashed = false;  // a second kind of line in the same colour
};

// A level to read the others by: "floor", "equal".
struct Reference {
    std::string name;
    double y = 0;
};

// Lines with a band from low to high.
struct LineChart {
    Axis x, y;
    std::vector<Series> series;
    std::vector<Reference> references = {};
};

// A mark and a bar from low to high for each category of x; series stand side by side.
struct IntervalChart {
    Axis x, y;
    std::vector<Series> series;
    std::vector<Reference> references = {};
};

// Points of several panels with axes of their own that mean nothing (t-SNE): one series for each
// class, the same classes in all panels.
struct Panel {
    std::string title, note;  // note: below the title, "neighbours 0.91, linear probe 0.93"
    std::vector<Series> series;
};
struct PanelChart {
    std::vector<Panel> panels;
};

// Counts of a square table: rows are the true classes, columns what was predicted.
struct HeatChart {
    std::vector<std::string> names;
    std::vector<std::int64_t> counts;  // [names, names], row-major
};

using Chart = std::variant<LineChart, IntervalChart, PanelChart, HeatChart>;

struct Figure {
    std::string id;       // names its SVG file: "speedup", "curves-retina"
    std::string title;    // what it shows
    std::string caption;  // what the intervals are over, and what to mind
    std::string alt;      // for who cannot see it: the finding in words
    Chart chart;
};

// A table that sorts and filters.
struct Sheet {
    std::string id, title, caption;
    Table table;
    bool folded = false;  // closed until it is asked for
};

// A picture that was made elsewhere, shown as it is.
struct Picture {
    std::string id, title, caption;
    std::string alt;  // for who cannot see it
    std::string png;  // the file's bytes
};

enum class Tone { plain, finding, warning };
struct Paragraph {
    std::string text;
    Tone tone = Tone::plain;
};

using Block = std::variant<Paragraph, Figure, Sheet, Picture>;

struct Section {
    std::string id, heading;
    std::vector<Block> blocks;
};

struct Page {
    std::string title;     // the sweep's name
    std::string subtitle;  // "36 of 36 trials, 25 November 2026, graft 0.1.0"
    std::vector<Section> sections;
};

// A figure drawn for a paper: white ground, dark ink. Equal figures give equal bytes.
struct Drawing {
    std::string file;  // "speedup.svg", after the figure's id
    std::string svg;
};
// One for each figure, in their order: a tenth of a second each.
std::vector<Drawing> drawings_of(const Page& page);
std::string svg_of(const Figure& figure);

// One HTML file that needs nothing else, not even a network. `drawings`: those of the page, for
// readers without scripts.
std::string html_of(const Page& page, const std::vector<Drawing>& drawings);
std::string html_of(const Page& page);

// An id as the name of a file and of a place in a page: lower-case letters, digits, '-' and '_';
// everything else is a '-'.
std::string plain_id(std::string_view id);

}  // namespace graft::results::report
