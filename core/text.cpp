// SPDX-License-Identifier: Apache-2.0
#include "core/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

namespace graft::core {

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
            diagonal = above;
        }
    }
    return row[b.size()];
}

template <class T>
std::optional<T> parse_number(std::string_view text) {
    T value{};
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || text.empty()) {
        return std::nullopt;
    }
    return value;
}

// What an escape sequence at the beginning of `text` takes; "\x1b[31m", "\x1b]0;title\a".
std::size_t escape_length(std::string_view text) {
    if (text.size() < 2) {
        return text.size();
    }
    std::size_t end = 2;
    if (text[1] == '[') {
        while (end < text.size() && (text[end] < '@' || text[end] > '~')) {
            ++end;
        }
        return std::min(end + 1, text.size());
    }
    if (text[1] == ']') {
        while (end < text.size() && text[end] != '\a' && text[end] != '\x1b') {
            ++end;
        }
        return std::min(end + (end < text.size() && text[end] == '\a' ? 1 : 0), text.size());
    }
    return 2;
}

struct Character {
    std::size_t bytes = 1;
    std::uint32_t code = 0xFFFD;  // the replacement character, of a byte that is no UTF-8
};

Character first_character(std::string_view text) {
    const auto first = static_cast<unsigned char>(text[0]);
    const std::size_t bytes = first < 0x80             ? 1
                              : (first & 0xE0) == 0xC0 ? 2
                              : (first & 0xF0) == 0xE0 ? 3
                              : (first & 0xF8) == 0xF0 ? 4
                                                       : 0;
    if (bytes == 0 || bytes > text.size()) {
        return {};
    }
    std::uint32_t code = bytes == 1 ? first : first & (0xFFU >> (bytes + 1));
    for (std::size_t i = 1; i < bytes; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xC0) != 0x80) {
            return {};
        }
        code = code << 6U | (next & 0x3FU);
    }
    static constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool valid =
        code >= kSmallest[bytes] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
    return valid ? Character{bytes, code} : Character{};
}

bool may_be_shown(std::uint32_t code) {
    const bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
    const bool direction = code == 0x200E || code == 0x200F || code == 0x061C ||
                           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
    return !control && !direction && code != 0xFEFF;
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
    std::size_t best = std::max<std::size_t>(2, word.size() / 3) + 1;
    std::string found;
    for (const auto& name : known) {
        const std::size_t distance = edit_distance(word, name);
        if (distance < best) {
            best = distance;
            found = name;
        }
    }
    return found;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
    return fmt::format("{}", fmt::join(parts, separator));
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    std::size_t start = 0;
    while (true) {
        const auto stop = text.find(separator, start);
        parts.emplace_back(text.substr(start, stop - start));
        if (stop == std::string_view::npos) {
            return parts;
        }
        start = stop + 1;
    }
}

std::optional<double> parse_double(std::string_view text) {
    return parse_number<double>(text);
}

std::optional<std::int64_t> parse_int(std::string_view text) {
    return parse_number<std::int64_t>(text);
}

std::string shortest(double value) {
    return fmt::format("{}", value);
}

std::string escaped(std::string_view text, std::size_t longest) {
    std::string shown;
    for (std::size_t count = 0; !text.empty(); ++count) {
        if (count == longest) {
            return shown + "...";
        }
        const auto [bytes, code] = first_character(text);
        const bool no_utf8 = bytes == 1 && code > 0x7F;
        for (const char c : text.substr(0, bytes)) {
            shown += no_utf8 || !may_be_shown(code)
                         ? fmt::format("\\x{:02x}", static_cast<unsigned char>(c))
                         : std::string(1, c);
        }
        text.remove_prefix(bytes);
    }
    return shown;
}

std::string counted(std::size_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string printable(std::string_view text, std::size_t longest) {
    std::string shown;
    std::size_t count = 0;
    while (!text.empty()) {
        if (text[0] == '\x1b') {
            text.remove_prefix(escape_length(text));
            continue;
        }
        const auto [bytes, code] = first_character(text);
        if (code == '\t' || may_be_shown(code)) {
            if (count++ == longest) {
                return shown + "…";
            }
            shown += code == '\t'                ? std::string(" ")
                     : bytes == 1 && code > 0x7F ? std::string("\xEF\xBF\xBD")
                                                 : std::string(text.substr(0, bytes));
        }
        text.remove_prefix(bytes);
    }
    return shown;
}

std::string bytes_text(std::uint64_t bytes) {
    static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = static_cast<double>(bytes);
    int unit = 0;
    while (value >= 1024 && unit < 5) {
        value /= 1024;
        ++unit;
    }
    return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string duration_text(double seconds) {
    if (seconds < 10) {
        return fmt::format("{:.1f} s", seconds);
    }
    const auto whole = static_cast<std::int64_t>(std::llround(seconds));
    if (whole < 120) {
        return fmt::format("{} s", whole);
    }
    if (whole < 2 * 3600) {
        return fmt::format("{} min {:02} s", whole / 60, whole % 60);
    }
    if (whole < 48 * 3600) {
        return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
    }
    return fmt::format("{} d {:02} h", whole / 86400, whole % 86400 / 3600);
}

}  // namespace graft::core
