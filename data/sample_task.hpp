// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/decode.hpp"
#include "data/decoder_messages.hpp"

namespace graft::data {

// What a decoding process does, and what it hands back: a slot of shared memory with the outcome,
// a perceptual hash per side, and the pixels per side.
class SampleTask {
  public:
    // All by reference: they outlive this.
    SampleTask(const std::filesystem::path& root, const std::vector<Sample>& samples,
               const std::vector<int>& sides, HashOf hash_of)
        : root_(root), samples_(samples), sides_(sides), hash_of_(hash_of) {}

    // In the decoding process, whose standard error is taken at the first call.
    void operator()(std::uint64_t task, std::span<std::uint8_t> slot);

  private:
    const std::filesystem::path& root_;
    const std::vector<Sample>& samples_;
    const std::vector<int>& sides_;
    HashOf hash_of_;
    std::shared_ptr<DecoderMessages> messages_;
};

std::uint64_t slot_bytes(const std::vector<int>& sides);

// A slot as the parent reads it, however it was left: the picture may have got the better of its
// decoder.
struct SampleOutcome {
    std::string reason;  // empty: the sample is good, and the rest counts
    std::string content;
    std::uint64_t largest_side = 0;
    std::vector<std::uint64_t> perceptual;  // beside the sides
    const std::uint8_t* pixels = nullptr;   // in the slot
};
SampleOutcome outcome_in(std::span<const std::uint8_t> slot, const std::vector<int>& sides);

}  // namespace graft::data
