// SPDX-License-Identifier: Apache-2.0
#include "data/prepared.hpp"

#include <algorithm>
#include <cstring>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/h5/file.hpp"
#include "core/hash.hpp"

namespace graft::data {

namespace {

std::string_view bytes_of(const std::uint8_t* data, std::uint64_t count) {
    return {reinterpret_cast<const char*>(data), count};
}

std::vector<Part> parts_of(const std::vector<std::int32_t>& numbers) {
    std::vector<Part> parts;
    for (const auto number : numbers) {
        parts.push_back(static_cast<Part>(number));
    }
    return parts;
}

std::vector<BadImage> skipped_of(const core::h5::File& file) {
    std::vector<BadImage> skipped;
    const auto reasons = file.read_texts("/skipped_reason");
    for (const auto& path : file.read_texts("/skipped_path")) {
        skipped.push_back({path, reasons.at(skipped.size())});
    }
    return skipped;
}

PreparedTables read_tables(const core::h5::File& file) {
    PreparedTables tables;
    tables.dataset = file.text_attribute("/", "dataset");
    tables.fingerprint = file.text_attribute("/", "fingerprint");
    tables.size = static_cast<int>(file.int_attribute("/", "size"));
    tables.stored_size = static_cast<int>(file.int_attribute("/", "stored_size"));
    tables.pixels_checksum = file.text_attribute("/", "pixels_checksum");
    tables.classes = file.read_texts("/classes");
    tables.labels = file.read<std::int32_t>("/label");
    tables.parts = parts_of(file.read<std::int32_t>("/part"));
    tables.ids = file.read_texts("/id");
    tables.groups = file.read_texts("/group");
    tables.checksums = file.read<std::uint64_t>("/checksums");
    tables.skipped = skipped_of(file);
    const auto counts = file.read<std::int64_t>("/duplicates");
    tables.duplicates = {counts.at(0), counts.at(1), counts.at(2), counts.at(3)};
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

std::string prepared_name(const std::string& dataset, const std::string& fingerprint, int size) {
    return fmt::format("{}-{}-{}.h5", dataset, fingerprint.substr(0, 12), size);
}

Prepared::Prepared(const std::filesystem::path& path) : pixels_(path) {
    core::h5::File file = open_prepared(path);
    check_format(file);
    PreparedTables& tables = *this;
    tables = read_tables(file);
    const auto side = static_cast<std::uint64_t>(stored_size);
    const core::h5::Shape shape{count(), side, side, 3};
    const std::uint64_t blocks = (count() + kImagesPerChecksum - 1) / kImagesPerChecksum;
    if (file.text_attribute("/", "tables_checksum") != tables_checksum(tables) ||
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
    file.close();
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
