# SPDX-License-Identifier: Apache-2.0
"""results/predictions against scikit-learn."""
import os
import tempfile
import unittest
import warnings

import h5py
import numpy as np
from sklearn import metrics
from sklearn.calibration import calibration_curve

import graft


def made_up(count, classes, seed, levels=None, absent=()):
    """Softmax scores that know a little; `levels`: rounded, so that many are equal."""
    rng = np.random.default_rng(seed)
    present = [c for c in range(classes) if c not in absent]
    labels = rng.choice(present, count)
    logits = rng.normal(size=(count, classes)) * 2 + 1.5 * np.eye(classes)[labels]
    scores = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    if levels:
        scores = np.round(scores * levels) / levels
    return scores.astype("float32"), labels.astype("int32")


def evaluate(validation, test, names=None):
    """The tool's answer to a file as graft-trainer writes it: {part: numbers}, {path: array}."""
    classes = test[0].shape[1]
    with tempfile.TemporaryDirectory() as folder:
        given, answer = os.path.join(folder, "in.h5"), os.path.join(folder, "out.h5")
        with h5py.File(given, "w") as file:
            file["classes"] = np.array(names or [str(c) for c in range(classes)], "S8")
            for part, (scores, labels) in (("validation", validation), ("test", test)):
                file[f"{part}/id"] = np.array([f"{i:06}" for i in range(len(labels))], "S6")
                file[f"{part}/group"] = file[f"{part}/id"][()]
                file[f"{part}/label"], file[f"{part}/scores"] = labels, scores
            file["test/features"] = np.zeros((2, 3), "float32")
            file["test/feature_rows"] = np.array([0, 1], "int32")
        graft.tool("evaluate", given, answer)
        with h5py.File(answer) as file:
            numbers = {part: dict(file[part].attrs) for part in ("validation", "test")}
            arrays = {}
            file.visititems(lambda name, item: arrays.update({name: item[()]})
                            if isinstance(item, h5py.Dataset) else None)
    return numbers, arrays


def cases():
    for count, classes, seed in ((300, 2, 0), (2000, 2, 1), (40, 2, 2), (400, 3, 3), (500, 7, 4)):
        yield made_up(count, classes, seed + 50), made_up(count, classes, seed)
    for levels in (1, 4, 20):
        yield made_up(300, 2, 9, levels), made_up(300, 2, 10, levels)
        yield made_up(300, 5, 11, levels), made_up(300, 5, 12, levels)


