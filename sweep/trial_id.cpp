// SPDX-License-Identifier: Apache-2.0
#include "sweep/trial_id.hpp"

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/text.hpp"

namespace graft::sweep {

namespace {

constexpr std::string_view kAlphabet = "0123456789abcdef";
constexpr unsigned kBits = 4;  // of a digit

std::optional<std::uint64_t> number_of(std::string_view text) {
    if (text.size() != TrialId::kDigits) {
        return std::nullopt;
    }
    std::uint64_t number = 0;
    for (const char c : text) {
        const bool decimal = c >= '0' && c <= '9';
        if (!decimal && (c < 'a' || c > 'f')) {
            return std::nullopt;
        }
        number = number << kBits | static_cast<std::uint64_t>(decimal ? c - '0' : c - 'a' + 10);
    }
    return number;
}

}  // namespace

TrialId::TrialId(std::string_view text) {
    const auto number = number_of(text);
    if (!number) {
        core::fail_input(
            "'{}' is no trial's name (it is 16 digits of 0 to 9 and a to f). List the names: graft "
            "plan FILE --trials",
            core::escaped(text));
    }
    number_ = *number;
}

std::optional<TrialId> TrialId::parse(std::string_view text) {
    const auto number = number_of(text);
    return number ? std::optional(TrialId(*number)) : std::nullopt;
}

std::string TrialId::text() const {
    const auto digits = digits_of(number_);
    return {digits.data(), digits.size()};
}

TrialId::Digits TrialId::digits_of(std::uint64_t number) {
    Digits digits{};
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
        *digit = kAlphabet[number % kAlphabet.size()];
        number >>= kBits;
    }
    return digits;
}

std::uint64_t TrialId::decoded(const Digits& digits) {
    const auto number = number_of({digits.data(), digits.size()});
    if (!number) {
        fail_decoding();
    }
    return *number;
}

void TrialId::fail_decoding() {
    throw core::DecodeError("a trial's name is not 16 hexadecimal digits");
}

}  // namespace graft::sweep
