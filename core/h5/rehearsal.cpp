// SPDX-License-Identifier: Apache-2.0
#include "core/h5/rehearsal.hpp"

#include <csignal>
#include <new>
#include <optional>

#include "core/h5/handle.hpp"
#include "core/socket.hpp"

namespace graft::core::h5 {

namespace {

// How it went in the copy: a letter, then what was read or what was thrown.
constexpr char kGood = 'g', kLarge = 'l', kInput = 'i', kRefused = 'r', kSystem = 's';
constexpr std::size_t kLargest = std::size_t{200} << 20;  // that is sent; sockets take 256 MiB

// In the copy.
std::string outcome_of(const std::function<std::string()>& read) {
    try {
        const std::string bytes = read();
        return bytes.size() > kLargest ? std::string{kLarge} : kGood + bytes;
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

// What it threw there is thrown here.
void raise(const std::string& outcome) {
    const std::string text = outcome.substr(1);
    switch (outcome.front()) {
        case kInput:
            throw InputError(text);
        case kRefused:
            throw Refused(text);
        case kSystem:
            throw SystemError(text);
        default:
            break;
    }
}

// A copy that reads the files from `first` on, and says how each went.
class Reader {
  public:
    Reader(std::size_t first, std::size_t count,
           const std::function<std::string(std::size_t)>& read, const CopyLimits& limits)
        : seconds_(limits.seconds), ends_(socket_pair()), copy_(begin(first, count, read, limits)) {
        ends_.second.close();
        socket_.emplace(std::move(ends_.first));
    }
    // Nothing when it ended without a word, or said none within the limit: it is over then.
    std::optional<std::string> next() {
        const std::optional<Seconds> limit =
            seconds_ > 0 ? std::optional(Seconds(seconds_)) : std::nullopt;
        try {
            auto said = socket_->receive(limit);
            if (said && !said->empty()) {
                return said;
            }
            copy_.signal(SIGALRM);
        } catch (const SystemError&) {
            return std::nullopt;
        }
        return std::nullopt;
    }
    std::string end() { return text_of(copy_.wait()); }

  private:
    Child begin(std::size_t first, std::size_t count,
                const std::function<std::string(std::size_t)>& read, const CopyLimits& limits) {
        const auto body = [&] {
            ends_.first.close();
            FramedSocket socket(std::move(ends_.second));
            for (std::size_t i = first; i < count; ++i) {
                socket.send(outcome_of([&] { return read(i); }));
            }
            return 0;
        };
        return fork_child(body, {0, limits.bytes});
    }

    unsigned seconds_;
    std::pair<Descriptor, Descriptor> ends_;
    Child copy_;
    std::optional<FramedSocket> socket_;
};

}  // namespace

void rehearse(const std::function<void()>& read, const CopyLimits& limits) {
    const auto first = [&](std::size_t) {
        read();
        return std::string();
    };
    std::exception_ptr error;
    read_in_copies(
        1, first, [&](std::size_t, const CopyRead& one) { error = one.error; }, limits);
    if (error) {
        std::rethrow_exception(error);
    }
}

void read_in_copies(std::size_t count, const std::function<std::string(std::size_t)>& read,
                    const std::function<void(std::size_t, CopyRead)>& use,
                    const CopyLimits& limits) {
    std::optional<Reader> reader;
    for (std::size_t i = 0; i < count; ++i) {
        CopyRead one;
        try {
            if (!reader) {
                reader.emplace(i, count, read, limits);
            }
            auto said = reader->next();
            if (!said) {
                const std::string ending = reader->end();
                reader.reset();
                throw Refused(fmt::format("HDF5 crashed on it or did not end: {}", ending));
            }
            raise(*said);
            one.bytes = said->front() == kLarge ? read(i) : said->substr(1);
        } catch (const SystemError&) {
            one.error = std::current_exception();
        } catch (const InputError&) {
            one.error = std::current_exception();
        }
        use(i, std::move(one));
    }
}

}  // namespace graft::core::h5
