// SPDX-License-Identifier: Apache-2.0
#include "scheduler/requests.hpp"

#include "core/error.hpp"
#include "core/process.hpp"
#include "core/text.hpp"

namespace graft::scheduler {

namespace {

core::fs::path directory_of(const core::fs::path& sweep) {
    return sweep / "requests";
}

bool is_retry(const std::string& name) {
    return name.rfind("retry.", 0) == 0 && !name.ends_with(".tmp");
}

}  // namespace

void request_stop(const core::fs::path& sweep) {
    core::create_directories(directory_of(sweep));
    core::write_file(directory_of(sweep) / "stop", "");
}

void request_retry(const core::fs::path& sweep, const std::vector<sweep::TrialId>& trials) {
    std::string text;
    for (const auto& trial : trials) {
        text += trial.value + "\n";
    }
    core::create_directories(directory_of(sweep));
    core::write_file(
        directory_of(sweep) / fmt::format("retry.{}.{}", core::host_name(), core::own_pid()), text);
}

Requests take_requests(const core::fs::path& sweep) {
    Requests requests;
    std::error_code error;
    std::vector<core::fs::path> taken;
    for (core::fs::directory_iterator entry(directory_of(sweep), error), end;
         !error && entry != end; entry.increment(error)) {
        const auto name = entry->path().filename().string();
        if (name != "stop" && !is_retry(name)) {
            continue;
        }
        taken.push_back(entry->path());
        requests.stop = requests.stop || name == "stop";
        if (name != "stop") {
            const auto text = core::read_file_if_there(entry->path()).value_or("");
            for (const auto& line : core::split(text, '\n')) {
                if (!line.empty()) {
                    requests.retry.push_back(sweep::TrialId(line));
                }
            }
        }
    }
    for (const auto& path : taken) {
        core::remove_file(path);
    }
    return requests;
}

}  // namespace graft::scheduler
