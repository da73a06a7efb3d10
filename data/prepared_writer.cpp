// SPDX-License-Identifier: Apache-2.0
#include "data/prepared_writer.hpp"

#include <algorithm>
#include <chrono>
#include <random>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "core/text.hpp"

namespace graft::data {

namespace fs = std::filesystem;

namespace {

// Written at once: while it is still in the processor's cache, and not in too many calls.
constexpr std::uint64_t kPieceBytes = std::uint64_t{1} << 20;

// A name no other writer has, on this or another machine.
fs::path aside_name(const fs::path& path) {
    std::random_device random;
    return path.string() + fmt::format(".{:08x}{:08x}.tmp", random(), random());
}

// Files that writers left aside when they were killed: a live one was written to within a day.
void remove_abandoned(const fs::path& path, const fs::path& own) {
    const auto now = fs::last_write_time(own);
    const std::string start = path.filename().string() + ".";
    std::error_code ignored;  // another writer may remove it first
    for (const auto& entry : fs::directory_iterator(path.parent_path(), ignored)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(start) && name.ends_with(".tmp") &&
            now - entry.last_write_time(ignored) > std::chrono::hours(24)) {
            fs::remove(entry.path(), ignored);
        }
    }
}

void write_tables(core::h5::File& file, const PreparedTables& tables) {
    std::vector<std::uint8_t> parts;
    for (const auto part : tables.parts) {
        parts.push_back(static_cast<std::uint8_t>(part));
    }
    std::vector<std::string> paths;
    std::vector<std::string> reasons;
    for (const auto& bad : tables.skipped) {
        paths.push_back(bad.path);
        reasons.push_back(bad.reason);
    }
    const auto& counts = tables.duplicates;
    file.write("/checksums", tables.checksums);
    file.write("/label", tables.labels);
    file.write("/part", parts);
    file.write_texts("/id", tables.ids);
    file.write_texts("/group", tables.groups);
    file.write_texts("/classes", tables.classes);
    file.write_texts("/skipped_path", paths);
    file.write_texts("/skipped_reason", reasons);
    file.write("/duplicates", std::vector<std::int64_t>{counts.exact, counts.near,
                                                        counts.conflicting, counts.across});
    if (!tables.contents.empty()) {
        file.write("/content", tables.contents);
        file.write("/perceptual", tables.perceptual);
        file.write_attribute("/", "hashes_checksum", hashes_checksum(tables));
    }
    file.write_attribute("/", "format", kPreparedFormat);
    file.write_attribute("/", "dataset", tables.dataset);
    file.write_attribute("/", "fingerprint", tables.fingerprint);
    file.write_attribute("/", "size", std::int64_t{tables.size});
    file.write_attribute("/", "stored_size", std::int64_t{tables.stored_size});
    file.write_attribute("/", "pixels_checksum", tables.pixels_checksum);
    file.write_attribute("/", "tables_checksum", tables_checksum(tables));
}

}  // namespace

PreparedWriter::PreparedWriter(fs::path path, std::uint64_t capacity, int stored_size)
    : path_(std::move(path)),
      capacity_(capacity),
      image_bytes_(static_cast<std::uint64_t>(stored_size) *
                   static_cast<std::uint64_t>(stored_size) * 3),
      stored_size_(stored_size) {
    make_file();
    remove_abandoned(path_, aside_);
}

PreparedWriter::~PreparedWriter() {
    file_.reset();
    std::error_code ignored;
    fs::remove(aside_, ignored);
}

void PreparedWriter::make_file() {
    aside_ = aside_name(path_);
    file_ = core::h5::File::create(aside_);
    const auto side = static_cast<std::uint64_t>(stored_size_);
    file_->make_contiguous_u8("/pixels", {capacity_, side, side, 3});
}

void PreparedWriter::append(const std::uint8_t* image) {
    checksum_.add({reinterpret_cast<const char*>(image), image_bytes_});
    piece_.insert(piece_.end(), image, image + image_bytes_);
    if (++images_ % kImagesPerChecksum == 0) {
        end_checksum();
    }
    if (piece_.size() + image_bytes_ > kPieceBytes) {
        write_piece();
    }
}

void PreparedWriter::end_checksum() {
    checksums_.push_back(checksum_.take());
}

void PreparedWriter::write_piece() {
    const std::uint64_t images = piece_.size() / image_bytes_;
    if (images == 0) {
        return;
    }
    try {
        file_->write_rows_u8("/pixels", images_ - images, images, piece_.data());
    } catch (const core::SystemError& error) {
        // HDF5 does not say why: a full disk is told from a broken one by looking.
        const auto free = core::free_bytes(path_.parent_path());
        if (free < piece_.size()) {
            throw core::NoSpaceError(fmt::format(
                "no space left for '{}' ({} more needed, {} free). Free space, or set [run] "
                "prepared to another directory.",
                path_.string(), core::bytes_text((capacity_ - images_ + images) * image_bytes_),
                core::bytes_text(free)));
        }
        throw;
    }
    piece_.clear();
}

void PreparedWriter::shrink() {
    const std::uint64_t from = file_->data_offset("/pixels");
    file_->close();
    const fs::path longer = aside_;
    const core::ReadFile source(longer);
    capacity_ = images_;
    make_file();
    std::error_code ignored;  // `source` still holds it
    fs::remove(longer, ignored);
    const std::uint64_t most = std::max<std::uint64_t>(1, kPieceBytes / image_bytes_);
    for (std::uint64_t first = 0; first < images_; first += most) {
        const std::uint64_t images = std::min(most, images_ - first);
        piece_.resize(images * image_bytes_);
        source.read_at(from + first * image_bytes_, piece_.data(), piece_.size());
        file_->write_rows_u8("/pixels", first, images, piece_.data());
    }
    piece_.clear();
}

void PreparedWriter::publish(PreparedTables tables) {
    write_piece();
    if (images_ % kImagesPerChecksum != 0) {
        end_checksum();
    }
    if (images_ < capacity_) {
        shrink();
    }
    tables.stored_size = stored_size_;
    tables.checksums = checksums_;
    tables.pixels_checksum = checksum_text(checksums_);
    write_tables(*file_, tables);
    file_->close();
    core::publish_file(aside_, path_);
}

}  // namespace graft::data
