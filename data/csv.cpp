// SPDX-License-Identifier: Apache-2.0
#include "data/csv.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/text.hpp"

namespace graft::data {

namespace {

std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) {
        return {};
    }
    return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

// Reads fields and rows off the front of a text.
class Reader {
  public:
    Reader(std::string_view text, const std::filesystem::path& path) : rest_(text), path_(path) {
        constexpr std::string_view mark = "\xEF\xBB\xBF";
        if (rest_.starts_with(mark)) {
            rest_.remove_prefix(mark.size());
        }
    }
    bool at_end() const { return rest_.empty(); }

    Csv::Row row() {
        Csv::Row row{line_, {}};
        do {
            row.fields.push_back(field());
        } while (take(','));
        take('\r');
        if (take('\n')) {
            ++line_;
        } else if (!at_end()) {
            core::fail_input(
                "{}:{}: text after a closing quote. Write \"\" for a quote inside one.",
                path_.string(), line_);
        }
        return row;
    }

  private:
    bool take(char c) {
        if (rest_.empty() || rest_.front() != c) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }

    std::string field() {
        const auto start = rest_.find_first_not_of(" \t");
        if (start != std::string_view::npos && rest_[start] == '"') {
            rest_.remove_prefix(start + 1);
            return quoted();
        }
        // A lone CR ends a line only before LF.
        auto end = std::min(rest_.find_first_of(",\n"), rest_.size());
        const auto next = end;
        if (end > 0 && rest_[end - 1] == '\r' && (end == rest_.size() || rest_[end] == '\n')) {
            --end;
        }
        std::string text = trimmed(rest_.substr(0, end));
        rest_.remove_prefix(next);
        return text;
    }

    std::string quoted() {
        const int first = line_;
        std::string text;
        while (!rest_.empty()) {
            const char c = rest_.front();
            rest_.remove_prefix(1);
            if (c != '"') {
                line_ += c == '\n';
                text += c;
            } else if (!take('"')) {
                while (take(' ') || take('\t')) {
                }
                return text;
            } else {
                text += '"';
            }
        }
        core::fail_input("{}:{}: a quote is not closed. Close it, or remove it.", path_.string(),
                         first);
    }

    std::string_view rest_;
    const std::filesystem::path& path_;
    int line_ = 1;
};

bool is_blank(const Csv::Row& row) {
    return row.fields.size() == 1 && row.fields[0].empty();
}

}  // namespace

std::size_t Csv::column(const std::string& name) const {
    const auto found = std::find(header.begin(), header.end(), name);
    if (found == header.end()) {
        const std::string near = core::nearest(name, header);
        core::fail_input("'{}' has no column '{}'.{} Its columns: {}.", path.string(), name,
                         near.empty() ? "" : fmt::format(" Did you mean '{}'?", near),
                         core::join(header));
    }
    return static_cast<std::size_t>(found - header.begin());
}

Csv parse_csv(std::string_view text, const std::filesystem::path& path) {
    if (text.find('\0') != std::string_view::npos) {
        core::fail_input(
            "'{}' has zero bytes (a table in UTF-16, or no text). Save it as UTF-8 text.",
            path.string());
    }
    Csv table;
    table.path = path;
    Reader reader(text, path);
    while (!reader.at_end()) {
        Csv::Row row = reader.row();
        if (is_blank(row)) {
            continue;
        }
        if (table.header.empty()) {
            table.header = std::move(row.fields);
            continue;
        }
        if (row.fields.size() != table.header.size()) {
            core::fail_input("{}:{}: {} fields (the header has {}). Correct the row.",
                             path.string(), row.line, row.fields.size(), table.header.size());
        }
        table.rows.push_back(std::move(row));
    }
    if (table.header.empty()) {
        core::fail_input("'{}' is empty (a header and rows expected). Check the path.",
                         path.string());
    }
    return table;
}

Csv read_csv(const std::filesystem::path& path) {
    return parse_csv(core::read_file(path), path);
}

}  // namespace graft::data
