# SPDX-License-Identifier: Apache-2.0
"""Cross-validation: folds as scikit-learn divides, a sweep on folds as scikit-learn and SciPy judge
it."""
import csv
import io
import json
import re
import tempfile
import unittest
import warnings
from pathlib import Path

import h5py
import numpy as np
from scipy import stats
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

import graft
import pictures

FOLDS, SEEDS = 4, (1, 2)
SWEEP = f"""
[training]
image_size = 16
epochs = 2
warmup_epochs = 0
learning_rate = 1e-3
batch_size = 8
[run]
threads = 1
[datasets.drawn]
path = "images"
folds = {FOLDS}
[[grid]]
network = "small_cnn"
dataset = "drawn"
init = "random"
freeze = [0, 50]
seed = {list(SEEDS)}
"""


def folds_of(labels, groups, folds, split_seed=0):
    with tempfile.TemporaryDirectory() as folder:
        given, answer = Path(folder) / "in.h5", Path(folder) / "out.h5"
        with h5py.File(given, "w") as file:
            file.attrs.update(folds=np.int64(folds), split_seed=np.int64(split_seed))
            file["label"] = np.asarray(labels, "int32")
            file["group"] = np.array([str(group).encode() for group in groups])
        graft.tool("folds", given, answer)
        with h5py.File(answer) as file:
            return file["fold"][()]


def unevenness(labels, folds, count):
    """scikit-learn's own: the deviation over folds of a class's share, in the mean over classes."""
    shares = [[np.mean(folds[labels == label] == fold) for fold in range(1, count + 1)]
              for label in np.unique(labels)]
    return np.std(shares, axis=1).mean()


