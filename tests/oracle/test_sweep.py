# SPDX-License-Identifier: Apache-2.0
"""A real sweep of the real programs: Keras loads its best.h5 and predicts what predictions.h5 says,
and scikit-learn finds the AUCs that results.h5 says, and those of other images."""
import io
import tempfile
import unittest
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from scipy import stats
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
[[grid]]
network = "small_cnn"
dataset = "drawn"
init = "random"
seed = [2, 3]
"""
ELSEWHERE = """
[datasets.elsewhere]
path = "elsewhere"
map_labels = { z = "class0", y = "class1", x = "class2" }
"""


def micro_auc(part, images=slice(None)):
    return roc_auc_score(np.eye(3)[part["label"][images]].ravel(), part["scores"][images].ravel())


def read_part(path, part):
    with h5py.File(path) as file:
        return {key: file[part][key][()] for key in ("id", "label", "scores")}


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
        self.assertEqual(len(self.trials), 6)
        for trial in self.trials:
            name = trial["trial"].decode()
            kept = self.folder / "s/trials" / name / "predictions.h5"
            yield trial, kept.with_name("best.h5"), {
                part: read_part(kept, part) for part in ("validation", "test")}

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

    def test_the_drop_to_other_images_is_that_of_scikit_learn_and_numpy(self):
        pictures.draw(self.folder / "elsewhere", SIZE, seed=2)
        for number, name in enumerate("zyx"):
            (self.folder / f"elsewhere/class{number}").rename(self.folder / "elsewhere" / name)
        (self.folder / "other.toml").write_text(ELSEWHERE)
        table = pd.read_csv(io.StringIO(graft.run(
            "graft", "evaluate", self.folder / "s", "--dataset", "elsewhere", "--from",
            self.folder / "other.toml", "--format", "csv")))
        [scores] = (self.folder / "s/external").iterdir()
        inside, outside = {}, {}
        for trial, _, kept in self.each_trial():
            arm = trial["network"].decode(), trial["freeze"]
            inside.setdefault(arm, []).append(kept["test"])
            other = read_part(scores / f"{trial['trial'].decode()}.h5", "test")
            # Named by folder and number, whatever the order of the classes there.
            np.testing.assert_array_equal(
                other["label"], [b"zyx".index(name[:1]) for name in other["id"]])
            outside.setdefault(arm, []).append(other)
        self.assertEqual(len(table), 4)
        for row in table.itertuples():
            arm = row.network, row.freeze
            self.assertEqual(row.n, len(inside[arm]))
            own, other = ([micro_auc(part) for part in parts[arm]] for parts in (inside, outside))
            self.assertAlmostEqual(row.test_auc_internal_mean, np.mean(own), delta=1e-9)
            self.assertAlmostEqual(row.test_auc_external_mean, np.mean(other), delta=1e-9)
            drop = np.subtract(other, own)
            self.assertAlmostEqual(row.test_auc_drop_mean, drop.mean(), delta=1e-9)
            if row.n > 1:
                low, high = stats.ttest_1samp(drop, 0).confidence_interval(0.95)
                np.testing.assert_allclose([row.test_auc_drop_low, row.test_auc_drop_high],
                                           [low, high], rtol=1e-6, atol=1e-9)
                self.check_patients(row, inside[arm], outside[arm])

    def check_patients(self, row, inside, outside):
        rng = np.random.default_rng(1)

        def draws(parts):
            count = len(parts[0]["label"])
            images = rng.integers(0, count, (500, count))
            return np.array([np.mean([micro_auc(part, some) for part in parts]) for some in images])
        ours = [row.test_auc_drop_patients_low, row.test_auc_drop_patients_high]
        theirs = draws(outside) - draws(inside)
        sd = theirs.std(ddof=1)
        np.testing.assert_allclose(row.test_auc_drop_patients_sd, sd, rtol=0.15)
        np.testing.assert_allclose(ours, np.percentile(theirs, [2.5, 97.5]), atol=0.5 * sd)


if __name__ == "__main__":
    unittest.main()
