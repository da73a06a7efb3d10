// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "core/enum_table.hpp"

namespace graft::core {

static_assert(std::endian::native == std::endian::little, "the encoding is little-endian");

// Bytes that end before a value does, or a number that is none of a variant's or an enum's.
class DecodeError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The one binary encoding of messages and journal events. A struct takes part by listing its
// members once, for both directions:
//   template <class Archive> void fields(Archive& archive) { archive(a, b, c); }
// Numbers little-endian in their own width (floats bit for bit, NaN included), bool one byte,
// strings and vectors a uint32 count first, optional a byte first, variants a byte with the index.
// Enums have their EnumNames, which say how many values there are. What is decoded takes memory in
// proportion to the bytes that were there, whatever counts they claim.
class Encoder {
  public:
    template <class... T>
    void operator()(const T&... values) {
        (put(values), ...);
    }
    // Members of a struct that came after its others, with this format: named last, by default T{}.
    template <class... T>
    void since(std::uint32_t, const T&... values) {
        (put(values), ...);
    }
    std::string take() { return std::move(bytes_); }

  private:
    template <class T>
    void put(const T& value) {
        if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
            bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
        } else {
            // fields() serves both directions, so it cannot be const; encoding changes nothing.
            const_cast<T&>(value).fields(*this);
        }
    }
    void put(const std::string& text) {
        put(static_cast<std::uint32_t>(text.size()));
        bytes_.append(text);
    }
    template <class T>
    void put(const std::vector<T>& items) {
        put(static_cast<std::uint32_t>(items.size()));
        for (const auto& item : items) {
            put(item);
        }
    }
    template <class T, std::size_t N>
    void put(const std::array<T, N>& items) {
        for (const auto& item : items) {
            put(item);
        }
    }
    template <class K, class V>
    void put(const std::map<K, V>& items) {
        put(static_cast<std::uint32_t>(items.size()));
        for (const auto& [key, value] : items) {
            put(key);
            put(value);
        }
    }
    template <class A, class B>
    void put(const std::pair<A, B>& pair) {
        put(pair.first);
        put(pair.second);
    }
    template <class T>
    void put(const std::optional<T>& item) {
        put(item.has_value());
        if (item) {
            put(*item);
        }
    }
    template <class... T>
    void put(const std::variant<T...>& item) {
        put(static_cast<std::uint8_t>(item.index()));
        std::visit([this](const auto& value) { this->put(value); }, item);
    }

    std::string bytes_;
};

class Decoder {
  public:
    static constexpr std::uint32_t kToday = std::numeric_limits<std::uint32_t>::max();

    // `format`: the one that the bytes were written in; left out, today's.
    explicit Decoder(std::string_view bytes, std::uint32_t format = kToday)
        : rest_(bytes), format_(format) {}

    template <class... T>
    void operator()(T&... values) {
        (get(values), ...);
    }
    // As Encoder's; bytes of an earlier format give T{}.
    template <class... T>
    void since(std::uint32_t format, T&... values) {
        if (format_ >= format) {
            (get(values), ...);
        } else {
            ((values = T{}), ...);
        }
    }
    bool at_end() const { return rest_.empty(); }

  private:
    const char* take(std::size_t count) {
        if (rest_.size() < count) {
            throw DecodeError("the bytes end before the value does");
        }
        const char* start = rest_.data();
        rest_.remove_prefix(count);
        return start;
    }
    std::uint32_t count() {
        std::uint32_t n = 0;
        get(n);
        if (n > rest_.size()) {  // every item takes at least a byte
            throw DecodeError("a count exceeds the bytes that follow");
        }
        return n;
    }
    template <class T>
    void get(T& value) {
        if constexpr (std::is_arithmetic_v<T>) {
            std::memcpy(&value, take(sizeof value), sizeof value);
        } else if constexpr (std::is_enum_v<T>) {
            std::underlying_type_t<T> number{};
            get(number);
            // A negative number becomes a large one.
            if (static_cast<std::size_t>(number) >= EnumNames<T>::names.size()) {
                throw DecodeError("unknown choice (written by a newer graft?)");
            }
            value = static_cast<T>(number);
        } else {
            value.fields(*this);
        }
    }
    void get(bool& value) { value = *take(1) != 0; }
    void get(std::string& text) {
        const auto n = count();
        text.assign(take(n), n);
    }
    template <class T>
    void get(std::vector<T>& items) {
        items.clear();
        // One by one, and room for no more than the bytes would fill: an item may take many times
        // its bytes, and the count may be a lie.
        auto n = count();
        items.reserve(std::min<std::size_t>(n, rest_.size() / sizeof(T) + 1));
        for (; n > 0; --n) {
            get(items.emplace_back());
        }
    }
    template <class T, std::size_t N>
    void get(std::array<T, N>& items) {
        for (auto& item : items) {
            get(item);
        }
    }
    template <class K, class V>
    void get(std::map<K, V>& items) {
        items.clear();
        for (auto n = count(); n > 0; --n) {
            K key{};
            get(key);
            get(items[std::move(key)]);
        }
    }
    template <class A, class B>
    void get(std::pair<A, B>& pair) {
        get(pair.first);
        get(pair.second);
    }
    template <class T>
    void get(std::optional<T>& item) {
        bool present = false;
        get(present);
        item.reset();
        if (present) {
            get(item.emplace());
        }
    }
    template <class... T>
    void get(std::variant<T...>& item) {
        std::uint8_t index = 0;
        get(index);
        if (!emplace_at(item, index, std::index_sequence_for<T...>{})) {
            throw DecodeError("unknown kind of record (written by a newer graft?)");
        }
    }
    template <class Variant, std::size_t... I>
    bool emplace_at(Variant& item, std::size_t index, std::index_sequence<I...>) {
        return ((index == I && (get(item.template emplace<I>()), true)) || ...);
    }

    std::string_view rest_;
    std::uint32_t format_;
};

template <class T>
std::string encode(const T& value) {
    Encoder encoder;
    encoder(value);
    return encoder.take();
}

// Throws DecodeError when the bytes do not hold exactly one T, in this format.
template <class T>
T decode(std::string_view bytes, std::uint32_t format = Decoder::kToday) {
    T value{};
    Decoder decoder(bytes, format);
    decoder(value);
    if (!decoder.at_end()) {
        throw DecodeError("bytes are left over after the value");
    }
    return value;
}

}  // namespace graft::core
