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
    if (text.size() > kLongestPattern) {
        core::fail_input("{} = '{}...' is {} bytes long (at most {} are taken). Shorten it.", key,
                         text.substr(0, 40), text.size(), kLongestPattern);
    }
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

// Walks the pieces and the text in step. Whether the rest of the pieces fits the rest of the text
// does not depend on what came before, so each such pair is tried once: without that a pattern of
// many '*' takes exponential time.
class Pattern::Matcher {
  public:
    Matcher(const std::vector<Piece>& pieces, std::size_t length)
        : pieces_(pieces), length_(length), hopeless_(pieces.size() * (length + 1), false) {}

    bool match(std::size_t piece, std::string_view rest, Parts& parts) {
        if (piece == pieces_.size()) {
            return rest.empty();
        }
        const std::size_t place = piece * (length_ + 1) + rest.size();
        if (hopeless_[place]) {
            return false;
        }
        const bool fits = pieces_[piece].kind == Piece::literal ? match_literal(piece, rest, parts)
                                                                : match_part(piece, rest, parts);
        hopeless_[place] = !fits;
        return fits;
    }

  private:
    bool match_literal(std::size_t piece, std::string_view rest, Parts& parts) {
        const auto& literal = pieces_[piece].text;
        return rest.starts_with(literal) && match(piece + 1, rest.substr(literal.size()), parts);
    }

    bool match_part(std::size_t piece, std::string_view rest, Parts& parts) {
        const auto& wanted = pieces_[piece];
        const bool named = wanted.kind == Piece::part;
        const bool longest = named && (wanted.text == "id" || wanted.text == "group");
        const std::size_t least = named ? 1 : 0;
        if (rest.size() < least) {
            return false;
        }
        for (std::size_t i = least; i <= rest.size(); ++i) {
            const std::size_t length = longest ? rest.size() + least - i : i;
            if (match(piece + 1, rest.substr(length), parts)) {
                if (named) {
                    parts[wanted.text] = std::string(rest.substr(0, length));
                }
                return true;
            }
        }
        return false;
    }

    const std::vector<Piece>& pieces_;
    std::size_t length_;
    std::vector<bool> hopeless_;  // [piece, bytes that are left]
};

std::optional<Pattern::Parts> Pattern::match(std::string_view text) const {
    if (text.size() > kLongestName) {
        return std::nullopt;
    }
    Parts parts;
    return Matcher(pieces_, text.size()).match(0, text, parts) ? std::optional(std::move(parts))
                                                               : std::nullopt;
}

}  // namespace graft::data
