// SPDX-License-Identifier: Apache-2.0
#include "core/hash.hpp"

#include <set>

#include "core/error.hpp"
#include "core/file.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"

using namespace graft::core;

// Known answers of xxHash 0.8 (XXH3, seed 0, no input); trial names and journals rest on them.
TEST_CASE("hashes of nothing are those of xxHash") {
    CHECK(checksum("") == 0x2d06800538d394c2);
    CHECK(content_hash("") == "99aa06d3014798d86001c324468d497f");
    CHECK(content_number("") == 0x99aa06d3014798d8);
}

TEST_CASE("one changed bit changes the hash") {
    std::string text(1000, 'a');
    std::set<std::uint64_t> seen{checksum(text)};
    for (auto& c : text) {
        c ^= 1;
        seen.insert(checksum(text));
        c ^= 1;
    }
    CHECK(seen.size() == 1001);
}

TEST_CASE("a checksum of pieces is that of the whole, however it was cut") {
    std::string bytes;
    for (int i = 0; i < 5000; ++i) {
        bytes += static_cast<char>(i * 31 % 251);
    }
    graft::core::Checksum pieces;
    for (const std::size_t piece : {1, 63, 64, 300, 1024, 5000}) {
        for (std::size_t at = 0; at < bytes.size(); at += piece) {
            pieces.add(std::string_view(bytes).substr(at, piece));
        }
        CHECK(pieces.take() == graft::core::checksum(bytes));
    }
    CHECK(pieces.take() == graft::core::checksum(""));
}

TEST_CASE("a file's hash is that of its bytes, whatever its size") {
    const graft::tests::TemporaryDirectory directory;
    constexpr std::size_t kPiece = 1 << 20;
    for (const std::size_t size : {std::size_t{0}, std::size_t{5}, kPiece, kPiece + 1}) {
        std::string bytes(size, 'x');
        if (size > 0) {
            bytes.back() = 'y';
        }
        write_file(directory / "a", bytes);
        CHECK(file_hash(directory / "a") == content_hash(bytes));
    }
}

TEST_CASE("the hash of a file that cannot be read is the user's error") {
    const graft::tests::TemporaryDirectory directory;
    CHECK_THROWS_AS(file_hash(directory / "missing"), InputError);
    CHECK_THROWS_AS(file_hash(directory.path()), InputError);
}
