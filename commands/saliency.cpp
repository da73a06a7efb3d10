// SPDX-License-Identifier: Apache-2.0
#include "commands/saliency.hpp"

#include <algorithm>
#include <map>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/text.hpp"

#include "data/prepared.hpp"
#include "sweep/trial_files.hpp"

#include "commands/network_files.hpp"
#include "commands/preview.hpp"
#include "commands/sheet.hpp"
#include "commands/study.hpp"
#include "results/findings/best_checkpoint.hpp"
#include "results/predictions/evaluation.hpp"

namespace graft::commands {

namespace fs = std::filesystem;
using results::findings::BestCheckpoint;
using results::report::Picture;

namespace {

constexpr const char* kSaliencyFolder = "saliency";

std::string arm_text(const BestCheckpoint& best) {
    return fmt::format("{} from {}, trial {}", best.context->network,
                       results::findings::text_of(
                           results::findings::Arm{best.init, best.run->trial->spec.freeze, 100}),
                       best.run->trial->id.text());
}

// The prepared images that the trial was trained on.
const sweep::DatasetReady& images_of(const sweep::Record& record, const sweep::Trial& trial) {
    const auto* ready = record.dataset(trial.spec->dataset_fingerprint, trial.work.image_size);
    if (!ready || !fs::exists(ready->prepared)) {
        core::fail_input("its prepared images are gone (graft prepare makes them again)");
    }
    return *ready;
}

void add_images(sweep::PictureRequest& request,
                const std::vector<results::predictions::ScoredImage>& images,
                const std::vector<std::string>& classes) {
    const data::Prepared prepared(request.prepared);
    std::map<std::string, std::uint32_t> samples;
    for (std::size_t i = 0; i < prepared.ids.size(); ++i) {
        samples.emplace(prepared.ids[i], static_cast<std::uint32_t>(i));
    }
    for (const auto& image : images) {
        const auto sample = samples.find(image.id);
        if (sample == samples.end()) {
            core::fail_input("image '{}' is not in its prepared file", image.id);
        }
        request.samples.push_back(sample->second);
        request.first.push_back(image.taken_for);
        request.second.push_back(image.label);
        request.rows.push_back(fmt::format(
            "{}, {:.3f}; taken for {}: {}", classes[static_cast<std::size_t>(image.label)],
            image.probability, classes[static_cast<std::size_t>(image.taken_for)], image.id));
    }
}

sweep::PictureRequest request_of(const sweep::Record& record, const KeptFiles& files,
                                 const BestCheckpoint& best, std::size_t images) {
    const sweep::Trial& trial = *best.run->trial;
    sweep::PictureRequest request;
    request.kind = sweep::PictureRequest::Kind::saliency;
    request.training = trial.spec->training;
    request.network = trial.spec->network;
    request.definition = network_json(file_of(record), request.network);
    const auto weights =
        sweep::find_result(files.directory_of(trial), best.run->result().weights, "best");
    if (!weights) {
        core::fail_input(
            "its best.h5 is gone, or not as recorded (freed by keep_weights or graft clean, or "
            "changed; graft verify --keep makes it again)");
    }
    request.weights = weights->string();
    const auto& images_ready = images_of(record, trial);
    request.prepared = images_ready.prepared;
    request.checksum = images_ready.pixels_checksum;
    request.title = fmt::format("{}: {}", best.dataset, arm_text(best));
    request.columns = {"image", "for the class taken", "for its own class"};
    const auto kept = results::predictions::read_predictions(files.predictions_of(trial));
    add_images(request,
               results::predictions::worst_images(kept.test, static_cast<int>(kept.classes.size()),
                                                  images),
               kept.classes);
    return request;
}

}  // namespace

std::vector<Saliency> saliencies_of(const sweep::Record& record, const KeptFiles& files,
                                    std::size_t images, std::vector<std::string>& missing) {
    const auto contexts = results::findings::contexts_of(record);
    const auto best = results::findings::best_checkpoints(contexts);
    std::vector<Saliency> saliencies;
    for (const auto* one : results::findings::best_of_datasets(best)) {
        try {
            saliencies.push_back({one->dataset, request_of(record, files, *one, images)});
        } catch (const core::InputError& error) {
            missing.push_back(fmt::format("no saliency of {} ({}): {}", one->dataset,
                                          arm_text(*one), error.what()));
        }
    }
    return saliencies;
}

std::vector<Picture> augmented_pictures(const fs::path& sweep) {
    std::vector<fs::path> files;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(sweep / kPreviewFolder, none)) {
        if (entry.path().extension() == ".png") {
            files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    std::vector<Picture> pictures;
    for (const auto& file : files) {
        const std::string name = file.stem();
        pictures.push_back(
            {"augmented-" + name, "Augmentation of " + name,
             "Training images as they are prepared, and as training saw them in its first epochs.",
             "Training images of " + name + " before and after augmentation.",
             core::read_file(file)});
    }
    return pictures;
}

std::vector<Picture> salient_pictures(const fs::path& sweep,
                                      const std::vector<Saliency>& saliencies) {
    std::vector<Picture> pictures;
    for (const auto& [dataset, request] : saliencies) {
        const fs::path png = sweep / kSaliencyFolder / (dataset + ".png");
        make_sheet(request, png);
        pictures.push_back(
            {"saliency-" + dataset, "Where the evidence lies: the worst-classified of " + dataset,
             "Test images whose true class got the lowest probability from the best checkpoint, "
             "with that probability. Grad-CAM: from red to yellow, the more the last feature "
             "map speaks for a class there; each map is scaled by its own largest value, and is "
             "as coarse as the feature map. It says where, not why, and not whether that is right.",
             "The worst-classified test images of " + dataset + " with maps of evidence.",
             core::read_file(png)});
    }
    return pictures;
}

}  // namespace graft::commands
