# SPDX-License-Identifier: Apache-2.0
"""Networks that graft reads from model.to_json(): MobileNetV2, VGG16 and ResNet50, written with the
classifiers that graft leaves out. Layers, counts and the same output for the same input; test_step
has a training step of VGG16."""
import tempfile
import unittest
from pathlib import Path

import keras
import numpy as np

import graft
import networks
import test_forward
import test_layers
import weight_files


class Json(test_forward.Forward):
    def check_all(self, name, size):
        model, path = self.check(name, size)
        base = model.layers[:-6]
        head, lines = test_layers.graft_layers(path, size)
        trainable = sum(np.prod(weight.shape) for layer in base
                        for weight in layer.trainable_weights)
        self.assertEqual(head, [len(base), size, sum(layer.count_params() for layer in base),
                                trainable])
        for line, layer in zip(lines, base):
            name, kind, shape, parameters, parts = line
            if kind != "InputLayer":
                self.assertEqual(name, layer.name)
            self.assertEqual(kind, test_layers.keras_kind(layer))
            self.assertEqual(shape, "x".join(map(str, layer.output.shape[1:])))
            self.assertEqual(int(parameters), layer.count_params())
            self.assertEqual(parts.replace("depthwise_kernel", "kernel"),
                             test_layers.tensors(layer))

    def test_mobilenet_v2(self):
        self.check_all("mobilenet_v2", 64)

    def test_vgg16(self):
        self.check_all("vgg16", 32)

    def test_resnet50(self):
        self.check_all("resnet50", 64)

    def test_preprocessing_is_that_of_keras(self):
        pixels = np.random.default_rng(1).integers(0, 256, (2, 32, 32, 3)).astype("float32")
        model = networks.with_head(networks.small_cnn(32))
        with tempfile.TemporaryDirectory() as folder:
            path, weights = Path(folder) / "model.json", Path(folder) / "weights.h5"
            path.write_text(model.to_json())
            weight_files.published(model, weights)
            for mode in ("tf", "torch", "caffe"):
                expected = keras.src.applications.imagenet_utils.preprocess_input(
                    pixels.copy(), data_format="channels_last", mode=mode)
                answer = graft.ask_trainer(
                    folder, weights, pixels / 255, layers=[model.layers[0].name],
                    network=str(path), preprocessing=mode, classes=networks.CLASSES,
                    head_units=networks.HEAD_UNITS)
                error = graft.relative_error(answer["outputs/" + model.layers[0].name], expected)
                self.assertLess(error, 1e-6, mode)


if __name__ == "__main__":
    unittest.main()
