# SPDX-License-Identifier: Apache-2.0
"""results/statistics against SciPy, NumPy and scikit-learn."""
import os
import tempfile
import unittest

import h5py
import numpy as np
from scipy import stats
from sklearn.metrics import roc_auc_score

import graft


def ask(attributes=None, **datasets):
    """The tool's answer as {name: array}."""
    with tempfile.TemporaryDirectory() as folder:
        given, answer = os.path.join(folder, "in.h5"), os.path.join(folder, "out.h5")
        with h5py.File(given, "w") as file:
            file.attrs.update(attributes or {})
            for name, values in datasets.items():
                file[name] = values
        graft.tool("statistics", given, answer)
        with h5py.File(answer) as file:
            return {name: item[()] for name, item in file.items()}


def compare(a, b, margin=0.1, confidence=0.95, overlap=0.0):
    return ask({"margin": margin, "confidence": confidence, "overlap": overlap}, a=np.float64(a),
               b=np.float64(b))


def samples():
    """Sides as AUCs are, some missing, some on a coarse grid, so that differences are tied."""
    rng = np.random.default_rng(5)
    for count in (2, 3, 5, 6, 9, 12, 40, 80):
        a = 0.8 + 0.03 * rng.normal(size=count)
        yield a, a - 0.02 + 0.02 * rng.normal(size=count)
    for count in (6, 11, 30):
        a, b = rng.normal(size=(2, count))
        a[1] = np.nan
        b[[0, 3]] = np.nan
        yield a, b
    for count in (7, 12, 16):
        yield rng.integers(0, 6, count) / 4, rng.integers(0, 6, count) / 4
    yield np.array([1e-9, 2e-9, 4e-9]), np.array([5e-9, 1e-9, 3e-9])
    yield 1e6 + rng.normal(size=8), 1e6 + rng.normal(size=8)


