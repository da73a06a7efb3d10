# SPDX-License-Identifier: Apache-2.0
"""The weights that a trial starts with: Keras' glorot_uniform, and mean_var's distributions."""
import tempfile
import unittest
from pathlib import Path

import numpy as np
from scipy import stats
from keras.src.initializers.random_initializers import compute_fans

import graft
import networks
import weight_files

class FirstWeights(unittest.TestCase):
    def first(self, model, name, init, pretrained="-", seed=1):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "first.h5"
            graft.tool("init", name, init, pretrained, seed, out)
            model.load_weights(out)
        return [(weight.path, weight.numpy()) for weight in model.weights]

    def check_uniform(self, path, values):
        """Keras' limits, filled evenly."""
        limit = np.sqrt(6 / sum(compute_fans(values.shape)))
        self.assertLessEqual(np.abs(values).max(), limit * (1 + 1e-6), path)
        test = stats.kstest(values.ravel(), stats.uniform(-limit, 2 * limit).cdf)
        self.assertGreater(test.pvalue, 1e-6, path)
        return test.pvalue

    def check_identity(self, path, values):
        one = path.endswith(("gamma", "moving_variance"))
        np.testing.assert_array_equal(values, np.full_like(values, one), path)

    def test_random_weights_are_glorot_uniform(self):
        for name in ("mobilenet_0.25", "small_cnn"):
            model = networks.with_head(networks.build_base(name, 64))
            likely = [self.check_uniform(path, values) if path.endswith("kernel")
                      else self.check_identity(path, values)
                      for path, values in self.first(model, name, "random")]
            likely = [value for value in likely if value is not None]
            # 27 kernels and more: their p-values are themselves uniform.
            together = stats.combine_pvalues(likely).pvalue
            print(f"    {name}: {len(likely)} kernels, p {together:.2f}, least {min(likely):.1e}")
            self.assertGreater(together, 1e-6)

    def test_seeds_give_different_weights(self):
        model = networks.with_head(networks.build_base("small_cnn", 64))
        one = self.first(model, "small_cnn", "random", seed=1)
        other = self.first(model, "small_cnn", "random", seed=2)
        for (path, first), (_, second) in zip(one, other):
            if path.endswith("kernel"):
                self.assertLess(abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]),
                                5 / np.sqrt(first.size), path)

    def check_mean_var(self, name, model, pretrained):
        """Each tensor of the base is normal with its model's mean and variance."""
        wanted = {weight.path: weight.numpy() for weight in model.weights}
        least = 1
        *base, _, _, _, _ = self.first(model, name, "mean_var", pretrained)
        for path, values in base:
            if not path.endswith(("kernel", "bias")):
                self.check_identity(path, values)
                continue
            mean, deviation = wanted[path].mean(dtype="f8"), wanted[path].std(dtype="f8")
            # Five standard errors of mean and variance of a normal sample.
            self.assertLess(abs(values.mean(dtype="f8") - mean),
                            5 * deviation / np.sqrt(values.size), path)
            self.assertLess(abs(values.var(dtype="f8") / deviation**2 - 1),
                            5 * np.sqrt(2 / (values.size - 1)), path)
            least = min(least, stats.kstest(values.ravel(), stats.norm(mean, deviation).cdf).pvalue)
        self.assertGreater(least, 1e-6)
        print(f"    {name}: {len(base)} tensors, least p {least:.1e}")

    def test_mean_var_of_random_networks(self):
        for name in ("mobilenet_0.25", "small_cnn"):
            model = networks.randomise(networks.with_head(networks.build_base(name, 64)))
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "pretrained.h5"
                weight_files.published(model, path)
                self.check_mean_var(name, model, path)

    @graft.needs_shared("weights")
    def test_mean_var_of_the_published_mobilenet(self):
        path = graft.SHARED / "weights/mobilenet_2_5_224_tf_no_top.h5"
        base = networks.build_base("mobilenet_0.25", 64)
        model = networks.with_head(base)
        base.load_weights(path)
        self.check_mean_var("mobilenet_0.25", model, path)


if __name__ == "__main__":
    unittest.main()
