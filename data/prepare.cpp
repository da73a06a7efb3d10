// SPDX-License-Identifier: Apache-2.0
#include "data/prepare.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <set>
#include <thread>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "core/text.hpp"

#include "data/audit.hpp"
#include "data/codecs.hpp"
#include "data/decode.hpp"
#include "data/duplicates.hpp"
#include "data/folds.hpp"
#include "data/prepared_writer.hpp"
#include "data/rare_classes.hpp"
#include "data/sample_task.hpp"
#include "data/sides.hpp"
#include "data/worker_pool.hpp"

namespace graft::data {

namespace fs = std::filesystem;

namespace {

class Job {
  public:
    Job(const PrepareRequest& request, const PrepareProgress& progress)
        : request_(request), settings_(request.dataset), progress_(progress) {
        if (request.sizes.empty()) {
            core::fail_input("no size to prepare (at least one needed). Give --sizes 224.");
        }
        for (const int size : request.sizes) {
            if (size < 1 || size > kLargestSide) {
                core::fail_input("size {} (1 to {} expected). Correct it.", size, kLargestSide);
            }
        }
    }

    PrepareResult run() {
        core::create_directories(request_.directory);
        manifest_ = list_dataset(settings_);
        result_.dataset = settings_.name;
        result_.folds = settings_.folds;
        result_.fingerprint = manifest_.fingerprint;
        const auto missing = missing_sizes();
        if (!missing.empty()) {
            make(missing);
        }
        if (result_.error.empty()) {
            describe_files(missing);
        }
        return std::move(result_);
    }

  private:
    fs::path path_of(int size) const {
        return fs::path(request_.directory) /
               prepared_name(settings_.name, manifest_.fingerprint, size);
    }

    std::vector<int> missing_sizes() const {
        std::set<int> missing;
        for (const int size : request_.sizes) {
            if (!fs::exists(path_of(size))) {
                missing.insert(size);
            }
        }
        return {missing.begin(), missing.end()};
    }

    void make(const std::vector<int>& sizes);
    void begin(const std::vector<int>& sizes, Look look);
    void check_space() const;
    int workers() const;
    void load_what_workers_need() const;
    void decode_all();
    bool take(std::uint64_t task, std::span<const std::uint8_t> slot, const std::string& crash);
    void check_classes() const;
    PreparedTables divide();
    void describe_files(const std::vector<int>& made);

