// SPDX-License-Identifier: Apache-2.0
#include "core/log.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

#include "core/error.hpp"

namespace graft::core {

namespace {

std::shared_ptr<spdlog::logger>& logger() {
    static std::shared_ptr<spdlog::logger> instance;
    return instance;
}

spdlog::level::level_enum level_of(LogLevel level) {
    switch (level) {
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
        case LogLevel::info:
            break;
    }
    return spdlog::level::info;
}

}  // namespace

void open_log(const fs::path& file) {
    graft::core::create_directories(file.parent_path());
    open_to_append(file);  // says what is wrong as all files do
    try {
        auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file.string());
        logger() = std::make_shared<spdlog::logger>("graft", std::move(sink));
    } catch (const spdlog::spdlog_ex& error) {
        fail_input("cannot open the log '{}' ({}). Check the directory's permissions.",
                   file.string(), error.what());
    }
    logger()->set_pattern("%Y-%m-%d %H:%M:%S.%e %l %v", spdlog::pattern_time_type::utc);
    logger()->flush_on(spdlog::level::info);
    // A full disk is told by who has something to lose there, once.
    logger()->set_error_handler([](const std::string&) {});
}

void log(LogLevel level, std::string_view line) {
    if (logger()) {
        logger()->log(level_of(level), line);
    }
}

void flush_log() {
    if (logger()) {
        logger()->flush();
    }
}

}  // namespace graft::core
