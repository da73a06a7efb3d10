# SPDX-License-Identifier: Apache-2.0
"""The published weights of MobileNet 0.25 on a photograph, where ../shared has them."""
import tempfile
import unittest
from pathlib import Path

import h5py
import keras
import numpy as np

import graft
import networks
import weight_files

WEIGHTS = graft.SHARED / "weights/mobilenet_2_5_224_tf_no_top.h5"
REFERENCE = graft.SHARED / "weights/reference_mobilenet025_elephant.h5"
NAME = "mobilenet_0.25"


@graft.needs_shared("weights")
class Elephant(unittest.TestCase):
    def features(self, pixels, model):
        """graft's and Keras' features of the last layer of the base, for pixels 0..255."""
        images = (pixels[None] / np.float32(127.5) - 1).astype("float32")
        base = keras.Model(model.input, model.layers[-7].output)
        last = graft.layer_names(NAME, networks.CLASSES, networks.HEAD_UNITS)[-7]
        with tempfile.TemporaryDirectory() as folder:
            weights = Path(folder) / "weights.h5"
            weight_files.published(model, weights)
            answer = graft.ask_trainer(folder, weights, images, layers=[last], network=NAME,
                                       classes=networks.CLASSES, head_units=networks.HEAD_UNITS)
        return answer["outputs/" + last][0], base.predict(images, verbose=0)[0]

    def build(self, size):
        base = networks.build_base(NAME, size)
        model = networks.randomise(networks.with_head(base))
        base.load_weights(WEIGHTS)
        return model

    def test_features_equal_keras_and_the_reference(self):
        for image, reference in (("image_u8_nhwc", "features_7x7x256"),
                                 ("image97_u8_nhwc", "features97_conv1pad")):
            with h5py.File(REFERENCE) as file:
                pixels = np.squeeze(file[image][()])
                expected = np.squeeze(file[reference][()])
            ours, theirs = self.features(pixels, self.build(pixels.shape[0]))
            print(f"    {image}: largest difference from Keras {np.abs(ours - theirs).max():.1e}, "
                  f"from the reference {np.abs(ours - expected).max():.1e}")
            self.assertLess(np.abs(ours - theirs).max(), 1e-3)
            self.assertLess(np.abs(ours - expected).max(), 1e-3)

    def test_graft_reads_the_file_as_keras_does(self):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "first.h5"
            graft.tool("init", NAME, "pretrained", WEIGHTS, 1, out)
            model = self.build(64)
            expected = [weight.numpy() for weight in model.weights]
            networks.randomise(model, 5)
            model.load_weights(out)
        base_tensors = 135
        for weight, value in list(zip(model.weights, expected))[:base_tensors]:
            np.testing.assert_array_equal(weight.numpy(), value, weight.path)


if __name__ == "__main__":
    unittest.main()
