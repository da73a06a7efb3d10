# SPDX-License-Identifier: Apache-2.0
"""A real sweep handed on: event files read by TensorBoard itself, the HDF5 file by the lines of
docs/export.md, with h5py, and its curves compared with scikit-learn's."""
import contextlib
import io
import re
import tempfile
import unittest
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_curve, roc_curve
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import graft
import pictures

SWEEP = """
[training]
image_size = 16
epochs = 2
warmup_epochs = 1
learning_rate = 1e-3
[run]
threads = 1
[datasets.three]
path = "three"
[datasets.two]
path = "two"
[[grid]]
network = "small_cnn"
dataset = ["three", "two"]
init = "random"
seed = [1, 2]
"""
PARTS, TEXTS = ("validation", "test"), ("id", "group")
METRICS = ("loss", "accuracy", "auc", "auc_micro", "auc_macro")


def setUpModule():
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    global FOLDER, PRINTED, NAMES
    FOLDER, NAMES, printed = Path(folder.name), {}, io.StringIO()
    pictures.draw(FOLDER / "three", 16)
    pictures.draw(FOLDER / "two", 16, classes=2)
    (FOLDER / "s.toml").write_text(SWEEP)
    graft.run("graft", "run", FOLDER / "s.toml")
    graft.run("graft", "export", FOLDER / "s", "--tensorboard", FOLDER / "runs",
              "--hdf5", FOLDER / "results-to-hand-on.h5")
    document = (graft.SOURCES / "docs/export.md").read_text()
    lines = "\n".join(re.findall(r"```python\n(.*?)```", document, re.DOTALL))
    with contextlib.chdir(FOLDER), contextlib.redirect_stdout(printed):
        exec(compile(lines, "docs/export.md", "exec"), NAMES)
    PRINTED = printed.getvalue()


class TensorBoard(unittest.TestCase):
    def test_its_reader_finds_every_number_step_and_time(self):
        with h5py.File(FOLDER / "s/results.h5") as file:
            trials, epochs, attempts = (file[name][()]
                                        for name in ("trials", "epochs", "attempts"))
        runs = {path.name[-8:]: path for path in (FOLDER / "runs").iterdir() if path.is_dir()}
        self.assertEqual(len(runs), len(trials))
        for trial in trials:
            name = trial["trial"]
            events = EventAccumulator(str(runs[name[:8].decode()]))
            events.Reload()
            expected = self.expected(trial, epochs[epochs["trial"] == name],
                                     attempts[attempts["trial"] == name]["start"][0])
            self.assertEqual(sorted(events.Tags()["scalars"]), sorted(expected))
            for tag, rows in expected.items():
                found = events.Scalars(tag)
                self.assertEqual([event.step for event in found], [step for step, _, _ in rows])
                self.assertEqual([np.float32(event.value) for event in found],
                                 [np.float32(value) for _, _, value in rows], tag)
                np.testing.assert_allclose([event.wall_time for event in found],
                                           [time for _, time, _ in rows], rtol=0, atol=1e-5)

    @staticmethod
    def expected(trial, epochs, start):
        """{tag: [(step, wall time, value)]}, of what is not missing."""
        rows, time = {}, start
        for epoch in epochs:
            time += epoch["seconds"]
            columns = {"train/loss": "train_loss", "train/accuracy": "train_accuracy",
                       "validation/auc_reestimated": "val_auc_reestimated",
                       "images_per_second": "images_per_second"}
            columns |= {f"validation/{metric}": f"val_{metric}" for metric in METRICS}
            values = {tag: epoch[column] for tag, column in columns.items()}
            if (epoch["phase"], epoch["epoch"]) == (trial["best_phase"], trial["best_epoch"]):
                values |= {f"test/{metric}": trial[f"test_{metric}"] for metric in METRICS}
            for tag, value in values.items():
                if not np.isnan(value):
                    rows.setdefault(tag, []).append((epoch["step"], time, value))
        return rows

    def test_it_finds_the_settings_as_a_text(self):
        run = next(path for path in (FOLDER / "runs").iterdir() if path.is_dir())
        events = EventAccumulator(str(run))
        events.Reload()
        self.assertEqual(events.Tags()["tensors"], ["settings"])
        self.assertEqual(events.SummaryMetadata("settings").plugin_data.plugin_name, "text")
        [settings] = events.Tensors("settings")
        self.assertIn(b"| network | small_cnn |", settings.tensor_proto.string_val[0])


