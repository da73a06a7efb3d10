// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace graft::core {

// The name in `known` that is nearest to `word` by edit distance, for "did you mean"; empty when
// none is within a third of the word's length (at least 2).
std::string nearest(std::string_view word, const std::vector<std::string>& known);

// "a, b, c"
std::string join(const std::vector<std::string>& parts, std::string_view separator = ", ");

std::vector<std::string> split(std::string_view text, char separator);

// The whole text as a number in the C locale; nothing when anything is left over.
std::optional<double> parse_double(std::string_view text);
std::optional<std::int64_t> parse_int(std::string_view text);

// The shortest text that reads back as the same double ("0.0001", "1e-05").
std::string shortest(double value);

// A name from outside as a message may show it, so that it can be told from others: what
// printable() leaves out stands there as "\x0a". At most `longest` characters, then "...".
std::string escaped(std::string_view text, std::size_t longest = 200);

// "1 trial", "3 trials"
std::string counted(std::size_t count, std::string_view what);

// The text as it may be shown on a terminal whoever wrote it: without escape sequences, control
// characters and those that turn the direction of writing; a tab is a blank, a byte that is no
// UTF-8 a replacement character. At most `longest` characters, then "…".
std::string printable(std::string_view text, std::size_t longest = std::string_view::npos);

// "1.5 GiB"
std::string bytes_text(std::uint64_t bytes);

// "2 h 05 min", "12 s"
std::string duration_text(double seconds);

}  // namespace graft::core
