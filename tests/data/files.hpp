// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "core/error.hpp"

#include "data/dataset_settings.hpp"

#include "support/temporary.hpp"

namespace graft::tests {

// Writes a small file, making its directories: enough where nothing is decoded.
inline void write_text(const std::filesystem::path& path, const std::string& text = "image") {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

// Three images each of the classes a and b in folders of the same name.
inline data::DatasetSettings two_folders(const TemporaryDirectory& directory) {
    for (const std::string name : {"a", "b"}) {
        for (const std::string number : {"1", "2", "3"}) {
            write_text(directory / name / (number + ".png"));
        }
    }
    data::DatasetSettings settings;
    settings.name = "small";
    settings.path = directory.path();
    return settings;
}

// The message of the InputError that `call` throws; empty when it throws none.
template <class Call>
std::string input_error(Call call) {
    try {
        call();
    } catch (const core::InputError& error) {
        return error.what();
    }
    return {};
}

}  // namespace graft::tests
