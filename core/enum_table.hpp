// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace graft::core {

// The texts of an enum whose values are 0, 1, 2, ...: specialise once per enum beside it.
//   template <> struct graft::core::EnumNames<Phase> {
//       static constexpr std::array<std::string_view, 2> names{"warmup", "fine_tune"};
//   };
template <class E>
struct EnumNames;

template <class E>
constexpr std::string_view name_of(E value) {
    return EnumNames<E>::names[static_cast<std::size_t>(value)];
}

template <class E>
constexpr std::optional<E> value_of(std::string_view name) {
    for (std::size_t i = 0; i < EnumNames<E>::names.size(); ++i) {
        if (EnumNames<E>::names[i] == name) {
            return static_cast<E>(i);
        }
    }
    return std::nullopt;
}

}  // namespace graft::core
