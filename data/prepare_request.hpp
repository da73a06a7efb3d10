// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/audit.hpp"
#include "data/bad_image.hpp"
#include "data/dataset_settings.hpp"
#include "data/prepared.hpp"

namespace graft::data {

// What graft-prepare is asked for and what it answers: the two files between it and its parent.
//
//   PrepareRequest request{settings, {224, 299}, "/sweep/prepared", 0};
//   write_request(request_file, request);
//   ... run: graft-prepare --request request_file --result result_file
//       on standard output: lines "progress <images done> <images>", then "ready <path>" per size
//       on standard error: "graft-prepare: <message>" before an exit code other than 0
//   const PrepareResult result = read_result(result_file);   // also after exit code 2 (bad images)
struct PrepareRequest {
    DatasetSettings dataset;
    std::vector<std::int32_t> sizes;  // pixels: height and width
    std::string directory;            // of the prepared files; made when missing
    std::int32_t workers = 0;         // processes that decode; 0: one per core

    template <class Archive>
    void fields(Archive& archive) {
        archive(dataset, sizes, directory, workers);
    }
};

// One prepared file.
struct PreparedFile {
    std::string path;
    std::int32_t size = 0, stored_size = 0;
    std::string pixels_checksum;
    bool made = false;  // false: it was there already

    template <class Archive>
    void fields(Archive& archive) {
        archive(path, size, stored_size, pixels_checksum, made);
    }
};

struct PrepareResult {
    std::string dataset, fingerprint;
    std::vector<PreparedFile> files;  // in the order of the request's sizes; none after an error
    std::vector<std::string> classes;
    std::int32_t folds = 0;  // of the dataset; then what follows of parts is of the first fold
    PartCounts parts;
    // Images of each class, in the order of `classes`.
    std::vector<std::int64_t> train_counts, validation_counts, test_counts;
    std::vector<BadImage> bad;  // skipped, or the whole list that stopped it
    DuplicateCounts duplicates;
    Audit audit;
    std::string error;  // the message when bad images stopped it, else empty
    double seconds = 0, images_per_second = 0;  // of decoding; 0 when all was there

    template <class Archive>
    void fields(Archive& archive) {
        archive(dataset, fingerprint, files, classes, parts, train_counts, validation_counts,
                test_counts, bad, duplicates, audit, error, seconds, images_per_second, folds);
    }
};

// Throw InputError when a file is missing or none of the kind.
void write_request(const std::filesystem::path& path, const PrepareRequest& request);
PrepareRequest read_request(const std::filesystem::path& path);
void write_result(const std::filesystem::path& path, const PrepareResult& result);
PrepareResult read_result(const std::filesystem::path& path);

}  // namespace graft::data
