# SPDX-License-Identifier: Apache-2.0
"""The store in h5py and pandas, by the lines that open docs/store.md."""
import contextlib
import io
import math
import os
import re
import tempfile
import unittest

import h5py

import graft


class Store(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.path = os.path.join(folder.name, "results.h5")
        graft.tool("store", cls.path)
        document = (graft.SOURCES / "docs/store.md").read_text()
        lines = re.search(r"```python\n(.*?)```", document, re.DOTALL)[1]
        cls.names, printed = {}, io.StringIO()
        with contextlib.chdir(folder.name), contextlib.redirect_stdout(printed):
            exec(compile(lines, "docs/store.md", "exec"), cls.names)
        cls.printed = printed.getvalue()
        cls.table = staticmethod(cls.names["table"])

    def test_the_documents_lines_make_frames_with_texts(self):
        trials = self.names["trials"]
        self.assertEqual(list(trials.state), ["failed", "done", "diverged", "waiting"])
        self.assertEqual(list(trials.dataset), ["retina", "retina", "retina", "rétine"])
        self.assertEqual(trials.message[0], "three crashes in a row (SIGSEGV)")

    def test_the_documents_lines_print_the_group_means(self):
        self.assertRegex(self.printed, r"mobilenet +retina +imagenet +50\.0 +0\.9 ")

    def test_missing_numbers_are_nan_and_settings_have_their_types(self):
        trials = self.table(self.path, "trials")
        self.assertEqual([trials.val_auc[1], trials.test_auc[1]], [0.9, 0.85])
        self.assertTrue(math.isnan(trials.val_auc[3]))
        self.assertEqual(trials.seed.dtype, "int64")
        self.assertEqual(trials.learning_rate.dtype, "float64")
        self.assertEqual(trials.learning_rate[0], 1e-4)
        self.assertEqual(trials.image_size[0], "network")

    def test_every_table_opens_and_joins_by_trial(self):
        with h5py.File(self.path) as file:
            names = [name for name in file if file[name].dtype.names]
            self.assertEqual(file.attrs["format"], 1)
        for name in ("trials", "epochs", "attempts", "datasets", "provenance"):
            self.assertIn(name, names)
        for name in names:
            self.table(self.path, name)
        trials, epochs = self.names["trials"], self.table(self.path, "epochs")
        joined = epochs.merge(trials[["trial", "seed"]], on="trial")
        self.assertEqual(len(joined), len(epochs))
        self.assertEqual(sorted(set(joined.seed)), [2, 3])


if __name__ == "__main__":
    unittest.main()
