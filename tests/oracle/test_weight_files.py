# SPDX-License-Identifier: Apache-2.0
"""Weight files written by Keras, read and written again by graft, loaded again by Keras."""
import logging
import tempfile
import unittest
from pathlib import Path

import numpy as np

import graft
import networks
from weight_files import WRITERS

logging.getLogger("absl").setLevel(logging.ERROR)  # Keras' advice against legacy files


class WeightFiles(unittest.TestCase):
    def check(self, name, size=75):
        model = networks.randomise(networks.with_head(networks.build_base(name, size)))
        before = model.get_weights()
        with tempfile.TemporaryDirectory() as folder:
            for file, write in WRITERS.items():
                with self.subTest(file):
                    given, best = Path(folder) / file, Path(folder) / "best.h5"
                    write(model, given)
                    graft.tool("convert", name, networks.CLASSES, networks.HEAD_UNITS, given, best)
                    networks.randomise(model, seed=99)
                    model.load_weights(best)
                    for weight, kept, loaded in zip(model.weights, before, model.get_weights()):
                        np.testing.assert_array_equal(loaded, kept, weight.path)
        print(f"    {name}: {len(before)} tensors, equal to the bit in {len(WRITERS)} formats")

    def test_inception_v3(self):
        self.check("inception_v3")

    def test_resnet50_v2(self):
        self.check("resnet50_v2")

    def test_densenet121(self):
        self.check("densenet121")

    def test_mobilenet(self):
        for alpha in ("", "_0.75", "_0.5", "_0.25"):
            self.check("mobilenet" + alpha)

    def test_small_cnn(self):
        self.check("small_cnn")


if __name__ == "__main__":
    unittest.main()
