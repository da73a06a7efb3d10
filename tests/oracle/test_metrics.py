# SPDX-License-Identifier: Apache-2.0
"""Metrics against scikit-learn and Keras."""
import os
import tempfile
import unittest

import h5py
import keras
import numpy as np
from sklearn.metrics import roc_auc_score

import graft


def evaluate(scores, labels):
    with tempfile.TemporaryDirectory() as folder:
        given, answer = os.path.join(folder, "in.h5"), os.path.join(folder, "out.h5")
        with h5py.File(given, "w") as file:
            file["scores"] = scores.astype("float32")
            file["labels"] = labels.astype("int32")
        graft.tool("metrics", given, answer)
        with h5py.File(answer) as file:
            return {name: float(value) for name, value in file.attrs.items()}


def predictions(count, classes, seed, levels=None):
    """Softmax scores that know a little; `levels`: rounded, so that many are equal."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(classes, count, p=rng.dirichlet(np.full(classes, 3.0)))
    logits = rng.normal(size=(count, classes)) + np.eye(classes)[labels]
    scores = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    if levels:
        scores = np.round(scores * levels) / levels
    return scores.astype("float32"), labels


def micro(scores, labels):
    return roc_auc_score(np.eye(scores.shape[1])[labels].ravel(), scores.ravel())


def macro(scores, labels):
    """One against rest over the classes that are present, and not alone."""
    present = [k for k in range(scores.shape[1]) if 0 < (labels == k).sum() < len(labels)]
    return np.mean([roc_auc_score(labels == k, scores[:, k]) for k in present])


class Metrics(unittest.TestCase):
    def compare(self, scores, labels):
        found = evaluate(scores, labels)
        classes = scores.shape[1]
        ordinary = roc_auc_score(labels, scores[:, 1]) if classes == 2 else micro(scores, labels)
        truth = np.eye(classes)[labels]
        loss = keras.ops.mean(keras.losses.categorical_crossentropy(truth, scores.astype("f8")))
        expected = {"auc": ordinary, "auc_micro": micro(scores, labels),
                    "auc_macro": macro(scores, labels)}
        for name, value in expected.items():
            error = abs(found[name] - value)
            print(f"    {name} {value:.6f} error {error:.1e}")
            self.assertLessEqual(error, 1e-9, name)
        self.assertEqual(found["accuracy"], np.mean(scores.argmax(1) == labels))
        return abs(found["loss"] - float(loss)) / float(loss)

    def test_two_classes(self):
        for seed in range(3):
            self.assertLess(self.compare(*predictions(500, 2, seed)), 1e-6)

    def test_two_classes_with_ties(self):
        for levels in (1, 4, 20):
            self.compare(*predictions(500, 2, 7, levels))

    def test_many_classes(self):
        for classes in (3, 5, 17):
            self.assertLess(self.compare(*predictions(400, classes, classes)), 1e-6)

    def test_many_classes_with_ties(self):
        for levels in (2, 10):
            self.compare(*predictions(400, 6, 3, levels))

    def test_absent_classes_take_no_part_in_the_macro_average(self):
        scores, labels = predictions(200, 5, 11)
        kept = (labels != 1) & (labels != 4)
        self.compare(scores[kept], labels[kept])

    def test_constant_scores_are_chance(self):
        scores = np.tile(np.float32([0.75, 0.25]), (40, 1))
        labels = np.arange(40) % 4 == 0
        self.compare(scores, labels.astype(int))
        self.assertEqual(evaluate(scores, labels)["auc"], 0.5)

    def test_loss_of_certain_but_wrong_predictions_is_clipped_as_in_keras(self):
        scores = np.float32([[1, 0], [0, 1], [1, 0], [0.5, 0.5]])
        self.assertLess(self.compare(scores, np.array([0, 0, 1, 1])), 1e-6)


if __name__ == "__main__":
    unittest.main()
