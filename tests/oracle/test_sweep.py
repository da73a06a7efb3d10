# SPDX-License-Identifier: Apache-2.0
"""A real sweep of the real programs: Keras loads its best.h5 and predicts what predictions.h5 says,
and scikit-learn finds the AUCs that results.h5 says."""
import tempfile
import unittest
from pathlib import Path

import h5py
import numpy as np
from sklearn.metrics import roc_auc_score

import graft
import networks
import pictures

SIZE, HEAD_UNITS = 32, 256
SWEEP = f"""
[training]
image_size = {SIZE}
epochs = 2
warmup_epochs = 1
learning_rate = 1e-3
bn_momentum = 0.5
[run]
threads = 1
[datasets.drawn]
path = "images"
[[grid]]
network = ["small_cnn", "mobilenet_0.25"]
dataset = "drawn"
init = "random"
freeze = [0, 50]
"""


class Sweep(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        pictures.draw(cls.folder / "images", SIZE)
        (cls.folder / "s.toml").write_text(SWEEP)
        graft.run("graft", "run", cls.folder / "s.toml")
        with h5py.File(cls.folder / "s/results.h5") as file:
            cls.trials = file["trials"][()]
        [prepared] = (cls.folder / "prepared").glob("*.h5")
        with h5py.File(prepared) as file:
            cls.pixels = dict(zip(file["id"][()], file["pixels"][()]))

    def each_trial(self):
        self.assertEqual(len(self.trials), 4)
        for trial in self.trials:
            name = trial["trial"].decode()
            with h5py.File(self.folder / "s/trials" / name / "predictions.h5") as file:
                yield trial, self.folder / "s/trials" / name / "best.h5", {
                    part: {key: file[part][key][()] for key in ("id", "label", "scores")}
                    for part in ("validation", "test")}

    def test_keras_predicts_the_same_from_best_h5(self):
        for trial, weights, kept in self.each_trial():
            network = trial["network"].decode()
            base = networks.build_base(network, SIZE)
            model = networks.with_head(base, HEAD_UNITS, 3)
            model.load_weights(weights)
            for part in kept.values():
                images = np.stack([self.pixels[name] for name in part["id"]]) / np.float32(255)
                error = np.abs(model.predict(images, verbose=0) - part["scores"]).max()
                self.assertLess(error, 1e-4, network)
                print(f"    {network}, freeze {trial['freeze']}: scores differ by {error:.1e}")

    def test_scikit_learn_finds_the_same_aucs(self):
        for trial, _, kept in self.each_trial():
            for prefix, part in (("val", kept["validation"]), ("test", kept["test"])):
                labels, scores = np.eye(3)[part["label"]], part["scores"]
                micro = roc_auc_score(labels.ravel(), scores.ravel())
                self.assertAlmostEqual(trial[f"{prefix}_auc_micro"], micro, delta=1e-9)
                self.assertAlmostEqual(trial[f"{prefix}_auc"], micro, delta=1e-9)
                macro = np.mean([roc_auc_score(labels[:, k], scores[:, k]) for k in range(3)])
                self.assertAlmostEqual(trial[f"{prefix}_auc_macro"], macro, delta=1e-9)
                accuracy = np.mean(scores.argmax(1) == part["label"])
                self.assertAlmostEqual(trial[f"{prefix}_accuracy"], accuracy, delta=1e-9)


if __name__ == "__main__":
    unittest.main()
