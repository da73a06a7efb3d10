// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace graft::sweep {

// A trial's name: 16 hexadecimal digits, the start of the hash of its canonical text. A number
// within (a million of them are looked up again and again), digits wherever anybody sees it; names
// are ordered as their texts are. One that was given no value is all zeros.
class TrialId {
  public:
    static constexpr std::size_t kDigits = 16;

    TrialId() = default;
    explicit constexpr TrialId(std::uint64_t number) : number_(number) {}
    // Throws InputError for anything but 16 digits of 0 to 9 and a to f.
    explicit TrialId(std::string_view text);
    explicit TrialId(const char* text) : TrialId(std::string_view(text)) {}
    // Nothing for what is no name.
    static std::optional<TrialId> parse(std::string_view text);

    std::uint64_t number() const { return number_; }
    std::string text() const;
    auto operator<=>(const TrialId&) const = default;

    // Encoded as its text: a uint32 count and the digits.
    template <class Archive>
    void fields(Archive& archive) {
        auto count = static_cast<std::uint32_t>(kDigits);
        auto digits = digits_of(number_);
        archive(count);
        if (count != kDigits) {
            fail_decoding();
        }
        archive(digits);
        // Encoding gives the archive what is const and stays as it is.
        if (const auto number = decoded(digits); number != number_) {
            number_ = number;
        }
    }

  private:
    using Digits = std::array<char, kDigits>;
    static Digits digits_of(std::uint64_t number);
    static std::uint64_t decoded(const Digits& digits);  // throws DecodeError
    [[noreturn]] static void fail_decoding();

    std::uint64_t number_ = 0;
};

}  // namespace graft::sweep

template <>
struct std::hash<graft::sweep::TrialId> {
    std::size_t operator()(const graft::sweep::TrialId& id) const { return id.number(); }
};
