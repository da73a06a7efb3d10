// SPDX-License-Identifier: Apache-2.0
#include "scheduler/requests.hpp"

#include <algorithm>
#include <optional>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/process.hpp"
#include "core/text.hpp"

namespace graft::scheduler {

namespace {

namespace fs = core::fs;

fs::path directory_of(const fs::path& sweep) {
    return sweep / "requests";
}

std::string write_request(const fs::path& sweep, std::string_view kind, std::string_view text) {
    const std::string name = fmt::format("{}.{}.{}.{}", kind, core::host_name(), core::own_pid(),
                                         core::wall_now().micros);
    core::create_directories(directory_of(sweep));
    core::write_file(request_file(sweep, name), text);
    return name;
}

RetryRequest parse_retry(std::string_view text) {
    RetryRequest retry;
    for (const auto& line : core::split(text, '\n')) {
        if (line.empty()) {
            continue;
        }
        const auto trial = sweep::TrialId::parse(line);
        if (!trial) {
            core::fail_input("a line is no trial's name");
        }
        retry.trials.push_back(*trial);
    }
    if (retry.trials.empty()) {
        core::fail_input("it names no trial");
    }
    return retry;
}

std::variant<StopRequest, RetryRequest, Malformed> parsed(std::string_view kind,
                                                          std::string_view text) {
    try {
        if (kind == "stop") {
            return StopRequest{};
        }
        if (kind == "retry") {
            return parse_retry(text);
        }
        return Malformed{"this program knows the kinds stop and retry"};
    } catch (const core::Error& error) {
        return Malformed{error.what()};
    }
}

// Nothing when the file system fails just now, or the file is gone.
std::optional<Request> read_request(const fs::path& path) {
    const std::string name = path.filename().string();
    try {
        const core::ReadFile file(path);
        if (file.size() > kLargestRequest) {
            return Request{name, Malformed{fmt::format("it has {}, more than {}",
                                                       core::bytes_text(file.size()),
                                                       core::bytes_text(kLargestRequest))}};
        }
        std::string text(file.size(), '\0');
        file.read_at(0, text.data(), text.size());
        return parse_request(name, text);
    } catch (const core::InputError& error) {
        std::error_code absent;
        return fs::exists(path, absent) ? std::optional(Request{name, Malformed{error.what()}})
                                        : std::nullopt;
    } catch (const core::Error&) {
        return std::nullopt;
    }
}

// Names of the request files, sorted.
std::vector<std::string> names_in(const fs::path& directory) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        const auto name = entry->path().filename().string();
        std::error_code gone;
        if (entry->symlink_status(gone).type() == fs::file_type::regular && name.front() != '.' &&
            !name.ends_with(".tmp")) {
            names.push_back(name);
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

void remove_answered(const fs::path& path) {
    try {
        core::remove_file(path);
    } catch (const core::Error&) {
        return;  // tried again at the next look
    }
}

}  // namespace

Request parse_request(std::string_view name, std::string_view text) {
    const auto dot = name.find('.');
    if (dot == std::string_view::npos || dot + 1 == name.size()) {
        return {std::string(name), Malformed{"its name is not <kind>.<unique>"}};
    }
    return {std::string(name), parsed(name.substr(0, dot), text)};
}

fs::path request_file(const fs::path& sweep, const std::string& name) {
    return directory_of(sweep) / name;
}

std::string request_stop(const fs::path& sweep) {
    return write_request(sweep, "stop", "");
}

std::string request_retry(const fs::path& sweep, const std::vector<sweep::TrialId>& trials) {
    std::string text;
    for (const auto& trial : trials) {
        text += trial.text() + "\n";
    }
    return write_request(sweep, "retry", text);
}

std::vector<Request> take_requests(const fs::path& sweep, const std::set<std::string>& answered,
                                   const std::set<std::string>& known) {
    std::vector<Request> requests;
    for (const auto& name : names_in(directory_of(sweep))) {
        const auto path = request_file(sweep, name);
        if (answered.contains(name)) {
            remove_answered(path);
        } else if (!known.contains(name)) {
            if (auto request = read_request(path)) {
                requests.push_back(std::move(*request));
            }
        }
    }
    return requests;
}

}  // namespace graft::scheduler
