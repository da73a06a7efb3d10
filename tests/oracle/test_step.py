# SPDX-License-Identifier: Apache-2.0
"""One training step: loss, gradients, moving statistics and Adam, with the bottom frozen.

Frozen layers have trainable = False in Keras: no gradients, batch norm in inference mode."""
import tempfile
import unittest
from pathlib import Path

import jax
import keras
import numpy as np

import graft
import networks
import weight_files

RATE = 1e-2  # large, so that a step is well above the rounding of the weights
# How far gradients may be apart: five times what Keras' own move when its inputs and weights change
# in their last bits, and this: one ReLU cell that rounding decides about moves a tensor's gradient
# by a percent or some, but not those of most tensors. Wrong formulas differ by tens of percents.
TOLERANCE = {"largest": 0.1, "median": 5e-3}
# Wherever that is more than this, the comparison says nothing, and the test fails.
CEILING = 0.3
LAST_BITS = 5e-7
MOVING_TOLERANCE = 1e-5
LOSS_TOLERANCE = 2e-4


def freeze(model, cut):
    for index, layer in enumerate(model.layers):
        layer.trainable = index >= cut


def values(variables):
    return [variable.value for variable in variables]


def keras_step(model, images, labels):
    """Loss, gradients and moving statistics by path; then the gradients of slightly other ones."""
    def loss_of(trainable, others, images):
        scores, others = model.stateless_call(trainable, others, images, training=True)
        losses = keras.losses.sparse_categorical_crossentropy(labels, scores)
        return keras.ops.mean(losses), others

    def named(variables, arrays):
        return {v.path: np.asarray(a) for v, a in zip(variables, arrays)}

    step = jax.jit(jax.value_and_grad(loss_of, has_aux=True))
    given = [values(model.trainable_variables), values(model.non_trainable_variables), images]
    (loss, others), gradients = step(*given)
    rng = np.random.default_rng(4)
    shaken = []
    for _ in range(3):
        other = jax.tree.map(lambda x: np.asarray(x) * (
            1 + LAST_BITS * rng.uniform(-1, 1, x.shape)).astype(x.dtype), given)
        shaken.append(named(model.trainable_variables, step(*other)[1]))
    return (float(loss), named(model.trainable_variables, gradients),
            named(model.non_trainable_variables, others), shaken)


def keras_adam(model, gradients):
    """The trainable variables by path after Keras' Adam on these gradients."""
    optimizer = keras.optimizers.Adam(RATE, beta_1=0.9, beta_2=0.999, epsilon=1e-7)
    optimizer.build(model.trainable_variables)
    after, _ = jax.jit(optimizer.stateless_apply)(
        values(optimizer.variables), [gradients[v.path] for v in model.trainable_variables],
        values(model.trainable_variables))
    return {v.path: np.asarray(a) for v, a in zip(model.trainable_variables, after)}


def gradient_errors(found, expected):
    """By path, relative to the tensor's largest gradient. Some gradients are zero but for rounding
    (a bias before a batch norm): those count relative to a hundredth of what is usual."""
    usual = np.median([np.abs(value).max() for value in expected.values()])
    return {path: np.abs(found[path] - value).max() / max(np.abs(value).max(), 1e-2 * usual)
            for path, value in expected.items()}


