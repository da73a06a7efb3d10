// SPDX-License-Identifier: Apache-2.0
// graft-prepare: decodes the images of one dataset. Started by graft with a request file, or by
// hand with the keys of [datasets.X] as options.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include "core/error.hpp"
#include "core/text.hpp"

#include "data/prepare.hpp"
#include "data/sheet.hpp"

namespace po = boost::program_options;
using namespace graft;

namespace {

po::options_description options() {
    po::options_description all(
        "graft-prepare --request FILE --result FILE\n"
        "graft-prepare --path DIR --sizes 224,299 --output DIR [--images PATTERN ...]\n"
        "graft-prepare --sheet TILES --output PNG\n"
        "prints 'progress DONE TOTAL' lines, then 'ready FILE' for each size\n\nOptions");
    auto add = all.add_options();
    add("help", "this text");
    add("request", po::value<std::string>(), "encoded request (data/prepare_request.hpp)");
    add("result", po::value<std::string>(), "where the encoded result is written");
    add("sheet", po::value<std::string>(), "tiles (data/sheet.hpp) to draw as a PNG at --output");
    add("name", po::value<std::string>()->default_value("dataset"), "the dataset's name");
    add("sizes", po::value<std::string>(), "heights and widths, with commas between");
    add("output", po::value<std::string>(), "directory of the prepared files, or the PNG");
    add("workers", po::value<int>()->default_value(0), "decoding processes; 0: one per core");
    for (const auto& key : data::dataset_keys()) {
        if (key != "map_labels") {
            add(key.c_str(), po::value<std::string>(), "as in [datasets.X]");
        }
    }
    return all;
}

const std::string& needed(const po::variables_map& given, const std::string& option) {
    if (!given.contains(option)) {
        core::fail_input("option --{} is missing. See graft-prepare --help.", option);
    }
    return given[option].as<std::string>();
}

data::PrepareRequest request_of(const po::variables_map& given) {
    if (given.contains("request")) {
        return data::read_request(given["request"].as<std::string>());
    }
    core::Table table;
    for (const auto& key : data::dataset_keys()) {
        if (given.contains(key)) {
            table.entries.push_back({key, data::option_value(key, given[key].as<std::string>())});
        }
    }
    data::PrepareRequest request;
    request.dataset = data::dataset_settings(given["name"].as<std::string>(), table,
                                             std::filesystem::current_path());
    for (const auto& size : core::split(needed(given, "sizes"), ',')) {
        request.sizes.push_back(static_cast<std::int32_t>(core::parse_int(size).value_or(0)));
    }
    request.directory = needed(given, "output");
    request.workers = given["workers"].as<int>();
    return request;
}

void print_progress(std::uint64_t done, std::uint64_t total) {
    if (done == total || done % (total / 200 + 1) == 0) {
        fmt::print("progress {} {}\n", done, total);
        std::fflush(stdout);
    }
}

void print_result(const data::PrepareResult& result) {
    const auto& [train, validation, test] = result.parts;
    const auto& [exact, near, conflicting, across] = result.duplicates;
    fmt::print(
        "images train {} validation {} test {}{}, skipped {}\n"
        "copies exact {} near {} with different labels {} across parts {}\n",
        train, validation, test,
        result.folds > 0 ? fmt::format(" in fold 1 of {}", result.folds) : "", result.bad.size(),
        exact, near, conflicting, across);
    fmt::print("decoded in {:.2f} s, {:.0f} images/s\n", result.seconds, result.images_per_second);
    for (const auto& file : result.files) {
        fmt::print("ready {}\n", file.path);
    }
}

int run(int count, char** arguments) {
    po::variables_map given;
    po::store(po::parse_command_line(count, arguments, options()), given);
    if (given.contains("help") || count == 1) {
        std::cout << options();
        return 0;
    }
    if (given.contains("sheet")) {
        data::draw_sheet(given["sheet"].as<std::string>(), needed(given, "output"));
        return 0;
    }
    const auto result = data::prepare(request_of(given), print_progress);
    if (given.contains("result")) {
        data::write_result(given["result"].as<std::string>(), result);
    }
    if (!result.error.empty()) {
        throw core::InputError(result.error);
    }
    print_result(result);
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    try {
        return run(count, arguments);
    } catch (const core::Error& error) {
        std::cerr << "graft-prepare: " << error.what() << '\n';
        return error.exit_code();
    } catch (const po::error& error) {
        std::cerr << "graft-prepare: " << error.what() << ". See graft-prepare --help.\n";
        return 2;
    } catch (const std::exception& error) {
        std::cerr << "graft-prepare: internal error: " << error.what() << '\n';
        return 70;
    }
}
