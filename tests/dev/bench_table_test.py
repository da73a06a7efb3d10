# SPDX-License-Identifier: Apache-2.0
"""The table of ./dev bench (bench/measures.py): whom a bar counts, and what a row says."""
import json
import os
import pathlib
import sys
import tempfile
import unittest

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"
sys.path.insert(0, str(BENCH))
import measures  # noqa: E402
import part  # noqa: E402
from measures import Bar, Measure  # noqa: E402

RATE = Measure("p", "k", "one trial", more=True, bars=(Bar(1.15), Bar(0.95, against=(
    measures.BARE,))))
TIME = Measure("p", "k", "a sweep", bars=(Bar(3, against=("A",)), Bar(1.5, against=("B", "C"))))


def rows(measure, rounds, **more):
    found = {"unit": "", "rounds": rounds, "failed": {}, "aside": {}, **more}
    return {row.against or measures.US: row
            for row in measures.rows_of(measure, {"measures": {"k": found}, "left_out": {}})}


class Bars(unittest.TestCase):
    def test_the_best_of_all_stands_for_them(self):
        found = rows(RATE, {"graft": [230], "slow": [100], "fast": [200]})
        self.assertEqual((found["fast"].bar, found["fast"].verdict), ("1.15 x", "met by 0 %"))
        self.assertEqual((found["slow"].bar, found["slow"].verdict), ("", ""))
        self.assertEqual(found["slow"].ratio, "2.30 x")

    def test_its_own_step_has_a_bar_of_its_own(self):
        found = rows(RATE, {"graft": [90], measures.BARE: [100], "fast": [60]})
        self.assertEqual(found[measures.BARE].verdict, "MISSED by 5 %")
        self.assertEqual(found["fast"].verdict, "met by 30 %")

    def test_less_is_better_for_seconds_and_each_group_has_its_bar(self):
        found = rows(TIME, {"graft": [10], "A": [31], "B": [14], "C": [20]})
        self.assertEqual((found["A"].ratio, found["A"].verdict), ("3.10 x", "met by 3 %"))
        self.assertEqual((found["B"].bar, found["B"].verdict), ("1.5 x", "MISSED by 7 %"))
        self.assertEqual(found["C"].bar, "")

    def test_no_bar_counts_who_does_something_else(self):
        found = rows(RATE, {"graft": [200], "coarse": [300], "equal": [100]},
                     aside={"coarse": "coarser"})
        self.assertEqual((found["coarse"].bar, found["coarse"].verdict), ("", "coarser"))
        self.assertEqual(found["equal"].verdict, "met by 74 %")

    def test_a_bound_is_what_nobody_can_be_better_than(self):
        bound = Measure("p", "k", "makespan", bars=(Bar(most=1.02, against=("bound",)),))
        self.assertEqual(rows(bound, {"graft": [101], "bound": [100]})["bound"].verdict,
                         "met by 1 %")
        found = rows(bound, {"graft": [120], "bound": [100], "in order": [150]})
        self.assertEqual((found["bound"].ratio, found["bound"].verdict),
                         ("1.200 of it", "MISSED by 15 %"))
        self.assertEqual((found["in order"].ratio, found["in order"].bar), ("1.25 x", ""))

    def test_a_limit_is_for_graft_alone(self):
        limit = Measure("p", "k", "bytes", limit=200)
        self.assertEqual(rows(limit, {"graft": [500]})["graft"].verdict, "MISSED by 60 %")
        self.assertEqual(rows(limit, {"graft": [100]})["graft"].verdict, "met by 100 %")


class Rounds(unittest.TestCase):
    def test_ratios_are_of_one_round(self):
        # Under load in the second round: figures double, the ratio stays.
        found = rows(TIME, {"graft": [10, 20, 10], "A": [30, 60, 33]})
        self.assertEqual(found["A"].ratio, "3.00 x (3.00 to 3.30)")
        self.assertEqual(found["A"].graft, "10.0 (10.0 to 20.0)")

    def test_fewer_rounds_are_told(self):
        self.assertEqual(rows(TIME, {"graft": [10, 10], "A": [30]})["A"].theirs, "30.0, 1 round")

    def test_noise_of_seeds_decides_whether_learning_is_equal(self):
        ours = [0.80, 0.82, 0.78, 0.81]
        said = [measures.noise_verdict(ours, theirs).split()[0] for theirs in (
            ours, [0.79, 0.83], [0.70, 0.72, 0.69, 0.71], [0.5])]
        self.assertEqual(said, ["equal", "equal", "UNEQUAL", "one"])

    def test_the_interval_is_students(self):
        # scipy.stats.ttest_ind([1, 2, 3], [2, 3, 4]).confidence_interval(0.99): -1 +- 3.759
        self.assertEqual(measures.noise_verdict([1, 2, 3], [2, 3, 4]),
                         "equal (-1.000, interval 3.759 to both sides)")


class Table(unittest.TestCase):
    def test_failures_and_what_was_left_out_have_rows(self):
        found = rows(TIME, {"graft": [10]}, failed={"A": "no module"})
        self.assertEqual(found["A"].cells(),
                         ("a sweep", "10.0", "A", "", "", "", "FAILED: no module"))
        left = measures.table({"training": {"measures": {}, "left_out": {"sweep": "no images"}}},
                              {"query": "it ended with 1"})
        self.assertEqual([row.verdict for row in left],
                         ["left out: no images", "FAILED: it ended with 1"])

    def test_text_has_columns_and_markdown_a_table(self):
        made = measures.table({"query": {"left_out": {}, "measures": {"best": {
            "rounds": {"graft": [50.0], "pandas": [120.0]}, "failed": {}, "aside": {}}}}}, {})
        lines = measures.as_text(made).splitlines()
        self.assertEqual(lines[2].index("pandas"), lines[0].index("against"))
        self.assertIn("2.40 x", lines[2])
        self.assertEqual(measures.as_markdown(made).count("\n"), 3)

    def test_figures_have_three_digits(self):
        self.assertEqual([measures.figure(value) for value in (0.01234, 1.5, 22.3, 1234567, 0)],
                         ["0.0123", "1.50", "22.3", "1,234,567", "0"])

    def test_every_key_is_of_one_measure(self):
        keys = [(measure.part, measure.key) for measure in measures.MEASURES]
        self.assertEqual(len(keys), len(set(keys)))


class Results(unittest.TestCase):
    def test_every_round_is_kept_and_who_failed_is_not_asked_again(self):
        with tempfile.TemporaryDirectory() as folder:
            results = part.Results(pathlib.Path(folder) / "part.json")
            asked = []

            def fails():
                asked.append(1)
                raise RuntimeError("a call failed:\nmany lines\n  no module named x\n")

            with open(os.devnull, "w") as nowhere:
                sys.stderr, sys.stdout, kept = nowhere, nowhere, (sys.stderr, sys.stdout)
                for value in (1.0, 2.0):
                    results.attempt("k", "s", "graft", lambda value=value: value)
                    results.attempt("k", "s", "x", fails)
                sys.stderr, sys.stdout = kept
            found = json.loads(results.file.read_text())["measures"]["k"]
        self.assertEqual(found["rounds"], {"graft": [1.0, 2.0]})
        self.assertEqual(found["failed"], {"x": "no module named x"})
        self.assertEqual((len(asked), results.exit_code()), (1, 1))


if __name__ == "__main__":
    unittest.main()
