// SPDX-License-Identifier: Apache-2.0
#include "commands/progress_line.hpp"

#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "core/error.hpp"
#include "core/socket.hpp"
#include "core/text.hpp"

namespace graft::commands {

ProgressLine::ProgressLine(std::FILE* out, std::string name)
    : out_(out), name_(std::move(name)), terminal_(::isatty(::fileno(out)) == 1) {}

ProgressLine::~ProgressLine() {
    if (shown_) {
        std::fputs("\r\033[K", out_);
        std::fflush(out_);
    }
}

void ProgressLine::take(const std::string& bytes) {
    rest_ += bytes;
    for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
        line(rest_.substr(0, end));
        rest_.erase(0, end + 1);
    }
}

void ProgressLine::line(const std::string& text) {
    const auto words = core::split(text, ' ');
    if (terminal_ && words.size() == 3 && words[0] == "progress") {
        fmt::print(out_, "\r\033[K{:<13} {} of {} images", name_, words[1], words[2]);
        std::fflush(out_);
        shown_ = true;
    }
}

core::ExitStatus run_with_progress(core::Spawn spawn, ProgressLine& progress) {
    auto [ours, theirs] = core::socket_pair();
    spawn.descriptors[1] = theirs.get();
    core::Child child = core::spawn(spawn);
    theirs.close();
    for (std::string bytes = core::read_some(ours); !bytes.empty(); bytes = core::read_some(ours)) {
        progress.take(bytes);
    }
    return child.wait();
}

void check_ended_well(const core::ExitStatus& status, const std::string& what,
                      const std::string& more) {
    const auto* exited = std::get_if<core::Exited>(&status);
    if (!exited || exited->code != 0) {
        throw core::Error(fmt::format("{} ({}). Mend what is named above and run this again{}.",
                                      what, core::text_of(status), more),
                          exited ? exited->code : 70);
    }
}

}  // namespace graft::commands