class Comparison(unittest.TestCase):
    def close(self, found, expected, tolerance=1e-9):
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=1e-300)

    def test_mean_and_its_interval(self):
        for a, b in samples():
            for confidence in (0.9, 0.95, 0.99):
                known = a[~np.isnan(a)]
                expected = stats.t.interval(confidence, len(known) - 1, known.mean(),
                                            stats.sem(known))
                found = compare(a, b, confidence=confidence)["mean"]
                self.close(found, [known.mean(), *expected, len(known)])

    def test_equal_values_have_no_interval_neither_here_nor_in_scipy(self):
        found = compare([0.1] * 3, [0.2] * 3)
        self.assertTrue(np.isnan(found["mean"][1:3]).all())
        with np.errstate(invalid="ignore"):
            self.assertTrue(np.isnan(stats.t.interval(0.95, 2, 0.1, 0)).all())

    def test_paired_t(self):
        for a, b in samples():
            found = compare(a, b)
            expected = stats.ttest_rel(a, b, nan_policy="omit")
            interval = expected.confidence_interval(0.95)
            pairs = (~np.isnan(a - b)).sum()
            self.close(found["difference"],
                       [np.nanmean(a - b), interval.low, interval.high, pairs], 1e-8)
            self.close(found["paired"][:2], [np.nanstd(a - b, ddof=1), expected.pvalue], 1e-8)

    def test_corrected_resampled_t(self):
        # Nadeau and Bengio 2003, as it stands there: t = mean / sqrt((1/n + n_test/n_train) s^2).
        for a, b in samples():
            d = (a - b)[~np.isnan(a - b)]
            for test, train in ((100, 400), (56, 1244), (300, 300)):
                n, overlap = len(d), test / train
                error = np.sqrt((1 / n + test / train) * d.var(ddof=1))
                p = 2 * stats.t.sf(abs(d.mean()) / error, n - 1)
                wide = stats.t.ppf(0.975, n - 1) * error
                found = compare(a, b, 0.05, overlap=overlap)
                self.close(found["difference"], [d.mean(), d.mean() - wide, d.mean() + wide, n],
                           1e-8)
                self.close(found["paired"][:2], [d.std(ddof=1), p], 1e-8)
                self.assertTrue(np.isnan(found["paired"][2]))
                both = max(stats.t.sf((d.mean() + 0.05) / error, n - 1),
                           stats.t.cdf((d.mean() - 0.05) / error, n - 1))
                self.close(found["equivalent_paired_p"], [both, both <= 0.05], 1e-8)
                known = a[~np.isnan(a)]
                half = (stats.t.ppf(0.975, len(known) - 1) * known.std(ddof=1)
                        * np.sqrt(1 / len(known) + test / train))
                self.close(found["mean"][1:3], [known.mean() - half, known.mean() + half])

    def test_signed_ranks(self):
        exact = 0
        for a, b in samples():
            difference = (a - b)[~np.isnan(a - b)]
            others = difference[difference != 0]
            tied = len(set(abs(others))) < len(others)
            if len(others) > 50:
                method = "asymptotic"
            elif not tied:
                method = "exact"
            elif len(others) <= 14:
                # All sign patterns: exact with ties, too.
                method = stats.PermutationMethod(n_resamples=np.inf)
            else:
                continue
            exact += method != "asymptotic"
            expected = stats.wilcoxon(others, method=method).pvalue
            found = compare(a, b)
            self.close(found["wilcoxon"][0], expected)
            if len(difference) >= 6:
                self.close(found["paired"][2], expected)
            else:
                self.assertTrue(np.isnan(found["paired"][2]))
        self.assertGreater(exact, 8)

    def test_signed_ranks_of_many_tied_differences_are_approximated_as_scipy_does(self):
        a = np.random.default_rng(2).integers(-9, 12, 90).astype(float)
        expected = stats.wilcoxon(a, method="asymptotic", correction=False).pvalue
        self.close(compare(a, 0 * a)["wilcoxon"][0], expected)

    def test_equivalence_of_pairs(self):
        for a, b in samples():
            for margin in (0.01, 0.05, 1.0):
                found = compare(a, b, margin)
                d = (a - b)[~np.isnan(a - b)]
                p = max(stats.ttest_1samp(d, -margin, alternative="greater").pvalue,
                        stats.ttest_1samp(d, margin, alternative="less").pvalue)
                low, high = stats.ttest_1samp(d, 0).confidence_interval(0.9)
                self.close(found["equivalent_paired"], [d.mean(), low, high, len(d)], 1e-8)
                self.close(found["equivalent_paired_p"], [p, p <= 0.05], 1e-8)
                self.assertEqual(p <= 0.05, -margin <= low and high <= margin)

    def test_equivalence_of_two_samples(self):
        unequal = [(a[:-1] if len(a) > 2 else a, b) for a, b in samples()]
        for a, b in [*samples(), *unequal]:
            a, b = a[~np.isnan(a)], b[~np.isnan(b)]
            found = compare(a, b, 0.05)
            p = max(stats.ttest_ind(a + 0.05, b, equal_var=False, alternative="greater").pvalue,
                    stats.ttest_ind(a - 0.05, b, equal_var=False, alternative="less").pvalue)
            low, high = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.9)
            self.close(found["equivalent"], [a.mean() - b.mean(), low, high, len(a) + len(b)],
                       1e-7)
            self.close(found["equivalent_p"], [p, p <= 0.05], 1e-6)

    def test_geometric_mean(self):
        ratios = np.random.default_rng(3).lognormal(1, 0.8, 9)
        low, high = stats.t.interval(0.95, 8, np.log(ratios).mean(), stats.sem(np.log(ratios)))
        self.close(ask(ratios=ratios)["geometric"],
                   [stats.gmean(ratios), np.exp(low), np.exp(high), 9])


class Family(unittest.TestCase):
    def test_a_textbook_example(self):
        """Wikipedia's of the Holm-Bonferroni method: at 5 % the first and the last are rejected."""
        found = ask(p=[0.01, 0.04, 0.03, 0.005])["holm"]
        np.testing.assert_array_equal(found <= 0.05, [True, False, False, True])
        np.testing.assert_allclose(found, [3 * 0.01, 2 * 0.03, 2 * 0.03, 4 * 0.005])

    def test_rejections_are_those_of_the_step_down_procedure(self):
        """Holm's own statement: go through the sorted p while p <= alpha / (those left)."""
        rng = np.random.default_rng(4)
        for count in (1, 2, 5, 12):
            p = rng.beta(0.4, 3, count)
            adjusted = ask(p=p)["holm"]
            for alpha in (0.01, 0.05, 0.2):
                rejected = np.zeros(count, bool)
                for left, i in zip(range(count, 0, -1), np.argsort(p)):
                    if p[i] > alpha / left:
                        break
                    rejected[i] = True
                np.testing.assert_array_equal(adjusted <= alpha, rejected)

    def test_missing_ones_do_not_count(self):
        found = ask(p=[0.04, np.nan, 0.01])["holm"]
        np.testing.assert_allclose(found, [0.04, np.nan, 0.02])


