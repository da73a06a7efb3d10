// SPDX-License-Identifier: Apache-2.0
#include "data/prepare_request.hpp"

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/file.hpp"

namespace graft::data {

namespace {

// A first word each, so that neither passes for the other, nor for another version's.
constexpr std::string_view kRequestMark = "graft prepare request 1\n";
constexpr std::string_view kResultMark = "graft prepare result 3\n";

template <class T>
T read_marked(const std::filesystem::path& path, std::string_view mark) {
    const std::string bytes = core::read_file(path);
    try {
        if (bytes.starts_with(mark)) {
            return core::decode<T>(std::string_view(bytes).substr(mark.size()));
        }
    } catch (const core::DecodeError&) {  // said below
    }
    core::fail_input(
        "'{}' is no {} (or of another version of graft). Use one build of graft and "
        "graft-prepare.",
        path.string(), mark.substr(0, mark.size() - 1));
}

}  // namespace

void write_request(const std::filesystem::path& path, const PrepareRequest& request) {
    core::write_file(path, std::string(kRequestMark) + core::encode(request));
}

PrepareRequest read_request(const std::filesystem::path& path) {
    return read_marked<PrepareRequest>(path, kRequestMark);
}

void write_result(const std::filesystem::path& path, const PrepareResult& result) {
    core::write_file(path, std::string(kResultMark) + core::encode(result));
}

PrepareResult read_result(const std::filesystem::path& path) {
    return read_marked<PrepareResult>(path, kResultMark);
}

}  // namespace graft::data
