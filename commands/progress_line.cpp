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

void ProgressLine::take(std::size_t program, const std::string& bytes) {
    auto& said = said_[program];
    said.rest += bytes;
    for (auto end = said.rest.find('\n'); end != std::string::npos; end = said.rest.find('\n')) {
        const auto words = core::split(said.rest.substr(0, end), ' ');
        said.rest.erase(0, end + 1);
        if (words.size() == 3 && words[0] == "progress") {
            said.done = core::parse_int(words[1]).value_or(said.done);
            said.all = core::parse_int(words[2]).value_or(said.all);
            show();
        }
    }
}

void ProgressLine::show() {
    if (!terminal_) {
        return;
    }
    std::int64_t done = 0, all = 0;
    for (const auto& [program, said] : said_) {
        done += said.done;
        all += said.all;
    }
    fmt::print(out_, "\r\033[K{:<13} {} of {} images", name_, done, all);
    std::fflush(out_);
    shown_ = true;
}

std::vector<core::ExitStatus> run_with_progress(std::vector<core::Spawn> spawns,
                                                ProgressLine& progress) {
    std::vector<core::Child> children;
    std::vector<core::Descriptor> outputs;
    for (auto& spawn : spawns) {
        auto [ours, theirs] = core::socket_pair();
        spawn.descriptors[1] = theirs.get();
        children.push_back(core::spawn(spawn));
        outputs.push_back(std::move(ours));
    }
    for (std::size_t left = outputs.size(); left > 0;) {
        std::vector<core::Watch> watches;
        for (const auto& output : outputs) {
            watches.push_back({output.get()});
        }
        core::wait_for(watches, std::nullopt);
        for (std::size_t i = 0; i < watches.size(); ++i) {
            if (!watches[i].readable) {
                continue;
            }
            const auto bytes = core::read_some(outputs[i]);
            progress.take(i, bytes);
            if (bytes.empty()) {
                outputs[i].close();
                --left;
            }
        }
    }
    std::vector<core::ExitStatus> statuses;
    for (auto& child : children) {
        statuses.push_back(child.wait());
    }
    return statuses;
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