class Power(unittest.TestCase):
    def test_smallest_detectable_difference(self):
        settings = [(n, alpha, power) for n in (2, 3, 4, 5, 6, 10, 30, 200)
                    for alpha in (0.01, 0.05) for power in (0.5, 0.8, 0.95)]

        def power_of(effect, n, alpha):
            """By the non-central F distribution of t squared: SciPy's non-central t has no values
            far from its middle."""
            return stats.ncf.sf(stats.t.isf(alpha / 2, n - 1) ** 2, 1, n - 1, effect ** 2 * n)

        found = ask(settings=np.float64(settings))["smallest"]
        for (n, alpha, power), effect in zip(settings, found):
            self.assertAlmostEqual(power_of(effect, n, alpha), power, delta=1e-7,
                                   msg=f"{n} pairs at {alpha}")

    def test_published_sizes(self):
        """G*Power's for a paired t test, two tails, 5 %, power 80 %: 34 pairs for an effect of 0.5
        and 10 for an effect of 1."""
        found = ask(settings=np.float64([(n, 0.05, 0.8) for n in (33, 34, 9, 10)]))["smallest"]
        self.assertTrue(found[0] > 0.5 >= found[1], found)
        self.assertTrue(found[2] > 1 >= found[3], found)

    def test_simulated_studies(self):
        """What the number means: with that difference four of five studies find it."""
        effect = ask(settings=np.float64([(5, 0.05, 0.8)]))["smallest"][0]
        draws = np.random.default_rng(8).normal(effect, 1, (20000, 5))
        share = (stats.ttest_1samp(draws, 0, axis=1).pvalue < 0.05).mean()
        self.assertLess(abs(share - 0.8), 0.012)


class Bootstrap(unittest.TestCase):
    def test_weighted_auc(self):
        rng = np.random.default_rng(6)
        for count, classes, levels in ((60, 2, None), (200, 2, 5), (90, 4, None), (300, 3, 8)):
            scores = rng.dirichlet(np.ones(classes), count)
            if levels:
                scores = np.round(scores * levels) / levels
            scores = scores.astype("float32")
            labels = rng.integers(0, classes, count)
            weights = np.vstack([np.ones(count), rng.integers(0, 4, (119, count))]).astype("int32")
            found = ask(scores=scores, labels=labels.astype("int32"), weights=weights)
            truth = np.eye(classes)[labels]
            micro = [roc_auc_score(truth.ravel(), scores.ravel(),
                                   sample_weight=np.repeat(w, classes)) for w in weights]
            own = [roc_auc_score(labels, scores[:, 1], sample_weight=w)
                   for w in weights] if classes == 2 else micro
            np.testing.assert_allclose(found["auc_micro"], micro, rtol=1e-10)
            np.testing.assert_allclose(found["auc"], own, rtol=1e-10)
            np.testing.assert_allclose(found["percentiles"],
                                       [0.5, *np.percentile(own, [2.5, 97.5]), 120], rtol=1e-10)

    def test_draws_are_of_whole_groups_and_uniform(self):
        groups = np.repeat([f"patient {i}" for i in range(20)], np.arange(1, 21))
        draws = ask({"draws": 2000}, groups=groups.astype("S12"))["draws"]
        first = np.cumsum(np.arange(20))
        of_groups = draws[:, first]
        np.testing.assert_array_equal(draws, np.repeat(of_groups, np.arange(1, 21), axis=1))
        self.assertTrue((of_groups.sum(1) == 20).all())
        # Multinomial: each group is taken once on average; the totals are uniform.
        self.assertGreater(stats.chisquare(of_groups.sum(0)).pvalue, 1e-3)
        # And each count is binomial(20, 1/20).
        seen = np.bincount(of_groups.ravel(), minlength=4)[:4] / of_groups.size
        np.testing.assert_allclose(seen, stats.binom.pmf(range(4), 20, 1 / 20), atol=0.01)

    def test_interval_covers_as_often_as_it_says(self):
        """Percentile intervals of an AUC over independent patients, against the AUC
        that the distribution of the scores has."""
        rng = np.random.default_rng(12)

        def sample():
            labels = np.arange(120) % 2
            logits = rng.normal(size=120) + labels
            p = 1 / (1 + np.exp(-logits))
            return np.stack([1 - p, p], 1).astype("float32"), labels.astype("int32")

        truth = stats.norm.cdf(1 / np.sqrt(2))
        weights = ask({"draws": 400}, groups=np.array([f"{i}" for i in range(120)], "S4"))["draws"]
        covered = 0
        for _ in range(60):
            scores, labels = sample()
            low, high = ask(scores=scores, labels=labels, weights=weights)["percentiles"][1:3]
            covered += low <= truth <= high
        self.assertGreaterEqual(covered, 51)  # 57 expected; 50 or fewer of 60: p = 0.003


if __name__ == "__main__":
    unittest.main()
