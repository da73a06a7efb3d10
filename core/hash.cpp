// SPDX-License-Identifier: Apache-2.0
#include "core/hash.hpp"

#include <fstream>
#include <memory>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/error.hpp"

namespace graft::core {

namespace {

std::string hex(XXH128_hash_t hash) {
    return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace

std::uint64_t checksum(std::string_view bytes, std::uint64_t seed) {
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

struct Checksum::State {
    XXH3_state_t value;
};

Checksum::Checksum() : state_(std::make_unique<State>()) {
    XXH3_64bits_reset(&state_->value);
}

Checksum::~Checksum() = default;

void Checksum::add(std::string_view bytes) {
    XXH3_64bits_update(&state_->value, bytes.data(), bytes.size());
}

std::uint64_t Checksum::take() {
    const auto value = XXH3_64bits_digest(&state_->value);
    XXH3_64bits_reset(&state_->value);
    return value;
}

std::string content_hash(std::string_view bytes) {
    return hex(XXH3_128bits(bytes.data(), bytes.size()));
}

std::uint64_t content_number(std::string_view bytes) {
    return XXH3_128bits(bytes.data(), bytes.size()).high64;
}

std::string file_hash(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(),
                                                                         &XXH3_freeState);
    XXH3_128bits_reset(state.get());
    std::vector<char> piece(1 << 20);
    while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())), in.gcount() > 0) {
        XXH3_128bits_update(state.get(), piece.data(), static_cast<std::size_t>(in.gcount()));
    }
    if (!in.eof()) {
        fail_input("cannot read file '{}'. Check the path and its permissions.", path.string());
    }
    return hex(XXH3_128bits_digest(state.get()));
}

}  // namespace graft::core
