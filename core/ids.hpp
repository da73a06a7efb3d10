// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <functional>

namespace graft::core {

// A number (or text) that names one kind of thing; ids of different kinds do not mix.
//   struct RankTag; using Rank = Id<RankTag, int>;
template <class Tag, class T>
struct Id {
    T value{};

    Id() = default;
    explicit Id(T v) : value(std::move(v)) {}
    auto operator<=>(const Id&) const = default;

    template <class Archive>
    void fields(Archive& archive) {
        archive(value);
    }
};

}  // namespace graft::core

template <class Tag, class T>
struct std::hash<graft::core::Id<Tag, T>> {
    std::size_t operator()(const graft::core::Id<Tag, T>& id) const {
        return std::hash<T>{}(id.value);
    }
};