class Step(unittest.TestCase):
    def check(self, name, size, percents, count=6, momentum=0.99):
        model = networks.build(name, size)
        base_layers = len(model.layers) - 6
        names = graft.layer_names(name, networks.CLASSES, networks.HEAD_UNITS)
        renamed = {layer.name: found for layer, found in zip(model.layers, names)}
        images = networks.images(count, size)
        labels = np.arange(count) % networks.CLASSES
        with tempfile.TemporaryDirectory() as folder:
            weights = Path(folder) / "weights.h5"
            weight_files.published(model, weights)
            for percent in percents:
                cut = base_layers * percent // 100
                answer = graft.ask_trainer(
                    folder, weights, images, labels, network=name, classes=networks.CLASSES,
                    head_units=networks.HEAD_UNITS, frozen=cut, learning_rate=RATE,
                    bn_momentum=momentum)
                with self.subTest(name, percent=percent):
                    freeze(model, cut)
                    networks.set_momentum(model, momentum)
                    figures = self.compare(model, renamed, answer, images, labels)
                    print(f"    {name} at {size}, {cut} of {base_layers} layers frozen: error of "
                          + ", ".join(f"{what} {value:.1e}" for what, value in figures.items()))

    def compare(self, model, renamed, answer, images, labels):
        def found(kind, variable):
            layer, tensor = variable.path.rsplit("/", 1)
            if isinstance(layers[layer], keras.layers.DepthwiseConv2D):
                tensor = "depthwise_" + tensor
            return answer.get(f"{kind}/{renamed[layer]}/{tensor}")

        layers = {layer.name: layer for layer in model.layers}
        loss, gradients, moved, shaken = keras_step(model, images, labels)
        trainable = model.trainable_variables
        ours = {variable.path: found("gradients", variable) for variable in trainable}
        self.assertEqual([path for path, value in ours.items() if value is None], [])
        self.assertEqual(sum(key.startswith("gradients/") for key in answer), len(ours))
        figures = {
            "loss": abs(answer["loss"][0] - loss) / max(loss, 1),
            **self.compare_gradients(ours, gradients, shaken),
            "moving statistics": self.worst_moving(model, found, moved),
            "Adam / rate": self.worst_update(model, found, keras_adam(model, ours)),
        }
        self.assertLess(figures["loss"], LOSS_TOLERANCE)
        self.check_frozen(model, found)
        return figures

    def compare_gradients(self, ours, gradients, shaken):
        error = gradient_errors(ours, gradients)
        own = [gradient_errors(other, gradients) for other in shaken]
        figures = {}
        for what, of in (("largest", np.max), ("median", np.median)):
            allowed = TOLERANCE[what] + 5 * max(of(list(errors.values())) for errors in own)
            found = of(list(error.values()))
            self.assertLess(found, min(allowed, CEILING), max(error, key=error.get))
            figures[f"gradients ({what}, allowed {allowed:.1e})"] = found
        return figures

    def worst_moving(self, model, found, moved):
        worst = 0
        frozen = {weight.path for layer in model.layers if not layer.trainable
                  for weight in layer.weights}
        for variable in model.non_trainable_variables:
            if variable.path not in frozen:
                error = graft.relative_error(found("after", variable), moved[variable.path])
                self.assertLess(error, MOVING_TOLERANCE, variable.path)
                self.assertGreater(np.abs(moved[variable.path] - variable.numpy()).max(), 0)
                worst = max(worst, error)
        return worst

    def worst_update(self, model, found, expected):
        """Of Adam alone: Keras' Adam on our gradients against our weights after the step."""
        worst = 0
        for variable in model.trainable_variables:
            after = found("after", variable)
            rounding = 2.0**-23 * np.abs(expected[variable.path])
            error = np.maximum(np.abs(after - expected[variable.path]) - rounding, 0).max() / RATE
            self.assertLess(error, 1e-4, variable.path)
            worst = max(worst, error)
        return worst

    def check_frozen(self, model, found):
        for layer in model.layers:
            if not layer.trainable:
                for weight in layer.weights:
                    np.testing.assert_array_equal(found("after", weight), weight.numpy(),
                                                  weight.path)


class Quick(Step):
    def test_mobilenet(self):
        self.check("mobilenet_0.25", 64, (0, 30, 50, 100))

    def test_small_cnn(self):
        self.check("small_cnn", 32, (0, 50, 100), momentum=0.9)

    def test_cut_between_convolution_and_batch_norm_of_inception(self):
        self.check("inception_v3", 75, (10,))


class Long(Step):
    def test_inception_v3(self):
        self.check("inception_v3", 107, (0, 10, 30, 50, 100))

    def test_resnet50_v2(self):
        self.check("resnet50_v2", 75, (0, 10, 30, 50, 100))

    def test_densenet121(self):
        self.check("densenet121", 75, (0, 30, 50, 100))

    def test_mobilenet(self):
        self.check("mobilenet", 97, (0, 10, 30, 50, 75, 100))

    def test_small_cnn(self):
        self.check("small_cnn", 75, (0, 10, 30, 50, 100))


if __name__ == "__main__":
    unittest.main()