class HandedOn(unittest.TestCase):
    def setUp(self):
        self.file = h5py.File(FOLDER / "results-to-hand-on.h5")
        self.addCleanup(self.file.close)

    def each_trial(self):
        names = self.file["trials"]["trial"]
        self.assertEqual(len(names), 4)
        for name in names:
            with h5py.File(FOLDER / "s/trials" / name.decode() / "predictions.h5") as kept:
                yield self.file["predictions"][name.decode()], kept

    def test_arrays_are_those_of_each_trials_predictions(self):
        for found, kept in self.each_trial():
            paths = []
            kept.visititems(lambda path, item: paths.append(path)
                            if isinstance(item, h5py.Dataset) else None)
            self.assertEqual(len(paths), 11)
            for path in paths:
                self.assertEqual(found[path].dtype, kept[path].dtype, path)
                np.testing.assert_array_equal(found[path][()], kept[path][()], path)

    def test_tables_are_those_of_the_store(self):
        with h5py.File(FOLDER / "s/results.h5") as store:
            for name in store:
                self.assertEqual(self.file[name].dtype, store[name].dtype)
                self.assertEqual(self.file[name][()].tobytes(), store[name][()].tobytes(), name)

    def test_images_are_stored_once_for_all_trials_of_a_dataset(self):
        addresses = {found[part][what].id.get_offset() for found, _ in self.each_trial()
                     for part in PARTS for what in TEXTS}
        self.assertEqual(len(addresses), 2 * len(PARTS) * len(TEXTS))

    def questions(self, group):
        """(class, scores, positive) of every curve that is promised."""
        scores, truth = group["scores"][()], np.eye(group["scores"].shape[1])[group["label"]]
        if scores.shape[1] == 2:
            return [(1, scores[:, 1], truth[:, 1])]
        each = [(k, scores[:, k], truth[:, k]) for k in range(scores.shape[1])]
        return each + [(-1, scores.ravel(), truth.ravel())]

    def test_roc_curves_are_scikit_learns(self):
        for found, _ in self.each_trial():
            for part in PARTS:
                curves = pd.DataFrame(found[part]["roc"][()])
                questions = self.questions(found[part])
                self.assertEqual(list(curves["class"].unique()), [k for k, _, _ in questions])
                for k, scores, positive in questions:
                    curve = curves[curves["class"] == k]
                    fpr, tpr, thresholds = roc_curve(positive, scores)
                    np.testing.assert_allclose(curve.false_positive_rate, fpr, rtol=1e-12)
                    np.testing.assert_allclose(curve.true_positive_rate, tpr, rtol=1e-12)
                    np.testing.assert_array_equal(curve.threshold, thresholds)

    def test_precision_recall_curves_are_scikit_learns(self):
        for found, _ in self.each_trial():
            for part in PARTS:
                curves = pd.DataFrame(found[part]["precision_recall"][()])
                for k, scores, positive in self.questions(found[part]):
                    curve = curves[curves["class"] == k]
                    precision, recall, thresholds = precision_recall_curve(positive, scores)
                    np.testing.assert_allclose(curve.precision, precision, rtol=1e-12)
                    np.testing.assert_allclose(curve.recall, recall, rtol=1e-12)
                    np.testing.assert_array_equal(curve.threshold[:-1], thresholds)

    def test_the_documents_lines_give_frames(self):
        images = NAMES["images"]
        self.assertEqual(len(images), sum(found["test/scores"].shape[0] * found["classes"].shape[0]
                                          for found, _ in self.each_trial()))
        with h5py.File(FOLDER / "s/results.h5") as store:
            trials = store["trials"][()]
        for trial in trials:
            own = images[images.trial == trial["trial"].decode()]
            right = own.loc[own.groupby("id").score.idxmax()]
            self.assertAlmostEqual((right["class"] == right.label).mean(), trial["test_accuracy"])
        self.assertRegex(PRINTED, "small_cnn")


if __name__ == "__main__":
    unittest.main()
