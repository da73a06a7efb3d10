// SPDX-License-Identifier: Apache-2.0
#include <boost/archive/iterators/base64_from_binary.hpp>
#include <boost/archive/iterators/transform_width.hpp>
#include <fmt/format.h>

#include "results/report/assets.hpp"
#include "results/report/json.hpp"
#include "results/report/names.hpp"
#include "results/report/page.hpp"
#include "results/report/sheet.hpp"

namespace graft::results::report {

namespace {

// A drawing that is larger is left out of the page: who has no scripts is told where it is.
constexpr std::size_t kLargestDrawing = 300'000;

// Nothing is fetched and nothing is sent, whatever a text may smuggle in.
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: "
    "blob:";

std::string data_script(const std::string& json) {
    return "<script type=\"application/json\">" + json + "</script>\n";
}

std::string paragraph_html(const Paragraph& paragraph) {
    const std::string text = html_text(paragraph.text);
    switch (paragraph.tone) {
        case Tone::finding:
            return "<p class=\"finding\">" + text + "</p>\n";
        case Tone::warning:
            return "<p class=\"warning\"><strong>Caution:</strong> " + text + "</p>\n";
        case Tone::plain:
            break;
    }
    return "<p>" + text + "</p>\n";
}

std::string drawing_html(const Drawing& drawing) {
    if (drawing.svg.size() > kLargestDrawing) {
        return "<p>Scripts are off. This figure is in the file " + html_text(drawing.file) +
               ".</p>";
    }
    return drawing.svg;
}

std::string figure_html(const Figure& figure, const Drawing& drawing, const std::string& name) {
    return fmt::format(
        "<figure id=\"{0}\" class=\"chart\" data-file=\"{5}\">\n<h3>{1}</h3>\n"
        "<div class=\"plot\" role=\"img\" aria-label=\"{2}\"><noscript>{3}</noscript></div>\n"
        "<figcaption>{4}</figcaption>\n{6}</figure>\n",
        name, html_text(figure.title), html_text(figure.alt), drawing_html(drawing),
        html_text(figure.caption), html_text(drawing.file), data_script(json_of(figure.chart)));
}

std::string sheet_html(const Sheet& sheet, const std::string& name) {
    const std::size_t rows = sheet.table.rows();
    const std::string size =
        fmt::format("{} row{}, {} columns", rows, rows == 1 ? "" : "s", sheet.table.columns.size());
    const std::string body = fmt::format(
        "<p class=\"caption\">{}</p>\n<div class=\"cells\" role=\"region\" tabindex=\"0\" "
        "aria-label=\"{}\">{}</div>\n{}",
        html_text(sheet.caption), html_text(sheet.title), table_html(sheet.table, sheet.title),
        data_script(json_of(sheet.table)));
    if (sheet.folded) {
        return fmt::format(
            "<details id=\"{}\" class=\"sheet\"><summary><h3>{}</h3> <span>{}</span></summary>\n"
            "{}</details>\n",
            name, html_text(sheet.title), size, body);
    }
    return fmt::format("<div id=\"{}\" class=\"sheet\"><h3>{}</h3>\n{}</div>\n", name,
                       html_text(sheet.title), body);
}

// RFC 4648, section 4.
std::string base64(std::string_view bytes) {
    using namespace boost::archive::iterators;
    using Digits = base64_from_binary<transform_width<const char*, 6, 8>>;
    std::string text(Digits(bytes.data()), Digits(bytes.data() + bytes.size()));
    return text.append((3 - bytes.size() % 3) % 3, '=');
}

std::string picture_html(const Picture& picture, const std::string& name) {
    return fmt::format(
        "<figure id=\"{0}\" class=\"picture\">\n<h3>{1}</h3>\n"
        "<img src=\"data:image/png;base64,{2}\" alt=\"{3}\">\n"
        "<figcaption>{4}</figcaption>\n</figure>\n",
        name, html_text(picture.title), base64(picture.png), html_text(picture.alt),
        html_text(picture.caption));
}

// The page while it is written: drawings are taken in the order of the figures.
struct Writer {
    const std::vector<Drawing>& drawings;
    Names names{{"content", "contents", "theme", "top"}};  // those of the page itself
    std::size_t drawn = 0;
    std::string contents = {}, body = {};

    void add(const Section& section) {
        const std::string name = names.unique(section.id);
        contents +=
            fmt::format("<li><a href=\"#{}\">{}</a></li>\n", name, html_text(section.heading));
        body += fmt::format(
            "<section id=\"{0}\" aria-labelledby=\"{0}-h\">\n"
            "<h2 id=\"{0}-h\">{1}</h2>\n",
            name, html_text(section.heading));
        for (const auto& block : section.blocks) {
            body += std::visit([this](const auto& kind) { return html(kind); }, block);
        }
        body += "</section>\n";
    }
    std::string html(const Paragraph& paragraph) const { return paragraph_html(paragraph); }
    std::string html(const Figure& figure) {
        return figure_html(figure, drawings.at(drawn++), names.unique(figure.id));
    }
    std::string html(const Picture& picture) {
        return picture_html(picture, names.unique(picture.id));
    }
    std::string html(const Sheet& sheet) { return sheet_html(sheet, names.unique(sheet.id)); }
};

std::string head_html(const Page& page) {
    return fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n"
        "<style>\n{}</style>\n</head>\n",
        kPolicy, html_text(page.title), page_style());
}

}  // namespace

std::string html_of(const Page& page, const std::vector<Drawing>& drawings) {
    Writer writer{drawings};
    for (const auto& section : page.sections) {
        writer.add(section);
    }
    std::string html = head_html(page);
    html += fmt::format(
        "<body>\n<a class=\"skip\" href=\"#content\">Skip to the content</a>\n"
        "<header id=\"top\">\n<h1>{}</h1>\n<p>{}</p>\n</header>\n"
        "<nav id=\"contents\" aria-label=\"Contents\">\n<ol>\n{}</ol>\n</nav>\n"
        "<main id=\"content\" tabindex=\"-1\">\n{}</main>\n"
        "<footer><p>Written by graft. Charts by Apache ECharts 6.0.0 (Apache License 2.0).</p>"
        "</footer>\n",
        html_text(page.title), html_text(page.subtitle), writer.contents, writer.body);
    for (const auto script : {echarts_script(), chart_script(), page_script()}) {
        html += "<script>\n";
        html += script;
        html += "\n</script>\n";
    }
    return html + "</body>\n</html>\n";
}

std::string html_of(const Page& page) {
    return html_of(page, drawings_of(page));
}

std::string plain_id(std::string_view id) {
    std::string plain;
    for (const char c : id) {
        const bool keep = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        plain += keep ? c : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : '-';
    }
    return plain.empty() ? "figure" : plain;
}

}  // namespace graft::results::report