    const PrepareRequest& request_;
    const DatasetSettings& settings_;
    const PrepareProgress& progress_;
    Manifest manifest_;
    LargestSide largest_;
    std::vector<int> sides_;       // stored sizes, beside the sizes to make
    std::uint64_t delivered_ = 0;  // samples, good or bad
    std::deque<PreparedWriter> writers_;
    std::vector<Sample> good_;
    std::vector<std::string> contents_;                   // beside good_
    std::vector<std::vector<std::uint64_t>> perceptual_;  // for each side, beside good_
    std::vector<BadImage> bad_;
    PrepareResult result_;
};

void Job::check_space() const {
    const std::uint64_t pixels = pixel_bytes(sides_) * manifest_.samples.size();
    const std::uint64_t needed = pixels + pixels / 100 + (std::uint64_t{1} << 20);
    const std::uint64_t free = core::free_bytes(request_.directory);
    if (free < needed) {
        throw core::NoSpaceError(
            fmt::format("too little disk in '{}' ({} needed for {} images of '{}', {} free). Free "
                        "space, or set "
                        "[run] prepared to another directory.",
                        request_.directory, core::bytes_text(needed), manifest_.samples.size(),
                        settings_.name, core::bytes_text(free)));
    }
}

int Job::workers() const {
    return request_.workers > 0
               ? request_.workers
               : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

bool Job::take(std::uint64_t task, std::span<const std::uint8_t> slot, const std::string& crash) {
    const Sample& sample = manifest_.samples[task];
    SampleOutcome outcome;
    if (crash.empty()) {
        outcome = outcome_in(slot, sides_);
    } else {
        outcome.reason = crash;
    }
    if (!outcome.reason.empty()) {
        bad_.push_back({sample.files.front().string(), outcome.reason});
        outcome.largest_side = largest_.is_guessed ? side_or_none(settings_.path, sample) : 0;
    }
    if (largest_.is_guessed && outcome.largest_side > largest_.side) {
        return false;  // delivered_ stays short of all: everything anew
    }
    ++delivered_;
    if (outcome.reason.empty()) {
        for (std::size_t i = 0; i < sides_.size(); ++i) {
            perceptual_[i].push_back(outcome.perceptual[i]);
            writers_[i].append(outcome.pixels);
            outcome.pixels += writers_[i].image_bytes();
        }
        good_.push_back(sample);
        contents_.push_back(outcome.content);
    }
    progress_(task + 1, manifest_.samples.size());
    return true;
}

// Workers are copies of this process: what each of them would load is loaded once. A set's first
// file tells for nearly all sets; where it does not, workers load the module by themselves.
void Job::load_what_workers_need() const {
    constexpr std::array<std::string_view, 4> names{".jpg", ".jpeg", ".JPG", ".JPEG"};
    const std::string name = manifest_.samples.front().files.front().extension().string();
    const bool is_jpeg = std::find(names.begin(), names.end(), name) != names.end();
    if (is_jpeg && settings_.channels.empty()) {
        codecs_file();  // its absence is an error of the installation, and not of each picture
    } else {
        load_codecs();
    }
}

void Job::decode_all() {
    PoolSettings pool;
    pool.workers = workers();
    pool.slot_bytes = slot_bytes(sides_);
    constexpr std::uint64_t shared_bytes = std::uint64_t{1} << 29;  // of all slots, if that will do
    const auto slots = shared_bytes / (pool.slot_bytes * static_cast<unsigned>(pool.workers));
    pool.slots_per_worker = static_cast<int>(std::clamp<std::uint64_t>(slots, 2, 16));
    // Where hashes join groups, they must not depend on the target size.
    const auto hash_of = settings_.duplicate_distance > 0 ? HashOf::picture : HashOf::square;
    load_what_workers_need();
    const SampleTask work(settings_.path, manifest_.samples, sides_, hash_of);
    const auto start = core::now();
    run_tasks(manifest_.samples.size(), pool, work,
              [this](auto task, auto slot, const auto& crash) { return take(task, slot, crash); });
    result_.seconds = core::Seconds(core::now() - start).count();
    result_.images_per_second =
        static_cast<double>(manifest_.samples.size()) / std::max(result_.seconds, 1e-9);
}

void Job::check_classes() const {
    std::set<std::int32_t> present;
    for (const auto& sample : good_) {
        present.insert(sample.label);
    }
    for (std::size_t i = 0; i < manifest_.classes.size(); ++i) {
        if (!present.contains(static_cast<std::int32_t>(i))) {
            core::fail_input(
                "[datasets.{}]: class '{}' has no image left ({} bad ones skipped). "
                "Mend them, or leave the class out.",
                settings_.name, manifest_.classes[i], bad_.size());
        }
    }
}

void check_groups(const DatasetSettings& settings, const std::vector<std::string>& classes,
                  const std::vector<SplitItem>& items) {
    std::vector<std::set<std::string>> groups(classes.size());
    for (const auto& item : items) {
        groups[static_cast<std::size_t>(item.label)].insert(item.group);
    }
    for (std::size_t i = 0; i < groups.size(); ++i) {
        if (groups[i].size() < groups_per_class(settings) &&
            settings.on_rare_class == OnRareClass::stop) {
            core::fail_input(
                "[datasets.{}]: class '{}' has {} group(s) without bad images and with "
                "copies joined ({} needed: {}). Add images, or set on_rare_class = "
                "\"allow\".",
                settings.name, classes[i], groups[i].size(), groups_per_class(settings),
                why_groups(settings));
        }
    }
}

// Alike is not copied: a hash that takes a tenth of all images for copies of one another would tear
// the split apart.
void check_copies(const DatasetSettings& settings, const DuplicateSets& copies,
                  std::size_t images) {
    constexpr std::size_t harmless = 50;
    std::size_t largest = 0;
    for (const auto& set : copies.sets) {
        largest = std::max(largest, set.size());
    }
    if (copies.counts.near > 0 && largest > std::max(harmless, images / 10)) {
        core::fail_input(
            "[datasets.{}]: duplicate_distance = {} takes {} of {} images for copies of "
            "one another (alike, not copied). Lower it, or set duplicates = "
            "\"report\".",
            settings.name, settings.duplicate_distance, largest, images);
    }
}

PreparedTables Job::divide() {
    std::vector<SplitItem> items;
    PreparedTables tables;
    for (const auto& sample : good_) {
        items.push_back({sample.label, sample.group});
        tables.ids.push_back(sample.id);
        tables.labels.push_back(sample.label);
    }
    std::vector<ImagePrint> prints;
    for (std::size_t i = 0; i < good_.size(); ++i) {
        prints.push_back({contents_[i], perceptual_.front()[i]});
        tables.contents.push_back(core::checksum(contents_[i]));
    }
    const auto copies = find_duplicates(prints, items, settings_.duplicate_distance);
    const bool divided = manifest_.samples.front().part.has_value();
    if (divided) {
        for (const auto& sample : good_) {
            tables.parts.push_back(sample.part.value());
        }
    } else {
        if (settings_.duplicates == Duplicates::group) {
            check_copies(settings_, copies, items.size());
            join_groups(copies.sets, items);
        }
        check_groups(settings_, manifest_.classes, items);
        tables.parts = split(items, manifest_.classes, settings_.split_seed);
    }
    for (const auto& item : items) {
        tables.groups.push_back(item.group);
    }
    tables.duplicates = copies.counts;
    tables.duplicates.across = count_across(copies.sets, tables.parts);
    tables.dataset = settings_.name;
    tables.fingerprint = manifest_.fingerprint;
    tables.classes = manifest_.classes;
    tables.skipped = manifest_.bad;
    tables.skipped.insert(tables.skipped.end(), bad_.begin(), bad_.end());
    return tables;
}

void Job::begin(const std::vector<int>& sizes, Look look) {
    const auto enough = static_cast<std::uint64_t>(sizes.back());
    largest_ = look_for_largest_side(settings_.path, manifest_.samples, enough, look);
    sides_ = stored_sides(sizes, largest_.side);
    check_space();
    writers_.clear();
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        writers_.emplace_back(path_of(sizes[i]), manifest_.samples.size(), sides_[i]);
    }
    good_.clear();
    contents_.clear();
    bad_.clear();
    perceptual_.assign(sizes.size(), {});
    delivered_ = 0;
}

void Job::make(const std::vector<int>& sizes) {
    begin(sizes, Look::at_some);
    decode_all();
    if (delivered_ < manifest_.samples.size()) {
        begin(sizes, Look::at_all);
        decode_all();
    }
    if (!bad_.empty() && settings_.on_bad_image == OnBadImage::stop) {
        result_.error = bad_images_text(settings_.name, bad_);
        result_.bad = bad_;
        writers_.clear();
        return;
    }
    check_classes();
    PreparedTables tables = divide();
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        tables.size = sizes[i];
        tables.perceptual = perceptual_[i];
        writers_[i].publish(tables);
    }
    writers_.clear();
}

void Job::describe_files(const std::vector<int>& made) {
    for (const int size : request_.sizes) {
        const fs::path path = path_of(size);
        const Prepared prepared(path);
        if (prepared.fingerprint != manifest_.fingerprint || prepared.size != size) {
            core::fail_input(
                "'{}' is not what its name says (dataset {}, size {}). Delete it: graft "
                "prepare makes it again.",
                path.string(), prepared.fingerprint, prepared.size);
        }
        const bool is_new = std::find(made.begin(), made.end(), size) != made.end();
        result_.files.push_back(
            {path.string(), size, prepared.stored_size, prepared.pixels_checksum, is_new});
        PreparedTables file = prepared;
        if (settings_.folds > 0) {
            // The file may be older than the folds.
            check_groups(settings_, file.classes, split_items(file));
            file.parts = parts_of_fold(file, 1, settings_.folds, settings_.split_seed);
        }
        result_.classes = file.classes;
        result_.parts = count_parts(file.parts);
        result_.train_counts = class_counts(file, Part::train);
        result_.validation_counts = class_counts(file, Part::validation);
        result_.test_counts = class_counts(file, Part::test);
        result_.bad = file.skipped;
        result_.duplicates = file.duplicates;
        result_.audit = settings_.folds > 0
                            ? audit_folds(file, settings_.folds, settings_.split_seed)
                            : audit(file);
    }
}

}  // namespace

PrepareResult prepare(const PrepareRequest& request, const PrepareProgress& progress) {
    return Job(request, progress).run();
}

}  // namespace graft::data
