// SPDX-License-Identifier: Apache-2.0
// core/bytes: every kind of value that the encoding has.
#include "core/bytes.hpp"

#include "fuzz/fuzz.hpp"

namespace {

struct Leaf {
    bool flag = false;
    double number = 0;
    std::string text;
    template <class Archive>
    void fields(Archive& archive) {
        archive(flag, number, text);
    }
};
struct Nothing {
    template <class Archive>
    void fields(Archive&) {}
};
using Either = std::variant<Nothing, Leaf, std::int32_t>;

struct Tree {
    std::vector<Leaf> leaves;
    std::vector<std::vector<std::string>> nested;
    std::vector<Either> several;
    std::map<std::string, std::vector<std::uint16_t>> map;
    std::optional<std::pair<Leaf, std::uint8_t>> pair;
    std::array<std::uint64_t, 2> pixels{};
    template <class Archive>
    void fields(Archive& archive) {
        archive(leaves, nested, several, map, pair, pixels);
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = graft::fuzz::text_of(data, size);
    graft::fuzz::check_decoding<Tree>(bytes);
    graft::fuzz::check_decoding<std::vector<Tree>>(bytes);
    return 0;
}
