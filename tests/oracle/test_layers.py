# SPDX-License-Identifier: Apache-2.0
"""Order, names, shapes and counts of graft's layer lists against Keras' model.layers."""
import re
import unittest

import numpy as np

import graft
import networks


def graft_layers(name, size):
    text = graft.tool("layers", name, networks.CLASSES, networks.HEAD_UNITS, size)
    head, *lines = (line.split("\t") for line in text.rstrip("\n").split("\n"))
    return [int(number) for number in head], lines


def keras_kind(layer):
    kind = type(layer).__name__
    return {"ReLU": "Activation", "Softmax": "Activation"}.get(kind, kind)


def normal_name(name):
    """Keras 2 numbered "conv2d_1", "conv2d_2", ...; Keras 3 numbers "conv2d", "conv2d_1", ..."""
    found = re.fullmatch(
        r"(conv2d|batch_normalization|activation|concatenate|(?:max|average)_pooling2d|"
        r"zero_padding2d)(?:_(\d+))?", name)
    return None if not found else (found[1], int(found[2] or 0))


def tensors(layer):
    return ",".join(
        "{}:{}:{}".format(weight.path.rsplit("/", 1)[-1], "x".join(map(str, weight.shape)),
                          "trainable" if weight.trainable else "moving")
        for weight in layer.weights)


class Layers(unittest.TestCase):
    def check(self, name, default, odd):
        for size in (default, odd):
            base = networks.build_base(name, size)
            model = networks.with_head(base)
            head, lines = graft_layers(name, size)
            trainable = int(sum(np.prod(weight.shape) for weight in base.trainable_weights))
            self.assertEqual(head, [len(base.layers), default, base.count_params(), trainable])
            self.assertEqual(len(lines), len(model.layers))
            for index, (line, layer) in enumerate(zip(lines, model.layers)):
                with self.subTest(index=index, graft=line[0], keras=layer.name):
                    self.compare(line, layer, is_base=index < len(base.layers))
            print(f"    {name} at {size}: {len(base.layers)} layers, {base.count_params()} "
                  "parameters")

    def compare(self, line, layer, is_base):
        name, kind, shape, parameters, parts = line
        self.assertEqual(kind, keras_kind(layer))
        output = [extent for extent in layer.output.shape[1:]]
        self.assertEqual(shape, "x".join(map(str, output if len(output) == 3 else [1, 1, *output])))
        self.assertEqual(int(parameters), layer.count_params())
        self.assertEqual(parts.replace("depthwise_kernel", "kernel"), tensors(layer))
        if is_base and kind != "InputLayer":
            self.compare_names(name, layer.name)

    def compare_names(self, name, keras_name):
        numbered = normal_name(keras_name)
        if numbered is None:
            # DenseNet's published file has "conv1/conv" where Keras 3 says "conv1_conv".
            self.assertEqual(name.replace("/", "_"), keras_name)
        else:
            stem, number = normal_name(name)
            self.assertEqual((stem, number), (numbered[0], numbered[1] + 1))

    def test_inception_v3(self):
        self.check("inception_v3", 299, 107)

    def test_resnet50_v2(self):
        self.check("resnet50_v2", 224, 75)

    def test_densenet121(self):
        self.check("densenet121", 224, 75)

    def test_mobilenet(self):
        for alpha in ("", "_0.75", "_0.5", "_0.25"):
            self.check("mobilenet" + alpha, 224, 97)

    def test_small_cnn(self):
        self.check("small_cnn", 128, 75)


if __name__ == "__main__":
    unittest.main()
