# SPDX-License-Identifier: Apache-2.0
"""Answers of `graft query` and `graft compare` against pandas and SciPy over the sweep's store."""
import io
import tempfile
import unittest
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from scipy import stats

import graft

ARM = ["network", "dataset", "init", "freeze"]


class Query(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.sweep = Path(folder.name) / "sweep"
        # Enough epochs for a cache of rows, and two seeds of most arms.
        graft.run("make_bench_sweep", cls.sweep, 470, 50)
        cls.trials, cls.epochs = cls.table("trials"), cls.table("epochs")

    @classmethod
    def table(cls, name):
        with h5py.File(cls.sweep / "results.h5") as file:
            frame = pd.DataFrame(file[name][()])
        for column in frame.select_dtypes([object]):
            frame[column] = frame[column].str.decode("utf-8")
        return frame

    def query(self, *question):
        text = graft.run("graft", "query", self.sweep, *question, "--format", "csv")
        return pd.read_csv(io.StringIO(text))

    def test_means_deviations_and_intervals(self):
        ours = self.query("--group-by", ",".join(ARM), "--columns", "val_auc,test_loss")
        ours = ours.set_index(ARM)
        groups = self.trials.groupby(ARM)
        self.assertEqual(len(ours), groups.ngroups)
        for column in ("val_auc", "test_loss"):
            theirs = groups[column].agg(["count", "mean", "std"]).loc[ours.index]
            half = stats.t.ppf(0.975, theirs["count"] - 1) * theirs["std"] / theirs["count"] ** 0.5
            np.testing.assert_array_equal(ours.n, theirs["count"])
            for suffix, expected in (("mean", theirs["mean"]), ("sd", theirs["std"]),
                                     ("low", theirs["mean"] - half),
                                     ("high", theirs["mean"] + half)):
                np.testing.assert_allclose(ours[f"{column}_{suffix}"], expected, rtol=1e-12,
                                           err_msg=f"{column}_{suffix}")

    def test_curves(self):
        by = ARM + ["phase", "epoch"]
        ours = self.query("--epochs", "--group-by", ",".join(by), "--columns", "val_auc")
        rows = self.epochs.merge(self.trials[["trial"] + ARM], on="trial")
        theirs = rows.groupby(by).val_auc.agg(["count", "mean", "std"])
        theirs = theirs.loc[pd.MultiIndex.from_frame(ours[by])]
        np.testing.assert_array_equal(ours.n, theirs["count"])
        np.testing.assert_allclose(ours.val_auc_mean, theirs["mean"], rtol=1e-12)
        np.testing.assert_allclose(ours.val_auc_sd, theirs["std"], rtol=1e-9)

    def test_best_epoch_of_each_trial(self):
        ours = self.query("--epochs", "--best-per", "trial", "--columns", "trial,epoch,val_auc")
        theirs = self.epochs.loc[self.epochs.groupby("trial").val_auc.idxmax()]
        theirs = theirs.set_index("trial").loc[ours.trial]
        np.testing.assert_array_equal(ours.epoch, theirs.epoch)
        np.testing.assert_array_equal(ours.val_auc, theirs.val_auc)

    def test_sql(self):
        ours = self.query("--sql", """SELECT dataset, median(e.val_auc) m, stddev(e.val_auc) s,
            ci_low(e.val_auc) l, ci_high(e.val_auc) h, count(*) n FROM trials t
            JOIN epochs e USING (trial) GROUP BY dataset ORDER BY dataset""")
        rows = self.epochs.merge(self.trials[["trial", "dataset"]], on="trial")
        values = rows.groupby("dataset").val_auc
        self.assertEqual(list(ours.dataset), list(values.groups))
        np.testing.assert_allclose(ours.m, values.median(), rtol=1e-14)
        np.testing.assert_allclose(ours.s, values.std(), rtol=1e-12)
        half = stats.t.ppf(0.975, values.count() - 1) * values.sem()
        np.testing.assert_allclose(ours.l, values.mean() - half, rtol=1e-12)
        np.testing.assert_allclose(ours.h, values.mean() + half, rtol=1e-12)

    def test_pairs_and_their_differences(self):
        ours = pd.read_csv(io.StringIO(graft.run(
            "graft", "compare", self.sweep, "--but", "init", "--where", "freeze=0", "--where-first",
            "init=random", "--where-second", "init=imagenet", "--format", "csv")))
        trials = self.trials[(self.trials.freeze == 0) & (self.trials.left_out == 0)]
        by = ["network", "dataset"]
        pairs = trials[trials.init == "random"].merge(
            trials[trials.init == "imagenet"], on=by + ["seed"]).dropna(
                subset=["test_auc_x", "test_auc_y"])
        ours = ours[ours.n > 1].set_index(by)
        self.assertGreater(len(ours), 3)
        p_values = []
        for arm, rows in pairs.groupby(by):
            test = stats.ttest_rel(rows.test_auc_y, rows.test_auc_x)
            low, high = test.confidence_interval(0.95)
            mine = ours.loc[arm]
            self.assertEqual(mine.n, len(rows))
            np.testing.assert_allclose(
                [mine.test_auc_first, mine.test_auc_second, mine.test_auc_difference_mean,
                 mine.test_auc_difference_low, mine.test_auc_difference_high],
                [rows.test_auc_x.mean(), rows.test_auc_y.mean(),
                 (rows.test_auc_y - rows.test_auc_x).mean(), low, high], rtol=1e-9)
            p_values.append((test.pvalue, mine.test_auc_p_holm))
        worst = 0
        for rank, (p, holm) in enumerate(sorted(p_values)):
            worst = max(worst, min(1, p * (len(p_values) - rank)))
            self.assertAlmostEqual(holm, worst, 9)

    def test_without_the_cache_every_byte_is_the_same(self):
        cache = self.sweep / "results.cache"
        self.assertTrue(cache.exists())
        questions = [["--epochs", "--top", "50"], ["--trials"], ["--epochs", "--best-per", "trial"],
                     ["--sql", "SELECT * FROM epochs WHERE epoch > 45"]]
        with_cache = [graft.run("graft", "query", self.sweep, *q, "--json") for q in questions]
        aside = cache.rename(cache.with_suffix(".aside"))
        try:
            without = [graft.run("graft", "query", self.sweep, *q, "--json") for q in questions]
        finally:
            aside.rename(cache)
        self.assertEqual(with_cache, without)


if __name__ == "__main__":
    unittest.main()
