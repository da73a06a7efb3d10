// SPDX-License-Identifier: Apache-2.0
#include "data/pattern.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace graft::data {

void Pattern::add_piece(Piece piece, std::string_view key) {
    if (piece.kind == Piece::literal && piece.text.empty()) {
        return;
    }
    if (piece.kind != Piece::literal && !pieces_.empty() && pieces_.back().kind != Piece::literal) {
        core::fail_input(
            "{} = '{}' has two parts side by side (where one ends is open). Put a "
            "character between them.",
            key, text_);
    }
    if (piece.kind == Piece::part) {
        if (piece.text.empty() || has(piece.text)) {
            core::fail_input(
                "{} = '{}' has a part that is empty or given twice ('{{{}}}'). Give "
                "each part once, with a name.",
                key, text_, piece.text);
        }
        names_.push_back(piece.text);
    }
    pieces_.push_back(std::move(piece));
}

Pattern::Pattern(std::string_view text, std::string_view key) : text_(text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const auto next = std::min(text.find_first_of("{*", at), text.size());
        add_piece({std::string(text.substr(at, next - at)), Piece::literal}, key);
        if (next == text.size()) {
            return;
        }
        if (text[next] == '*') {
            add_piece({"*", Piece::any}, key);
            at = next + 1;
            continue;
        }
        const auto close = text.find('}', next);
        if (close == std::string_view::npos) {
            core::fail_input("{} = '{}' has a brace that is not closed. Write {{name}}.", key,
                             text);
        }
        add_piece({std::string(text.substr(next + 1, close - next - 1)), Piece::part}, key);
        at = close + 1;
    }
}

bool Pattern::has(std::string_view name) const {
    return std::find(names_.begin(), names_.end(), name) != names_.end();
}

bool Pattern::is_literal() const {
    return pieces_.size() == 1 && pieces_[0].kind == Piece::literal;
}

bool Pattern::match_part(std::size_t piece, std::string_view rest, Parts& parts) const {
    const auto& wanted = pieces_[piece];
    const bool named = wanted.kind == Piece::part;
    const bool longest = named && (wanted.text == "id" || wanted.text == "group");
    const std::size_t least = named ? 1 : 0;
    if (rest.size() < least) {
        return false;
    }
    for (std::size_t i = least; i <= rest.size(); ++i) {
        const std::size_t length = longest ? rest.size() + least - i : i;
        if (match_from(piece + 1, rest.substr(length), parts)) {
            if (named) {
                parts[wanted.text] = std::string(rest.substr(0, length));
            }
            return true;
        }
    }
    return false;
}

bool Pattern::match_from(std::size_t piece, std::string_view rest, Parts& parts) const {
    if (piece == pieces_.size()) {
        return rest.empty();
    }
    if (pieces_[piece].kind != Piece::literal) {
        return match_part(piece, rest, parts);
    }
    const auto& literal = pieces_[piece].text;
    return rest.starts_with(literal) && match_from(piece + 1, rest.substr(literal.size()), parts);
}

std::optional<Pattern::Parts> Pattern::match(std::string_view text) const {
    Parts parts;
    return match_from(0, text, parts) ? std::optional(std::move(parts)) : std::nullopt;
}

}  // namespace graft::data