class Metrics(unittest.TestCase):
    def close(self, found, expected, name=""):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12, err_msg=name)

    def test_scalars(self):
        for validation, test in cases():
            numbers, arrays = evaluate(validation, test)
            for part, (scores, labels) in (("validation", validation), ("test", test)):
                found, classes = numbers[part], scores.shape[1]
                truth, taken = np.eye(classes)[labels], scores.argmax(1)
                s = scores.astype("float64")
                if classes == 2:
                    expected = metrics.average_precision_score(labels, s[:, 1])
                    brier = metrics.brier_score_loss(labels, s[:, 1])
                else:
                    expected = metrics.average_precision_score(truth, s, average="macro")
                    brier = np.mean(((s - truth) ** 2).sum(1))
                self.close(found["pr_auc"], expected, "pr_auc")
                self.close(found["brier_score"], brier, "brier_score")
                self.close(found["balanced_accuracy"],
                           metrics.balanced_accuracy_score(labels, taken), "balanced accuracy")
                self.close(found["quadratic_kappa"],
                           metrics.cohen_kappa_score(labels, taken, weights="quadratic"), "kappa")
                np.testing.assert_array_equal(
                    arrays[f"{part}/confusion"].reshape(classes, classes),
                    metrics.confusion_matrix(labels, taken, labels=range(classes)))
                self.close(arrays[f"{part}/class_aucs"],
                           [metrics.roc_auc_score(truth[:, c], s[:, c]) for c in range(classes)])

    def test_brier_score_of_many_classes(self):
        """scikit-learn wants rows that add up to 1 more exactly than float32 does."""
        scores = np.float32([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125], [0, 0, 1], [1, 0, 0]])
        labels = np.array([0, 1, 2, 1], "int32")
        numbers, _ = evaluate((scores, labels), (scores, labels))
        expected = metrics.brier_score_loss(labels, scores.astype("float64"), scale_by_half=False,
                                            labels=[0, 1, 2])
        self.close(numbers["test"]["brier_score"], expected)

    def test_curves(self):
        for validation, test in cases():
            scores, labels = test
            _, arrays = evaluate(validation, test)
            for c in range(scores.shape[1]):
                own, positive = scores[:, c].astype("float64"), labels == c
                self.close(arrays[f"roc_{c}"].T, metrics.roc_curve(positive, own), "ROC")
                precision, recall, thresholds = metrics.precision_recall_curve(positive, own)
                found = arrays[f"precision_{c}"]
                self.close(found[:, 0], recall)
                self.close(found[:, 1], precision)
                self.close(found[:-1, 2], thresholds)

    def test_calibration(self):
        for validation, test in cases():
            numbers, arrays = evaluate(validation, test)
            for part, (scores, labels) in (("validation", validation), ("test", test)):
                right, top = scores.argmax(1) == labels, scores.max(1).astype("float64")
                accuracy, confidence = calibration_curve(right, top, n_bins=15)
                images = arrays[f"{part}/bin_images"]
                self.close(arrays[f"{part}/bin_accuracy"][images > 0], accuracy)
                self.close(arrays[f"{part}/bin_confidence"][images > 0], confidence)
                self.assertEqual(images.sum(), len(labels))
                error = np.average(abs(accuracy - confidence), weights=images[images > 0])
                self.close(numbers[part]["calibration_error"], error)

    def test_sensitivity_at_a_specificity_of_validation(self):
        for validation, test in cases():
            if test[0].shape[1] != 2:
                continue
            _, arrays = evaluate(validation, test)
            score, labels = validation[0][:, 1].astype("float64"), validation[1]
            false, _, thresholds = metrics.roc_curve(labels, score, drop_intermediate=False)
            negatives = (labels == 0).sum()
            for name, wanted in (("at_90", 0.90), ("at_95", 0.95)):
                spared = np.round((1 - false) * negatives) / negatives
                threshold = thresholds[spared >= wanted].min()
                called = test[0][:, 1] >= threshold
                recalls = metrics.recall_score(test[1], called, average=None, labels=[1, 0])
                self.close(arrays[name], [threshold, *recalls], name)

    def test_worst_images(self):
        test = made_up(200, 3, 21)
        _, arrays = evaluate(test, test)
        own = test[0][np.arange(200), test[1]]
        self.assertEqual([int(i) for i in arrays["worst"]], list(np.argsort(own)[:12]))


class Missing(unittest.TestCase):
    def test_classes_without_images_take_no_part_in_averages(self):
        test = made_up(300, 5, 30, absent=(1, 4))
        numbers, arrays = evaluate(test, test)
        scores, labels = test
        found, present = numbers["test"], [0, 2, 3]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about predictions of classes that no image has
            balanced = metrics.balanced_accuracy_score(labels, scores.argmax(1))
        self.assertAlmostEqual(found["balanced_accuracy"], balanced, 12)
        precisions = [metrics.average_precision_score(labels == c, scores[:, c]) for c in present]
        self.assertAlmostEqual(found["pr_auc"], np.mean(precisions), 12)
        np.testing.assert_array_equal(np.isnan(arrays["test/class_aucs"]),
                                      [False, True, False, False, True])

    def test_one_class_alone(self):
        test = made_up(30, 2, 31, absent=(1,))
        numbers, arrays = evaluate(test, test)
        self.assertTrue(np.isnan(numbers["test"]["pr_auc"]))
        self.assertEqual(len(arrays["roc_1"]), 0)
        self.assertEqual(len(arrays["precision_1"]), 0)
        self.assertTrue(np.isnan(arrays["at_90"][1]))

    def test_names_that_are_no_numbers_have_no_order(self):
        test = made_up(50, 3, 32)
        numbers, _ = evaluate(test, test, ["0", "1", "mild"])
        self.assertTrue(np.isnan(numbers["test"]["quadratic_kappa"]))


if __name__ == "__main__":
    unittest.main()
