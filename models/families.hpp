// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/graph.hpp"

namespace graft::models {

// The bases (no top, no pooling layer), one file per family. Each is the graph that
// keras-applications builds for `include_top=False, pooling=None`, with its layer names.

// Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016.
Graph inception_v3();
// He et al., "Identity Mappings in Deep Residual Networks", ECCV 2016.
Graph resnet50_v2();
// Huang et al., "Densely Connected Convolutional Networks", CVPR 2017.
Graph densenet121();
// Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision
// Applications", 2017. `alpha` multiplies every channel count.
Graph mobilenet(double alpha);
// The four-layer network of Raghu et al., "Transfusion", NeurIPS 2019 (CBR family).
Graph small_cnn();

}  // namespace graft::models
