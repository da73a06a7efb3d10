// SPDX-License-Identifier: Apache-2.0
#include "trainer/strand.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"
#include "trainer/small_study.hpp"

using namespace graft;
using trainer::SavedMember;
using trainer::Strand;

namespace {

sweep::EpochRow epoch_with(std::int32_t epoch, double auc) {
    sweep::EpochRow row;
    row.phase = sweep::Phase::fine_tune;
    row.epoch = epoch;
    row.validation.auc = auc;
    return row;
}

Strand strand_of(const models::Network& network, const sweep::Member& member) {
    const auto weights = models::make_weights(network, models::Init::random, nullptr, 0, 1);
    Strand strand(network, trainer::to_torch(network, weights, at::kCPU), {{member, {}, {}, {}}});
    strand.begin_phase(0, {&network, member.spec->training, 1, at::kFloat}, {});
    strand.begin_epoch();
    return strand;
}

}  // namespace

TEST_CASE("the best weights of an epoch are those that it ended with, however late it is judged") {
    tests::set_up_torch_once();
    const tests::TemporaryDirectory sweep;
    const auto member = tests::small_member();
    const auto network = models::build_network("small_cnn", 2, 16);
    Strand strand = strand_of(network, member);
    const auto then = strand.model().weights();
    auto top = strand.model().copy_of_top();
    strand.model().all_tensors().back().detach().fill_(0.5);
    strand.add_row(epoch_with(1, 0.7), std::move(top));
    const auto best = strand.snapshot({}).best;
    REQUIRE(best);
    REQUIRE(best->tensors.size() == then.tensors.size());
    for (std::size_t i = 0; i < then.tensors.size(); ++i) {
        REQUIRE(best->tensors[i].size() == then.tensors[i].size());
        for (std::size_t t = 0; t < then.tensors[i].size(); ++t) {
            CHECK(best->tensors[i][t].values == then.tensors[i][t].values);
        }
    }
}

TEST_CASE("weights that become the best while a save is written are written with the next one") {
    tests::set_up_torch_once();
    const tests::TemporaryDirectory sweep;
    const auto member = tests::small_member();
    const auto network = models::build_network("small_cnn", 2, 16);
    Strand strand = strand_of(network, member);
    const auto bias = strand.model().all_tensors().back().detach();
    const auto save = [&](std::int64_t number) {
        const auto snapshot = strand.snapshot({});
        const auto best = strand.best();
        return [&, snapshot, best, number] {
            const auto written = trainer::write_files(snapshot, network, sweep.path(), number);
            strand.written(written, best);
            return *written.front().best;
        };
    };
    strand.add_row(epoch_with(1, 0.7));
    const auto first = save(1);
    bias.fill_(0.5);
    strand.add_row(epoch_with(2, 0.8));
    const auto older = first();
    CHECK_FALSE(strand.trials().front().best);
    const auto newer = save(2)();
    CHECK(strand.trials().front().best->name == newer.name);
    CHECK(newer.hash != older.hash);
    strand.add_row(epoch_with(3, 0.75));
    CHECK(save(3)().name == newer.name);
}