def of_scikit(divider, labels, groups):
    folds = np.zeros(len(labels), int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes in fewer groups than folds
        for number, (_, test) in enumerate(divider.split(labels, labels, groups), 1):
            folds[test] = number
    return folds


def sets_of_images():
    """Patients with one to thirty images, of one grade or of several, grades of unlike size."""
    for trial in range(24):
        rng = np.random.default_rng(trial)
        count = (2, 3, 5, 10)[trial % 4]
        classes = (2, 3, 5)[trial % 3]
        sizes = rng.integers(1, (3, 8, 30)[trial % 3], rng.integers(4 * count, 120))
        groups = np.repeat(np.arange(len(sizes)), sizes)
        shares = rng.dirichlet(np.ones(classes))
        labels = np.concatenate([
            rng.choice(classes, size, p=rng.dirichlet(3 * shares + 0.1)) for size in sizes])
        yield count, np.unique(labels, return_inverse=True)[1], groups


class Division(unittest.TestCase):
    def test_groups_are_whole_and_classes_as_even_as_scikit_learn_gets_them(self):
        better = 0
        for count, labels, groups in sets_of_images():
            found = folds_of(labels, groups, count)
            self.assertEqual(set(found), set(range(1, count + 1)))
            for group in np.unique(groups):
                self.assertEqual(len(set(found[groups == group])), 1)
            theirs = [unevenness(labels, of_scikit(
                StratifiedGroupKFold(count, shuffle=True, random_state=seed), labels, groups),
                count) for seed in range(5)]
            own = unevenness(labels, found, count)
            self.assertLessEqual(own, max(theirs) + 1e-12)
            better += own <= min(theirs) + 1e-12
        print(f"    of 24 sets, {better} at least as even as the best of five of scikit-learn's")
        self.assertGreaterEqual(better, 20)

    def test_single_images_divide_as_stratified_k_fold_does(self):
        labels = np.random.default_rng(1).choice(3, 503, p=[0.7, 0.25, 0.05])
        groups = np.arange(503)
        found = folds_of(labels, groups, 5)
        theirs = of_scikit(StratifiedKFold(5, shuffle=True, random_state=1), labels, groups)
        for label in range(3):
            counts, others = (sorted(np.bincount(folds[labels == label])[1:])
                              for folds in (found, theirs))
            self.assertEqual(counts, others)
        self.assertLessEqual(np.ptp(np.bincount(found)[1:]), np.ptp(np.bincount(theirs)[1:]))
        self.assertFalse(np.array_equal(found, folds_of(labels, groups, 5, split_seed=1)))


class Sweep(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        pictures.draw(cls.folder / "images", 16, classes=2)
        (cls.folder / "s.toml").write_text(SWEEP)
        graft.run("graft", "run", cls.folder / "s.toml")
        with h5py.File(cls.folder / "s/results.h5") as file:
            cls.trials = file["trials"][()]

    def kept(self, trial):
        with h5py.File(self.folder / "s" / trial["predictions"].decode()) as file:
            part = file["test"]
            return part["id"][()], part["label"][()], part["scores"][()][:, 1]

    def of(self, freeze, seed=None):
        return sorted((trial for trial in self.trials
                       if trial["freeze"] == freeze and seed in (None, trial["seed"])),
                      key=lambda trial: (trial["seed"], trial["fold"]))

    def error(self, values):
        """The deviation of their mean, by Nadeau and Bengio's formula."""
        tested = 1 / FOLDS
        trained = (1 - tested) * 8 / 9
        return np.sqrt((1 / len(values) + tested / trained) * np.var(values, ddof=1))

    def query(self, *arguments):
        return list(csv.DictReader(io.StringIO(
            graft.run("graft", *arguments, "--format", "csv"))))

    def test_the_folds_test_every_image_once(self):
        self.assertEqual(len(self.trials), 2 * FOLDS * len(SEEDS))
        for seed in SEEDS:
            ids = np.concatenate([self.kept(trial)[0] for trial in self.of(0, seed)])
            self.assertEqual(len(ids), 80)
            self.assertEqual(len(set(ids)), 80)

    def test_pooled_aucs_are_those_of_scikit_learn(self):
        graft.run("graft", "report", self.folder / "s")
        page = (self.folder / "s/report.html").read_text()
        [text] = re.findall(r'<script type="application/json">({"name":"folds".*?)</script>', page)
        columns = {}
        for column in json.loads(text)["columns"]:
            texts = column.get("texts")
            columns[column["name"]] = (
                [texts[code] for code in column["codes"]] if texts else column["values"])
        self.assertEqual(len(columns["seed"]), 4)
        for row, seed in enumerate(columns["seed"]):
            freeze = 50 if "50 % frozen" in columns["arm"][row] else 0
            trials = self.of(freeze, seed)
            _, labels, scores = (np.concatenate(part)
                                 for part in zip(*(self.kept(trial) for trial in trials)))
            self.assertAlmostEqual(columns["pooled_auc"][row], roc_auc_score(labels, scores),
                                   delta=1e-9)
            own = [roc_auc_score(*self.kept(trial)[1:]) for trial in trials]
            self.assertAlmostEqual(columns["test_auc_mean"][row], np.mean(own), delta=1e-9)
            high = columns["test_auc_high"][row]
            if high is None:  # no spread, no interval
                self.assertLess(np.ptp(own), 1e-12)
            else:
                wide = stats.t.ppf(0.975, FOLDS - 1) * self.error(own)
                self.assertAlmostEqual(high, np.mean(own) + wide, delta=1e-6)

    def test_intervals_over_folds_and_seeds_are_the_corrected_ones(self):
        for row in self.query("query", self.folder / "s", "--group-by", "freeze",
                              "--value", "test_auc"):
            trials = self.of(float(row["freeze"]))
            values = [trial["test_auc"] for trial in trials]
            self.assertEqual(int(row["n"]), FOLDS * len(SEEDS))
            wide = stats.t.ppf(0.975, len(values) - 1) * self.error(values)
            found = float(row["test_auc_low"]), float(row["test_auc_high"])
            np.testing.assert_allclose(found, [np.mean(values) - wide, np.mean(values) + wide],
                                       rtol=1e-6)

    def test_two_settings_are_compared_by_the_corrected_t_test(self):
        [row] = self.query("compare", self.folder / "s", "--where-first", "freeze=0",
                           "--where-second", "freeze=50")
        first, second = self.of(0), self.of(50)
        d = np.array([b["test_auc"] - a["test_auc"] for a, b in zip(first, second)])
        self.assertEqual(int(row["n"]), len(d))
        error = self.error(d)
        self.assertAlmostEqual(float(row["test_auc_difference_mean"]), d.mean(), delta=1e-12)
        wide = stats.t.ppf(0.975, len(d) - 1) * error
        self.assertAlmostEqual(float(row["test_auc_difference_high"]), d.mean() + wide, delta=1e-6)
        p = 2 * stats.t.sf(abs(d.mean()) / error, len(d) - 1)
        self.assertAlmostEqual(float(row["test_auc_p_holm"]), p, delta=1e-6)
        plain = stats.ttest_1samp(d, 0).pvalue
        print(f"    p {p:.3f}; taking folds for independent: {plain:.3f}")
        self.assertGreater(p, plain)


if __name__ == "__main__":
    unittest.main()
