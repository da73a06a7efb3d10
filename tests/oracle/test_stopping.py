# SPDX-License-Identifier: Apache-2.0
"""Early stopping against Optuna's SuccessiveHalvingPruner and Keras' EarlyStopping, report by
report."""
import os
import tempfile
import unittest

import keras
import numpy as np
import optuna

import graft

optuna.logging.set_verbosity(optuna.logging.WARNING)


def verdicts(section, trials, epochs, reports):
    """Whether the trial stops, after each (trial, epoch, value)."""
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "reports")
        with open(file, "w") as lines:
            lines.writelines(f"{trial} {epoch} {value!r}\n" for trial, epoch, value in reports)
        said = graft.tool("stopping", "[stopping]\n" + section, trials, epochs, file)
    return [line == "1" for line in said.split()]


def curves(rng, trials, epochs, levels):
    """Rising, falling and noisy; `levels`: rounded, so that many are equal."""
    rate = rng.uniform(-0.02, 0.05, (trials, 1))
    values = 0.6 + rate * np.arange(epochs) + rng.normal(0, 0.03, (trials, epochs))
    return np.round(values * levels) / levels if levels else values


class Asha(unittest.TestCase):
    def compare(self, seed, trials, epochs, reduction, first_rung, levels=None):
        rng = np.random.default_rng(seed)
        values = curves(rng, trials, epochs, levels)
        study = optuna.create_study(
            direction="maximize", pruner=optuna.pruners.SuccessiveHalvingPruner(
                min_resource=first_rung, reduction_factor=reduction, min_early_stopping_rate=0))
        theirs = [study.ask() for _ in range(trials)]
        done, going = [0] * trials, set(range(trials))
        reports, expected = [], []
        while going:
            one = int(rng.choice(sorted(going)))
            done[one] += 1
            theirs[one].report(values[one, :done[one]].max(), done[one])
            # Optuna also judges at the last epoch, where nothing is left to save.
            last = done[one] == epochs
            pruned = not last and theirs[one].should_prune()
            reports.append((one, done[one], float(values[one, done[one] - 1])))
            expected.append(pruned)
            if pruned or last:
                going.discard(one)
                study.tell(theirs[one], None if pruned else values[one, :done[one]].max(),
                           state=optuna.trial.TrialState.PRUNED if pruned
                           else optuna.trial.TrialState.COMPLETE)
        found = verdicts(f'stop = "asha"\nover = ["seed"]\nreduction = {reduction}\n'
                         f'first_rung = {first_rung}\n', trials, epochs, reports)
        print(f"    {trials} trials, reduction {reduction}, first rung {first_rung}: "
              f"{sum(expected)} pruned in {len(reports)} reports")
        self.assertEqual(found, expected)
        self.assertGreater(sum(expected), trials // 4)

    def test_as_optuna_prunes(self):
        for seed in range(6):
            self.compare(seed, 27, 20, 3, 1)
        self.compare(10, 40, 30, 2, 1)
        self.compare(11, 40, 30, 4, 2)
        self.compare(12, 30, 9, 3, 2)

    def test_equal_values(self):
        for seed in range(4):
            self.compare(seed, 27, 20, 3, 1, levels=20)


class Patience(unittest.TestCase):
    def stopped_by_keras(self, values, patience):
        callback = keras.callbacks.EarlyStopping("val_auc", mode="max", patience=patience)
        model = keras.Sequential()
        callback.set_model(model)
        callback.on_train_begin()
        model.stop_training = False
        for epoch, value in enumerate(values):
            callback.on_epoch_end(epoch, {"val_auc": value})
            if model.stop_training:
                return epoch + 1
        return None

    def test_as_keras_stops(self):
        rng = np.random.default_rng(0)
        stopped = 0
        for patience in (1, 2, 3, 5, 8):
            for levels in (None, 20):
                for values in curves(rng, 6, 30, levels):
                    reports = [(0, epoch + 1, float(value)) for epoch, value in enumerate(values)]
                    found = verdicts(f'stop = "patience"\npatience = {patience}\n', 1, 30, reports)
                    epoch = self.stopped_by_keras(values, patience)
                    # Where it is over anyway nobody is stopped.
                    expected = epoch if epoch and epoch < 30 else None
                    self.assertEqual(found.index(True) + 1 if True in found else None, expected)
                    stopped += expected is not None
        print(f"    {stopped} of 60 curves stopped")
        self.assertGreater(stopped, 20)
