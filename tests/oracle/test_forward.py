# SPDX-License-Identifier: Apache-2.0
"""The same input gives the same output. Quick: at odd sizes; DefaultSize: at each network's own."""
import tempfile
import unittest
from pathlib import Path

import keras

import graft
import networks
import weight_files

TOLERANCE = 1e-4


class Forward(unittest.TestCase):
    def check(self, name, size, count=2):
        """Returns the model, and what graft calls the network."""
        model = networks.build(name, size)
        base_layers = len(model.layers) - 6
        folder = self.enterContext(tempfile.TemporaryDirectory())
        network = networks.name_for_graft(name, size, folder)
        names = graft.layer_names(network, networks.CLASSES, networks.HEAD_UNITS, size)
        # Along the base, to name where a difference begins.
        probes = sorted({base_layers * part // 8 for part in range(1, 8)} | {base_layers - 1})
        outputs = [model.layers[probe].output for probe in probes]
        images = networks.images(count, size)
        *expected, scores = keras.Model(model.input, [*outputs, model.output]).predict(
            images, verbose=0)
        weights = Path(folder) / "weights.h5"
        weight_files.published(model, weights)
        answer = graft.ask_trainer(
            folder, weights, images, layers=[names[probe] for probe in probes],
            network=str(network), classes=networks.CLASSES, head_units=networks.HEAD_UNITS)
        errors = [graft.relative_error(answer["scores"], scores)]
        self.assertLess(errors[0], TOLERANCE, "scores")
        self.assertLess(scores.max(), 0.999, "scores that say nothing")
        for probe, values in zip(probes, expected):
            errors.append(graft.relative_error(answer["outputs/" + names[probe]], values))
            self.assertLess(errors[-1], TOLERANCE, f"layer {probe}, {names[probe]}")
        print(f"    {name} at {size}: error of the scores {errors[0]:.1e}, of the features "
              f"{errors[-1]:.1e}, largest {max(errors):.1e}")
        return model, network


class OddSize(Forward):
    def test_inception_v3(self):
        self.check("inception_v3", 107)

    def test_resnet50_v2(self):
        self.check("resnet50_v2", 75)

    def test_densenet121(self):
        self.check("densenet121", 75)

    def test_mobilenet(self):
        self.check("mobilenet", 97)
        for alpha in (0.75, 0.5, 0.25):
            self.check(f"mobilenet_{alpha}", 64)

    def test_small_cnn(self):
        self.check("small_cnn", 75)


class DefaultSize(Forward):
    def test_inception_v3(self):
        self.check("inception_v3", 299, 1)

    def test_resnet50_v2(self):
        self.check("resnet50_v2", 224, 1)

    def test_densenet121(self):
        self.check("densenet121", 224, 1)

    def test_mobilenet(self):
        for alpha in ("", "_0.75", "_0.5", "_0.25"):
            self.check("mobilenet" + alpha, 224, 1)

    def test_small_cnn(self):
        self.check("small_cnn", 128, 1)


if __name__ == "__main__":
    unittest.main()
