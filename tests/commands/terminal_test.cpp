// SPDX-License-Identifier: Apache-2.0
#include "commands/terminal.hpp"

#include "support/catch.hpp"

namespace graft::commands {

namespace {

scheduler::SlotStatus busy_slot(int rank) {
    scheduler::SlotWork work;
    work.trials = {sweep::TrialId(1), sweep::TrialId(2)};
    work.network = "mobilenet";
    work.dataset = "retina";
    work.init = "imagenet";
    work.freeze = 50;
    work.name_end = "seed 3";
    work.begun = true;
    work.position = {sweep::Phase::fine_tune, 7, 5, 100};
    work.batches = 10;
    work.images_per_second = 812.4;
    work.loss = 0.25;
    work.val_auc = 0.91234;
    return {sweep::Rank(rank), sweep::Slot(1), "node1", "V100", work, ""};
}

scheduler::Status sample() {
    scheduler::Status status;
    status.sweep_name = "study";
    status.total = 10;
    status.done = 4;
    status.diverged = 1;
    status.running = 2;
    status.waiting = 3;
    status.images_per_second = 812.4;
    status.eta_seconds = 100;
    status.slots = {busy_slot(0), {sweep::Rank(1), sweep::Slot(0), "node2", "V100", {}, ""}};
    return status;
}

// What a Terminal wrote.
class Captured {
  public:
    Captured() : file_(std::tmpfile()) {}
    ~Captured() { std::fclose(file_); }
    Captured(const Captured&) = delete;
    Captured& operator=(const Captured&) = delete;
    std::FILE* file() { return file_; }
    std::string text() {
        std::fflush(file_);
        std::string text(static_cast<std::size_t>(std::ftell(file_)), '\0');
        std::rewind(file_);
        text.resize(std::fread(text.data(), 1, text.size(), file_));
        return text;
    }

  private:
    std::FILE* file_;
};

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++n;
    }
    return n;
}

}  // namespace

TEST_CASE("the live picture has a line for the sweep and one for each slot") {
    const auto lines = live_lines(sample(), 200, 24);
    REQUIRE(lines.size() == 3);
    CHECK(lines[0] ==
          "study [##########..........] 5/10 trials, 1 diverged, 100 s left, 812 images/s");
    CHECK(lines[1] ==
          "  0.1 mobilenet retina imagenet freeze 50 seed 3 (+1)  epoch  7 [#####.....] 812/s "
          "loss 0.2500 auc 0.9123");
    CHECK(lines[2] == "  1.0 idle");
}

TEST_CASE("the live picture says what is lost, starting, being prepared and stopping") {
    auto status = sample();
    status.draining = true;
    status.slots[0].work->begun = false;
    status.slots[1].lost = "ECC error";
    status.datasets = {{"cancer", 224, true, false, ""}, {"retina", 224, false, true, ""}};
    const auto lines = live_lines(status, 200, 24);
    REQUIRE(lines.size() == 4);
    CHECK_THAT(lines[0], ContainsSubstring("saving and stopping"));
    CHECK(lines[1] == "    preparing cancer at 224 pixels");
    CHECK_THAT(lines[2], ContainsSubstring("starting"));
    CHECK(lines[3] == "  1.0 lost: ECC error");
}

TEST_CASE("the live picture fits the terminal") {
    auto status = sample();
    for (int rank = 2; rank < 40; ++rank) {
        status.slots.push_back(busy_slot(rank));
    }
    const auto lines = live_lines(status, 60, 10);
    REQUIRE(lines.size() == 10);
    for (const auto& line : lines) {
        CHECK(line.size() <= 60);
    }
    CHECK(lines.back() == "    ... and 32 lines more");
}

TEST_CASE("without a terminal there are plain lines, with a summary every minute") {
    Captured out;
    const core::Instant start{};
    {
        Terminal terminal(out.file(), false);
        for (int second = 0; second < 125; ++second) {
            terminal.show(sample(), start + std::chrono::seconds(second));
        }
        terminal.say("trial abc ended");
    }
    const std::string text = out.text();
    CHECK(count(text, "5/10 trials, 1 diverged, 2 running on 1 of 2 slots") == 3);
    CHECK(count(text, "trial abc ended\n") == 1);
    CHECK(count(text, "\n") == 4);
    CHECK(count(text, "\x1b") == 0);
}

TEST_CASE("a terminal is redrawn at most five times a second, below the lines that stay") {
    Captured out;
    const core::Instant start{};
    {
        Terminal terminal(out.file(), true);
        for (int i = 0; i < 100; ++i) {
            terminal.show(sample(), start + std::chrono::milliseconds(10 * i));
        }
        CHECK(count(out.text(), "5/10 trials") == 5);
        std::fseek(out.file(), 0, SEEK_END);
        terminal.say("trial abc ended");
    }
    const std::string text = out.text();
    CHECK(count(text, "\x1b[3A\r\x1b[J") == 6);
    CHECK_THAT(text, ContainsSubstring("\x1b[Jtrial abc ended\nstudy ["));
}

}  // namespace graft::commands
