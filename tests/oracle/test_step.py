# SPDX-License-Identifier: Apache-2.0
"""One training step: loss, gradients, moving statistics and Adam, with the bottom frozen.

Frozen layers have trainable = False in Keras: no gradients, batch norm in inference mode; or, with
frozen_batch_norm = "batch", each of their weights has, under batch norms that train.

Both sides compute in float64 from the same float32 weights: in float32, rounding decides about some
ReLU cells and pooling maxima of every batch, and two correct programs (Keras' own, compiled in two
ways, among them) have gradients that differ by some percent. test_forward compares in float32."""
import tempfile
import unittest
from pathlib import Path

import jax
import keras
import numpy as np
from keras.src.backend.common import dtypes

jax.config.update("jax_enable_x64", True)
keras.config.set_floatx("float64")
# Keras narrows float64 to float32 in every operation, but for TensorFlow: not here.
dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"

import graft  # noqa: E402
import networks  # noqa: E402
import weight_files  # noqa: E402

RATE = 1e-2  # large, so that a step is well above the rounding of the weights
# The answer's file is float32, and both sides sum in their own order.
GRADIENT_TOLERANCE = 1e-6
MOVING_TOLERANCE = 1e-6
LOSS_TOLERANCE = 1e-12


def freeze(model, cut, batch_norms):
    for index, layer in enumerate(model.layers):
        layer.trainable = index >= cut or batch_norms
        for weight in layer.trainable_weights:
            weight.trainable = index >= cut


def is_moving(variable):
    return variable.path.rsplit("/", 1)[1].startswith("moving_")


def values(variables):
    return [variable.value for variable in variables]


def keras_step(model, images, labels):
    """Loss, gradients and moving statistics by path. The loss is taken from the logits, as Keras on
    TensorFlow does of its own accord; from probabilities, which Keras on JAX clips to 1e-7, the
    gradient of a hopeless sample would be zero."""
    to_logits = keras.Model(model.input, model.get_layer("head_output").output)

    def loss_of(trainable, others, images):
        logits, others = to_logits.stateless_call(trainable, others, images, training=True)
        losses = keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
        return keras.ops.mean(losses), others

    def named(variables, arrays):
        return {v.path: np.asarray(a) for v, a in zip(variables, arrays)}

    step = jax.jit(jax.value_and_grad(loss_of, has_aux=True))
    (loss, others), gradients = step(values(to_logits.trainable_variables),
                                     values(to_logits.non_trainable_variables),
                                     images.astype("float64"))
    return (float(loss), named(to_logits.trainable_variables, gradients),
            named(to_logits.non_trainable_variables, others))


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
    (a bias before a batch norm): those count relative to a millionth of what is usual."""
    usual = np.median([np.abs(value).max() for value in expected.values()])
    return {path: np.abs(found[path] - value).max() / max(np.abs(value).max(), 1e-6 * usual)
            for path, value in expected.items()}


class Step(unittest.TestCase):
    def check(self, name, size, percents, count=6, momentum=0.99, batch_norms=False):
        model = networks.build(name, size)
        base_layers = len(model.layers) - 6
        images = networks.images(count, size)
        labels = np.arange(count) % networks.CLASSES
        with tempfile.TemporaryDirectory() as folder:
            network = networks.name_for_graft(name, size, folder)
            names = graft.layer_names(network, networks.CLASSES, networks.HEAD_UNITS, size)
            renamed = {layer.name: found for layer, found in zip(model.layers, names)}
            weights = Path(folder) / "weights.h5"
            weight_files.published(model, weights)
            for percent in percents:
                cut = base_layers * percent // 100
                answer = graft.ask_trainer(
                    folder, weights, images, labels, network=str(network), classes=networks.CLASSES,
                    head_units=networks.HEAD_UNITS, frozen=cut, learning_rate=RATE,
                    bn_momentum=momentum, float64=1.0,
                    frozen_batch_norm_by_batch=float(batch_norms))
                with self.subTest(name, percent=percent):
                    freeze(model, cut, batch_norms)
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
        loss, gradients, moved = keras_step(model, images, labels)
        trainable = model.trainable_variables
        ours = {variable.path: found("gradients", variable) for variable in trainable}
        self.assertEqual([path for path, value in ours.items() if value is None], [])
        self.assertEqual(sum(key.startswith("gradients/") for key in answer), len(ours))
        figures = {
            "loss": abs(answer["loss"][0] - loss) / max(loss, 1),
            "gradients": self.worst_gradient(gradient_errors(ours, gradients)),
            "moving statistics": self.worst_moving(model, found, moved),
            "Adam / rate": self.worst_update(model, found, keras_adam(model, ours)),
        }
        self.assertLess(figures["loss"], LOSS_TOLERANCE)
        self.check_frozen(model, found)
        return figures

    def worst_gradient(self, errors):
        worst = max(errors, key=errors.get)
        self.assertLess(errors[worst], GRADIENT_TOLERANCE, worst)
        return errors[worst]

    def worst_moving(self, model, found, moved):
        worst = 0
        frozen = {weight.path for layer in model.layers if not layer.trainable
                  for weight in layer.weights}
        for variable in model.non_trainable_variables:
            if is_moving(variable) and variable.path not in frozen:
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
            for weight in layer.non_trainable_weights:
                if not (layer.trainable and is_moving(weight)):
                    np.testing.assert_array_equal(found("after", weight), weight.numpy(),
                                                  weight.path)


class Quick(Step):
    def test_mobilenet(self):
        self.check("mobilenet_0.25", 64, (0, 30, 50, 100))

    def test_frozen_batch_norms_by_the_batch(self):
        self.check("mobilenet_0.25", 64, (50, 100), batch_norms=True)

    def test_small_cnn(self):
        self.check("small_cnn", 32, (0, 50, 100), momentum=0.9)

    def test_vgg16_from_json(self):
        self.check("vgg16", 32, (50,), count=3)

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
