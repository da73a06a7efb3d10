// SPDX-License-Identifier: Apache-2.0
#include "data/sample_task.hpp"

#include <algorithm>
#include <cstring>

#include "core/error.hpp"

namespace graft::data {

namespace {

// At the start of a slot.
struct SlotHead {
    char content[33];
    char reason[455];
    std::uint64_t largest_side;
};

std::uint64_t hash_bytes(const std::vector<int>& sides) {
    return sizeof(std::uint64_t) * sides.size();
}

std::string text_in(std::span<const char> text) {
    return {text.begin(), std::find(text.begin(), text.end(), '\0')};
}

void put_text(std::string_view text, std::span<char> into) {
    const auto length = std::min(text.size(), into.size() - 1);
    std::memcpy(into.data(), text.data(), length);
    into[length] = '\0';
}

}  // namespace

std::uint64_t slot_bytes(const std::vector<int>& sides) {
    return sizeof(SlotHead) + hash_bytes(sides) + pixel_bytes(sides);
}

void SampleTask::operator()(std::uint64_t task, std::span<std::uint8_t> slot) {
    if (!messages_) {
        messages_ = std::make_shared<DecoderMessages>();
        decode_with_one_thread();
    }
    SlotHead head{};
    try {
        const auto body = slot.subspan(sizeof head);
        const auto decoded = decode_sample(root_, samples_[task], sides_, hash_of_,
                                           body.subspan(hash_bytes(sides_)));
        put_text(decoded.content, head.content);
        head.largest_side = decoded.largest_side;
        std::memcpy(body.data(), decoded.perceptual.data(), hash_bytes(sides_));
        const std::string damage = damage_in(messages_->take());
        if (!damage.empty()) {
            throw BadImageError("damaged: " + damage);
        }
    } catch (const BadImageError& error) {
        messages_->take();
        put_text(error.what(), head.reason);
    } catch (const core::InputError& error) {  // codecs that cannot be loaded
        put_text(error.what(), head.reason);
    }
    std::memcpy(slot.data(), &head, sizeof head);
}

SampleOutcome outcome_in(std::span<const std::uint8_t> slot, const std::vector<int>& sides) {
    SlotHead head;
    std::memcpy(&head, slot.data(), sizeof head);
    SampleOutcome outcome;
    outcome.reason = text_in(head.reason);
    outcome.content = text_in(head.content);
    outcome.largest_side = head.largest_side;
    outcome.perceptual.resize(sides.size());
    std::memcpy(outcome.perceptual.data(), slot.data() + sizeof head, hash_bytes(sides));
    outcome.pixels = slot.data() + sizeof head + hash_bytes(sides);
    return outcome;
}

}  // namespace graft::data
