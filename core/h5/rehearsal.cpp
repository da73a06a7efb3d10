// SPDX-License-Identifier: Apache-2.0
#include "core/h5/rehearsal.hpp"

#include <new>
#include <optional>

#include "core/h5/handle.hpp"
#include "core/socket.hpp"

namespace graft::core::h5 {

namespace {

constexpr char kGood = 'g', kInput = 'i', kRefused = 'r', kSystem = 's';

// In the copy: how it went, a letter and a text.
std::string outcome_of(const std::function<void()>& read) {
    try {
        read();
        return {kGood};
    } catch (const InputError& error) {
        return kInput + std::string(error.what());
    } catch (const Refused& error) {
        return kRefused + std::string(error.what());
    } catch (const std::bad_alloc&) {
        return kRefused + std::string("it claims more memory than any such file needs");
    } catch (const std::exception& error) {
        return kSystem + std::string(error.what());
    }
}

// Nothing when it ended without a word.
std::optional<std::string> heard_from(FramedSocket& socket) {
    try {
        return socket.receive(std::nullopt);
    } catch (const SystemError&) {
        return std::nullopt;
    }
}

}  // namespace

void rehearse(const std::function<void()>& read, const CopyLimits& limits) {
    auto ends = socket_pair();  // clang 14 takes no parts of it into a lambda
    Descriptor &ours = ends.first, &theirs = ends.second;
    auto copy = fork_child(
        [&] {
            ours.close();
            FramedSocket(std::move(theirs)).send(outcome_of(read));
            return 0;
        },
        limits);
    theirs.close();
    FramedSocket socket(std::move(ours));
    const auto said = heard_from(socket);
    const auto status = copy.wait();
    if (!said || said->empty()) {
        throw Refused(fmt::format("HDF5 crashed on it or did not end: {}", text_of(status)));
    }
    if (said->front() == kInput) {
        throw InputError(said->substr(1));
    }
    if (said->front() == kRefused) {
        throw Refused(said->substr(1));
    }
    if (said->front() == kSystem) {
        throw SystemError(said->substr(1));
    }
}

}  // namespace graft::core::h5
