// SPDX-License-Identifier: Apache-2.0
#include "data/prepared.hpp"

#include <algorithm>
#include <cstring>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/h5/file.hpp"
#include "core/h5/rehearsal.hpp"
#include "core/hash.hpp"

namespace graft::data {

namespace {

constexpr unsigned kLongestRead = 300;  // seconds, for the tables of a slow disk

std::string_view bytes_of(const std::uint8_t* data, std::uint64_t count) {
    return {reinterpret_cast<const char*>(data), count};
}

// The tables contradict each other, or hold numbers that mean nothing.
[[noreturn]] void fail_tables(const std::string& why) {
    throw core::h5::Refused(why);
}

std::vector<Part> parts_of(const std::vector<std::int32_t>& numbers) {
    std::vector<Part> parts;
    for (const auto number : numbers) {
        if (number < 0 || number > static_cast<std::int32_t>(Part::test)) {
            fail_tables(fmt::format("an image is in part {}", number));
        }
        parts.push_back(static_cast<Part>(number));
    }
    return parts;
}

std::vector<BadImage> skipped_of(const core::h5::File& file) {
    std::vector<BadImage> skipped;
    const auto paths = file.read_texts("/skipped_path");
    const auto reasons = file.read_texts("/skipped_reason");
    if (paths.size() != reasons.size()) {
        fail_tables("the list of skipped images lacks paths or reasons");
    }
    for (std::size_t i = 0; i < paths.size(); ++i) {
        skipped.push_back({paths[i], reasons[i]});
    }
    return skipped;
}

DuplicateCounts duplicates_of(const core::h5::File& file) {
    const auto counts = file.read<std::int64_t>("/duplicates");
    if (counts.size() != 4) {
        fail_tables(fmt::format("{} counts of copies", counts.size()));
    }
    return {counts[0], counts[1], counts[2], counts[3]};
}

// A side in pixels.
int side_of(const core::h5::File& file, const std::string& name) {
    const auto side = file.int_attribute("/", name);
    if (side < 1 || side > kLargestSide) {
        fail_tables(fmt::format("{} is {}", name, side));
    }
    return static_cast<int>(side);
}

// Whoever reads them takes labels and parts for indices.
void check_tables(const PreparedTables& tables) {
    const std::size_t images = tables.labels.size();
    if (tables.parts.size() != images || tables.ids.size() != images ||
        tables.groups.size() != images || tables.contents.size() != tables.perceptual.size() ||
        (!tables.contents.empty() && tables.contents.size() != images)) {
        fail_tables("its tables differ in length");
    }
    const auto classes = static_cast<std::int64_t>(tables.classes.size());
    for (const auto label : tables.labels) {
        if (label < 0 || label >= classes) {
            fail_tables(fmt::format("an image has label {} of {} classes", label, classes));
        }
    }
}

PreparedTables read_tables(const core::h5::File& file) {
    PreparedTables tables;
    tables.dataset = file.text_attribute("/", "dataset");
    tables.fingerprint = file.text_attribute("/", "fingerprint");
    tables.size = side_of(file, "size");
    tables.stored_size = side_of(file, "stored_size");
    tables.pixels_checksum = file.text_attribute("/", "pixels_checksum");
    tables.classes = file.read_texts("/classes");
    tables.labels = file.read<std::int32_t>("/label");
    tables.parts = parts_of(file.read<std::int32_t>("/part"));
    tables.ids = file.read_texts("/id");
    tables.groups = file.read_texts("/group");
    tables.checksums = file.read<std::uint64_t>("/checksums");
    tables.skipped = skipped_of(file);
    tables.duplicates = duplicates_of(file);
    if (file.has_attribute("/", "hashes_checksum")) {
        tables.contents = file.read<std::uint64_t>("/content");
        tables.perceptual = file.read<std::uint64_t>("/perceptual");
    }
    check_tables(tables);
    return tables;
}

core::h5::File open_prepared(const std::filesystem::path& path) {
    try {
        return core::h5::File::open(path);
    } catch (const core::InputError&) {
        core::fail_input(
            "prepared file '{}' cannot be read (cut short, or no HDF5 file). Delete it: graft "
            "prepare makes it again.",
            path.string());
    }
}

void check_format(const core::h5::File& file) {
    if (!file.has_attribute("/", "format") || !file.has("/pixels")) {
        core::fail_input("'{}' is no prepared dataset. Give a file that graft prepare made.",
                         file.path().string());
    }
    const auto format = file.int_attribute("/", "format");
    if (format != kPreparedFormat) {
        core::fail_input(
            "'{}' has format {} (this program reads {}). Delete it: graft prepare makes "
            "it again.",
            file.path().string(), format, kPreparedFormat);
    }
}

}  // namespace

std::string checksum_text(const std::vector<std::uint64_t>& checksums) {
    return core::content_hash(
        {reinterpret_cast<const char*>(checksums.data()), checksums.size() * sizeof(checksums[0])});
}

std::string tables_checksum(const PreparedTables& tables) {
    core::Encoder encoder;
    encoder(tables.dataset, tables.fingerprint, tables.size, tables.stored_size, tables.classes,
            tables.labels, tables.parts, tables.ids, tables.groups, tables.checksums,
            tables.pixels_checksum, tables.skipped, tables.duplicates);
    return core::content_hash(encoder.take());
}

std::string hashes_checksum(const PreparedTables& tables) {
    core::Encoder encoder;
    encoder(tables.contents, tables.perceptual);
    return core::content_hash(encoder.take());
}

std::string prepared_name(const std::string& dataset, const std::string& fingerprint, int size) {
    return fmt::format("{}-{}-{}.h5", dataset, fingerprint.substr(0, 12), size);
}

Prepared::Prepared(const std::filesystem::path& path) : pixels_(path) {
    try {
        core::h5::rehearse([&] { read(open_prepared(path)); }, {kLongestRead, 0});
        read(open_prepared(path));
    } catch (const core::h5::Refused& error) {
        core::fail_input(
            "prepared file '{}' is damaged ({}). Delete it: graft prepare makes it again.",
            path.string(), error.what());
    }
}

void Prepared::read(const core::h5::File& file) {
    const auto& path = pixels_.path();
    check_format(file);
    PreparedTables& tables = *this;
    tables = read_tables(file);
    const auto side = static_cast<std::uint64_t>(stored_size);
    const core::h5::Shape shape{count(), side, side, 3};
    const std::uint64_t blocks = (count() + kImagesPerChecksum - 1) / kImagesPerChecksum;
    if (file.text_attribute("/", "tables_checksum") != tables_checksum(tables) ||
        (!contents.empty() &&
         file.text_attribute("/", "hashes_checksum") != hashes_checksum(tables)) ||
        file.shape("/pixels") != shape || checksums.size() != blocks) {
        core::fail_input(
            "prepared file '{}' has damaged tables. Delete it: graft prepare makes it "
            "again.",
            path.string());
    }
    offset_ = file.data_offset("/pixels");
    if (pixels_.size() < offset_ || (pixels_.size() - offset_) / image_bytes() < count()) {
        core::fail_input(
            "prepared file '{}' is cut short. Delete it: graft prepare makes it again.",
            path.string());
    }
    verified_ = std::make_unique<std::atomic<bool>[]>(blocks);
}

void Prepared::read_block(std::uint64_t block, std::uint8_t* into) const {
    const std::uint64_t first = block * kImagesPerChecksum;
    const std::uint64_t images = std::min(kImagesPerChecksum, count() - first);
    pixels_.read_at(offset_ + first * image_bytes(), into, images * image_bytes());
    if (core::checksum(bytes_of(into, images * image_bytes())) != checksums[block]) {
        core::fail_input(
            "prepared file '{}' is damaged at images {} to {}. Delete it: graft "
            "prepare makes it again.",
            pixels_.path().string(), first, first + images - 1);
    }
    verified_[block] = true;
}

void Prepared::read_images(std::uint64_t first, std::uint64_t images, std::uint8_t* into) const {
    if (first > count() || images > count() - first) {
        throw std::logic_error("images beyond the end of a prepared file");
    }
    const std::uint64_t end = first + images;
    std::vector<std::uint8_t> aside;
    while (first < end) {
        const std::uint64_t block = first / kImagesPerChecksum;
        const std::uint64_t start = block * kImagesPerChecksum;
        const std::uint64_t stop = std::min(start + kImagesPerChecksum, count());
        const std::uint64_t taken = std::min(end, stop) - first;
        if (verified_[block]) {
            pixels_.read_at(offset_ + first * image_bytes(), into, taken * image_bytes());
        } else if (first == start && taken == stop - start) {
            read_block(block, into);
        } else {
            aside.resize((stop - start) * image_bytes());
            read_block(block, aside.data());
            std::memcpy(into, aside.data() + (first - start) * image_bytes(),
                        taken * image_bytes());
        }
        into += taken * image_bytes();
        first += taken;
    }
}

}  // namespace graft::data
