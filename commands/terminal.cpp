// SPDX-License-Identifier: Apache-2.0
#include "commands/terminal.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/text.hpp"

namespace graft::commands {

namespace {

constexpr core::Seconds kBetweenDraws{0.2};
constexpr core::Seconds kBetweenSummaries{60};

std::string bar(double share, std::size_t width) {
    const double clipped = std::isnan(share) ? 0.0 : std::clamp(share, 0.0, 1.0);
    const auto full = static_cast<std::size_t>(clipped * static_cast<double>(width));
    return "[" + std::string(full, '#') + std::string(width - full, '.') + "]";
}

std::string cut(std::string line, std::size_t width) {
    std::size_t shown = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const bool starts = (static_cast<unsigned char>(line[i]) & 0xC0U) != 0x80U;
        shown += starts ? 1 : 0;
        if (shown > width) {
            line.resize(i);
            break;
        }
    }
    return line;
}

std::int64_t ended(const scheduler::Status& status) {
    return status.done + status.stopped + status.diverged + status.failed;
}

std::string counts_of(const scheduler::Status& status) {
    std::string text = fmt::format("{}/{} trials", ended(status), status.total);
    if (status.stopped > 0) {
        text += fmt::format(", {} stopped early", status.stopped);
    }
    if (status.diverged > 0) {
        text += fmt::format(", {} diverged", status.diverged);
    }
    if (status.failed > 0) {
        text += fmt::format(", {} failed", status.failed);
    }
    return text;
}

std::string eta_of(const scheduler::Status& status) {
    if (status.draining) {
        return status.waiting + status.running > 0 ? "saving and stopping" : "finished";
    }
    std::string text = status.eta_seconds ? core::duration_text(*status.eta_seconds) + " left"
                                          : std::string("time left not known yet");
    if (status.deadline) {
        const double left = core::seconds_between(status.time, *status.deadline);
        text += fmt::format(", the job ends in {}", core::duration_text(std::max(0.0, left)));
    }
    return text;
}

std::string name_of(const scheduler::SlotWork& work) {
    std::vector<std::string> freezes;
    for (const double freeze : work.freezes) {
        freezes.push_back(core::shortest(freeze));
    }
    if (freezes.empty()) {
        freezes.push_back(core::shortest(work.freeze));
    }
    std::string text = fmt::format("{} {} {} freeze {} {}", work.network, work.dataset, work.init,
                                   core::join(freezes, ","), work.name_end);
    if (work.trials.size() > freezes.size()) {
        text += fmt::format(" (+{})", work.trials.size() - freezes.size());
    }
    return text;
}

std::string progress_of(const scheduler::SlotWork& work) {
    if (!work.begun) {
        return "starting";
    }
    const double share = work.batches > 0 ? static_cast<double>(work.position.batch) /
                                                static_cast<double>(work.batches)
                                          : 0.0;
    std::string text = fmt::format(
        "{} {:>2} {} {:.0f}/s", work.position.phase == sweep::Phase::warmup ? "warm-up" : "epoch",
        work.position.epoch, bar(share, 10), work.images_per_second);
    if (!std::isnan(work.loss)) {
        text += fmt::format(" loss {:.4f}", work.loss);
    }
    if (!std::isnan(work.val_auc)) {
        text += fmt::format(" auc {:.4f}", work.val_auc);
    }
    return text;
}

std::string slot_line(const scheduler::SlotStatus& slot, std::size_t name_width) {
    const std::string place = fmt::format("{:>3}.{}", slot.rank.value, slot.slot.value);
    if (!slot.lost.empty()) {
        return fmt::format("{} lost: {}", place, slot.lost);
    }
    if (!slot.work) {
        return place + " idle";
    }
    return fmt::format("{} {:<{}}  {}", place, name_of(*slot.work), name_width,
                       progress_of(*slot.work));
}

std::string sweep_line(const scheduler::Status& status) {
    const double share =
        status.total > 0 ? static_cast<double>(ended(status)) / static_cast<double>(status.total)
                         : 0.0;
    return fmt::format("{} {} {}, {}, {:.0f} images/s", status.sweep_name, bar(share, 20),
                       counts_of(status), eta_of(status), status.images_per_second);
}

struct Size {
    std::size_t width = 80, height = 24;
};

Size size_of(std::FILE* out) {
    winsize window{};
    if (::ioctl(::fileno(out), TIOCGWINSZ, &window) != 0 || window.ws_col == 0) {
        return {};
    }
    return {window.ws_col, std::max<std::size_t>(window.ws_row, 4)};
}

}  // namespace

std::vector<std::string> live_lines(const scheduler::Status& status, std::size_t width,
                                    std::size_t height) {
    std::vector<std::string> lines{sweep_line(status)};
    for (const auto& dataset : status.datasets) {
        if (!dataset.failed.empty()) {
            lines.push_back(
                fmt::format("    {} at {}: {}", dataset.dataset, dataset.size, dataset.failed));
        } else if (dataset.preparing) {
            lines.push_back(
                fmt::format("    preparing {} at {} pixels", dataset.dataset, dataset.size));
        }
    }
    std::size_t name_width = 0;
    for (const auto& slot : status.slots) {
        name_width = std::max(name_width, slot.work ? name_of(*slot.work).size() : 0);
    }
    for (const auto& slot : status.slots) {
        lines.push_back(slot_line(slot, name_width));
    }
    if (lines.size() > height) {
        const std::size_t hidden = lines.size() - (height - 1);
        lines.resize(height - 1);
        lines.push_back(fmt::format("    ... and {} lines more", hidden));
    }
    for (auto& line : lines) {
        line = cut(std::move(line), width);
    }
    return lines;
}

std::string summary_line(const scheduler::Status& status) {
    const auto busy = std::count_if(status.slots.begin(), status.slots.end(),
                                    [](const auto& slot) { return slot.work.has_value(); });
    return fmt::format("{}  {}, {} running on {} of {} slots, {:.0f} images/s, {}",
                       core::wall_text(status.time), counts_of(status), status.running, busy,
                       status.slots.size(), status.images_per_second, eta_of(status));
}

Terminal::Terminal(std::FILE* out) : Terminal(out, ::isatty(::fileno(out)) == 1) {}

std::unique_ptr<scheduler::Observer> make_observer() {
    return std::make_unique<Terminal>(stderr);
}

Terminal::~Terminal() {
    if (live_) {
        draw();
    }
}

void Terminal::show(const scheduler::Status& status, core::Instant now) {
    if (live_) {
        // The last column stays free: writing there makes some terminals wrap.
        const Size size = size_of(out_);
        lines_ = live_lines(status, size.width - 1, size.height - 1);
        if (!last_draw_ || now - *last_draw_ >= kBetweenDraws) {
            last_draw_ = now;
            draw();
        }
        return;
    }
    if (!last_summary_ || now - *last_summary_ >= kBetweenSummaries) {
        last_summary_ = now;
        fmt::print(out_, "{}\n", summary_line(status));
        std::fflush(out_);
    }
}

void Terminal::say(const std::string& line) {
    erase();
    fmt::print(out_, "{}\n", line);
    if (live_) {
        draw();
    }
    std::fflush(out_);
}

void Terminal::erase() {
    if (drawn_ > 0) {
        fmt::print(out_, "\x1b[{}A\r\x1b[J", drawn_);  // up to the first line, and clear below
        drawn_ = 0;
    }
}

void Terminal::draw() {
    erase();
    for (const auto& line : lines_) {
        fmt::print(out_, "{}\n", line);
    }
    drawn_ = lines_.size();
    std::fflush(out_);
}

}  // namespace graft::commands
