// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace graft::data {

// A text with named parts: "{id}_{channel}.png" matches "ab_cd_red.png" with id "ab_cd" and
// channel "red". A part stands for one or more characters, and "*" for any run of them without a
// name. {id} and {group} take as much as they can, other parts as little, the first part first.
class Pattern {
  public:
    static constexpr std::size_t kLongestName = 255;  // bytes, as file systems have it
    static constexpr std::size_t kLongestPattern = 1000;

    using Parts = std::map<std::string, std::string>;

    // `key` names the setting in messages. Throws InputError for an unclosed brace, a part without
    // name, given twice, or beside another one with nothing between; and for more than
    // kLongestName.
    Pattern(std::string_view text, std::string_view key);

    // Takes time in proportion to the pieces and the square of the text's length; a text of more
    // than kLongestName matches nothing.
    std::optional<Parts> match(std::string_view text) const;
    const std::vector<std::string>& names() const { return names_; }
    bool has(std::string_view name) const;
    const std::string& text() const { return text_; }
    // Nothing to fill in: the pattern is this text.
    bool is_literal() const;

  private:
    struct Piece {
        std::string text;  // the literal, or the part's name
        enum Kind { literal, part, any } kind = literal;
    };
    class Matcher;
    void add_piece(Piece piece, std::string_view key);

    std::string text_;
    std::vector<Piece> pieces_;
    std::vector<std::string> names_;
};

}  // namespace graft::data
