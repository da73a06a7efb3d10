// SPDX-License-Identifier: Apache-2.0
// The program graft-trainer as its supervisor sees it: a process and a socket.
#include <variant>

#include "core/hash.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"
#include "trainer/ledger.hpp"
#include "trainer/running_trainer.hpp"
#include "trainer/small_study.hpp"

using namespace graft;
using tests::RunningTrainer;

namespace {

sweep::Assign assignment(const tests::TemporaryDirectory& directory) {
    sweep::Assign assign;
    assign.cohort = sweep::CohortId(5);
    assign.members = {tests::small_member()};
    assign.directory = directory.path().string();
    assign.prepared = (directory / "drawn.h5").string();
    assign.image_size = 32;
    return assign;
}

template <class T>
std::vector<T> of_kind(const std::vector<sweep::FromWorker>& messages) {
    std::vector<T> found;
    for (const auto& message : messages) {
        if (const auto* one = std::get_if<T>(&message)) {
            found.push_back(*one);
        }
    }
    return found;
}

}  // namespace

TEST_CASE("a trainer process trains what it is given, to equal bits in every process") {
    std::vector<std::string> hashes;
    struct Way {
        int gpus = 1;
        bool drain = false;
    };
    for (const auto& [gpus, drain] : {Way{}, Way{}, Way{1, true}, Way{2}, Way{2, true}}) {
        const tests::TemporaryDirectory directory;
        tests::write_drawn_dataset(directory / "drawn.h5", {});
        RunningTrainer trainer;
        REQUIRE(std::holds_alternative<sweep::TrainerHello>(trainer.next()));
        auto assign = assignment(directory);
        assign.members[0].spec.edit().training.gpus_per_trial = gpus;
        trainer.send(assign);
        auto messages = trainer.until_ended(drain ? 1 : -1);
        if (drain) {
            REQUIRE(std::holds_alternative<sweep::Drained>(
                std::get<sweep::Ended>(messages.back()).ending));
            const auto save = of_kind<sweep::Saved>(messages).back();
            REQUIRE(save.members.size() == 1);
            for (const auto& file : save.members[0].files) {
                CHECK(core::file_hash(directory / file.name) == file.hash);
            }
            assign.members[0].files = save.members[0].files;
            assign.members[0].attempt = 2;
            assign.cohort = sweep::CohortId(6);
            trainer.send(assign);
            messages = trainer.until_ended();
        }
        CHECK(std::holds_alternative<sweep::Begun>(messages.front()));
        REQUIRE(std::holds_alternative<sweep::Completed>(
            std::get<sweep::Ended>(messages.back()).ending));
        const auto result = of_kind<sweep::Saved>(messages).back().members[0].result;
        REQUIRE(result);
        CHECK(tests::files_of(directory.path(), assign.members[0].trial) ==
              std::vector<std::string>{"best.h5", "predictions.h5"});
        CHECK(core::file_hash(directory / result->weights.name) == result->weights.hash);
        CHECK(core::file_hash(directory / result->predictions.name) == result->predictions.hash);
        hashes.push_back(result->weights.hash + result->predictions.hash);
        trainer.send(sweep::Leave{});
        CHECK(std::get<core::Exited>(trainer.wait()).code == 0);
    }
    CHECK(hashes[1] == hashes[0]);
    CHECK(hashes[2] == hashes[0]);
    CHECK(hashes[3] != hashes[0]);  // of two replicas
    CHECK(hashes[4] == hashes[3]);
}

TEST_CASE("a drain of one cohort leaves the next alone") {
    const tests::TemporaryDirectory directory;
    tests::write_drawn_dataset(directory / "drawn.h5", {20, 2, 16, 16});
    RunningTrainer trainer;
    trainer.next();
    auto assign = assignment(directory);
    assign.members[0].spec.edit().training.image_size = 16;
    trainer.send(assign);
    trainer.send(sweep::Drain{sweep::CohortId(4)});
    const auto ending = [&] { return std::get<sweep::Ended>(trainer.until_ended().back()).ending; };
    CHECK(std::holds_alternative<sweep::Completed>(ending()));
    trainer.send(assign);
    trainer.send(sweep::Drain{assign.cohort});
    CHECK(std::holds_alternative<sweep::Drained>(ending()));
}

TEST_CASE("wrong input ends the attempt with its reason, and the trainer stays") {
    const tests::TemporaryDirectory directory;
    tests::write_drawn_dataset(directory / "drawn.h5", {});
    RunningTrainer trainer;
    trainer.next();
    auto assign = assignment(directory);
    const auto fault = [&] {
        trainer.send(assign);
        const auto messages = trainer.until_ended();
        return std::get<sweep::InputFault>(std::get<sweep::Ended>(messages.back()).ending).message;
    };
    assign.prepared_checksum = "another";
    CHECK_THAT(fault(), ContainsSubstring("has the pixels"));
    assign.prepared_checksum = "";
    assign.members[0].spec.edit().training.precision = sweep::Precision::float16;
    CHECK_THAT(fault(), ContainsSubstring("precision 'float16'"));
    assign.members[0].spec.edit().training.precision = sweep::Precision::float32;
    assign.members[0].spec.edit().init = sweep::Init::pretrained;
    assign.weights = (directory / "drawn.h5").string();
    CHECK_THAT(fault(), ContainsSubstring("was planned with"));
    trainer.hang_up();
    CHECK(std::get<core::Exited>(trainer.wait()).code == 0);
}
