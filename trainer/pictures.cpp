// SPDX-License-Identifier: Apache-2.0
#include "trainer/pictures.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>
#include <ATen/TensorOperators.h>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/file.hpp"
#include "core/h5/file.hpp"

#include "models/weights.hpp"

#include "trainer/aside.hpp"
#include "trainer/augment.hpp"
#include "trainer/dataset.hpp"
#include "trainer/evaluation.hpp"
#include "trainer/grad_cam.hpp"
#include "trainer/order.hpp"

namespace graft::trainer {

namespace {

// [n, 3, H, W] in 0..1 -> uint8 [n, H, W, 3].
at::Tensor as_bytes(const at::Tensor& images) {
    return (images.clamp(0, 1) * 255).round().to(at::kByte).permute({0, 2, 3, 1}).contiguous();
}

// From the image to yellow over red, the more the map says.
at::Tensor heated(const at::Tensor& images, const at::Tensor& map) {
    const at::Tensor heat = at::cat({at::ones_like(map), map, at::zeros_like(map)}, 1);
    const at::Tensor cover = map * 0.6;
    return images * (1 - cover) + heat * cover;
}

std::vector<at::Tensor> augmented(const sweep::PictureRequest& request, const at::Tensor& images) {
    std::vector<at::Tensor> columns{images};
    for (std::int32_t epoch = 1; epoch <= request.epochs; ++epoch) {
        columns.push_back(augment(images.clone(), request.training, request.seed,
                                  epoch_key(sweep::Phase::fine_tune, epoch), request.samples));
    }
    return columns;
}

std::vector<at::Tensor> salient(const sweep::PictureRequest& request, const at::Tensor& images,
                                int classes) {
    const auto network = models::build_network(request.network, classes,
                                               request.training.head_units, request.definition);
    const auto weights =
        models::read_keras_weights(request.weights, network, models::Head::require);
    const Executor executor(network, to_torch(network, weights, at::kCPU));
    const Recipe recipe{&network, request.training, request.seed, at::kFloat};
    const at::Tensor input = recipe.scaled(images);
    std::vector<at::Tensor> columns{images};
    for (const auto* wanted : {&request.first, &request.second}) {
        columns.push_back(
            heated(images, grad_cam(executor, input, {wanted->begin(), wanted->end()})));
    }
    return columns;
}

}  // namespace

at::Tensor tiles_of(const sweep::PictureRequest& request) {
    // Few images of it are wanted: they are read alone.
    const Dataset data(request.prepared, request.checksum, at::kCPU,
                       [] { return std::uint64_t{0}; });
    for (const auto sample : request.samples) {
        if (sample >= data.prepared().count()) {
            core::fail_input("image {} is not in prepared file '{}' (it has {}). Name others.",
                             sample, request.prepared, data.prepared().count());
        }
    }
    const at::Tensor images = data.images(request.samples);
    std::vector<at::Tensor> columns = request.kind == sweep::PictureRequest::Kind::augmented
                                          ? augmented(request, images)
                                          : salient(request, images, data.classes());
    for (at::Tensor& column : columns) {
        column = as_bytes(column);
    }
    return at::stack(columns, 1);
}

void answer_pictures(const std::filesystem::path& request_path,
                     const std::filesystem::path& tiles) {
    const auto request = core::decode<sweep::PictureRequest>(core::read_file(request_path));
    const at::Tensor made = tiles_of(request).contiguous();
    write_aside(tiles, [&](const std::filesystem::path& aside) {
        core::h5::File file = core::h5::File::create(aside);
        file.write("/tiles", core::h5::Shape(made.sizes().begin(), made.sizes().end()),
                   made.const_data_ptr<std::uint8_t>());
        file.write_texts("/columns", request.columns);
        file.write_texts("/rows", request.rows);
        file.write_attribute("/", "title", request.title);
        file.close();
    });
}

}  // namespace graft::trainer
