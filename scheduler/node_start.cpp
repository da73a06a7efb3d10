// SPDX-License-Identifier: Apache-2.0
#include "scheduler/node_start.hpp"

#include "core/bytes.hpp"
#include "core/env.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/mpi/communicator.hpp"
#include "core/node_check.hpp"
#include "core/process.hpp"
#include "core/text.hpp"

namespace graft::scheduler {

namespace {

constexpr int kNoSpace = 74;

// What stands in a rank's way, as every rank learns it.
struct Problem {
    std::string text;       // empty: nothing
    std::int32_t code = 0;  // of the error that it was
    template <class Archive>
    void fields(Archive& archive) {
        archive(text, code);
    }
};

// What a rank tells those of its node.
struct Offer {
    RankShare share;
    Problem problem;
    template <class Archive>
    void fields(Archive& archive) {
        archive(share, problem);
    }
};

[[noreturn]] void fail(const Problem& problem) {
    if (problem.code == core::InputError("").exit_code()) {
        throw core::InputError(problem.text);
    }
    throw core::SystemError(problem.text);
}

void keep_devices(const fs::path& sweep, const core::NodeReport& report, int rank) {
    if (!report.gpus.empty()) {
        core::write_file(sweep / devices_file(report.host, rank),
                         core::devices_table({report.driver, report.gpus}));
    }
}

Offer look(const RunOptions& options, int rank) {
    Offer offer;
    try {
        core::create_directories(options.directory / "logs");
        core::open_log(options.directory / "logs" / fmt::format("rank-{}.log", rank));
        const auto report = core::check_node(options.directory / "logs");
        core::log(core::LogLevel::info, fmt::format("{}: {}", report.host, text_of(report)));
        // Of a full disk the run itself says how much it needs, and where.
        if (!report.directory_problem.empty() && report.problem_code != kNoSpace) {
            offer.problem = {report.directory_problem, report.problem_code};
        } else if (report.directory_problem.empty()) {
            keep_devices(options.directory, report, rank);
        }
        offer.share =
            share_of(report.host, report.gpus, {report.cores.begin(), report.cores.end()});
    } catch (const core::NoSpaceError& error) {
        core::log(core::LogLevel::error, error.what());
        offer.share = share_of(core::host_name(), core::visible_gpus(), core::allowed_cores());
    } catch (const core::Error& error) {
        offer.problem = {error.what(), error.exit_code()};
    }
    return offer;
}

// Of the rank at `place`; the slots are made once to see whether they can be.
RankShare shared(const RunOptions& options, const std::vector<Offer>& offers, std::size_t place,
                 Observer& observer) {
    std::vector<RankShare> of_node;
    for (const auto& offer : offers) {
        if (!offer.problem.text.empty()) {
            fail(offer.problem);
        }
        of_node.push_back(offer.share);
    }
    auto share = own_share(of_node, place);
    const auto slots = make_slots(share, options.slots, options.threads, processor_name());
    auto remarks = remarks_on(share, slots, core::host_cores());
    if (auto unseen = unseen_gpus(share, core::env("CUDA_VISIBLE_DEVICES")); !unseen.empty()) {
        remarks.push_back(std::move(unseen));
    }
    for (const auto& line : remarks) {
        core::log(core::LogLevel::warning, line);
        observer.say(line);
    }
    return share;
}

}  // namespace

std::string processor_name() {
    for (const auto& line :
         core::split(core::read_file_if_there("/proc/cpuinfo").value_or(""), '\n')) {
        const auto colon = line.find(": ");
        if (line.rfind("model name", 0) == 0 && colon != std::string::npos) {
            return line.substr(colon + 2);
        }
    }
    return "CPU";
}

std::string devices_file(const std::string& host, int rank) {
    return fmt::format("logs/devices-{}.{}", host, rank);
}

RankShare take_share(const RunOptions& options, Observer& observer) {
    return shared(options, {look(options, 0)}, 0, observer);
}

RankShare take_share(const RunOptions& options, mpi::Communicator& world, Observer& observer) {
    std::vector<Offer> offers;
    for (const auto& text : world.node_gather(core::encode(look(options, world.rank())))) {
        offers.push_back(core::decode<Offer>(text));
    }
    Problem own;
    RankShare share;
    try {
        share = shared(options, offers, static_cast<std::size_t>(world.local_rank()), observer);
    } catch (const core::Error& error) {
        own = {error.what(), error.exit_code()};
    }
    for (const auto& text : world.all_gather(core::encode(own))) {
        const auto problem = core::decode<Problem>(text);
        if (!problem.text.empty()) {
            fail(problem);
        }
    }
    return share;
}

}  // namespace graft::scheduler
