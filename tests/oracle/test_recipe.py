# SPDX-License-Identifier: Apache-2.0
"""Several training steps by other recipes: optimizers, rates, label smoothing, class weights and
rates by depth, against Keras' own on the same inputs; schedules against Keras'. (torch's own
optimizers and StepLR: tests/trainer/optimizer_peers_test.cpp.) In float64, as test_step says."""
import tempfile
import unittest
from pathlib import Path

import test_step  # noqa: F401  sets Keras to float64
import graft
import jax
import keras
import networks
import numpy as np
import weight_files
from keras.optimizers import SGD, Adam, AdamW
from sklearn.utils.class_weight import compute_class_weight

SIZE, NAME = 32, "small_cnn"
LABELS = np.array([0, 2, 2, 1, 2, 2, 0])
# Weights are handed over as float32; a step moves them by about a rate.
TOLERANCE = 1e-6


def changing(rate, steps=4):
    return [rate / (1 + step % 3) for step in range(steps)]


class Training:
    """Keras' own training of the whole network on one batch."""

    def __init__(self, model, images, label_smoothing=0.0, class_weights=None):
        self.model = model
        self.to_logits = keras.Model(model.input, model.get_layer("head_output").output)
        loss = keras.losses.CategoricalCrossentropy(from_logits=True,
                                                    label_smoothing=label_smoothing)
        truth = np.eye(networks.CLASSES)[LABELS]
        weights = None if class_weights is None else np.asarray(class_weights)[LABELS]

        def loss_of(trainable, others):
            logits, others = self.to_logits.stateless_call(trainable, others,
                                                           images.astype("float64"), training=True)
            return loss(truth, logits, sample_weight=weights), others

        self.gradients = jax.jit(jax.value_and_grad(loss_of, has_aux=True))

    def run(self, rates, optimizers, decay=0.0):
        """`optimizers`: pairs of an optimizer and the variables that it moves by `share` times the
        rate. `decay`: of the weights, added to the gradients."""
        losses = []
        for rate in rates:
            trainable = self.to_logits.trainable_variables
            (loss, others), gradients = self.gradients(
                [v.value for v in trainable],
                [v.value for v in self.to_logits.non_trainable_variables])
            losses.append(float(loss))
            by_path = {v.path: g + decay * v.value for v, g in zip(trainable, gradients)}
            for optimizer, variables, share in optimizers:
                optimizer.learning_rate = rate * share
                optimizer.apply([by_path[v.path] for v in variables], variables)
            for variable, value in zip(self.to_logits.non_trainable_variables, others):
                variable.assign(value)
        return losses


class Recipe(unittest.TestCase):
    def setUp(self):
        self.model = networks.build(NAME, SIZE)
        networks.set_momentum(self.model, 0.9)
        self.images = networks.images(len(LABELS), SIZE)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.weights = self.folder / "weights.h5"
        weight_files.published(self.model, self.weights)
        names = graft.layer_names(NAME, networks.CLASSES, networks.HEAD_UNITS, SIZE)
        self.renamed = {layer.name: name for layer, name in zip(self.model.layers, names)}

    def ask(self, rates, **attributes):
        return graft.ask_trainer(self.folder, self.weights, self.images, LABELS, network=NAME,
                                 classes=networks.CLASSES, head_units=networks.HEAD_UNITS,
                                 frozen=0, bn_momentum=0.9, float64=1.0,
                                 more={"rates": np.array(rates, "float64")}, **attributes)

    def check(self, rates, optimizers, decay=0.0, label_smoothing=0.0, class_weights=None,
              **attributes):
        before = {v.path: v.numpy().copy() for v in self.model.variables}
        answer = self.ask(rates, label_smoothing=label_smoothing, **attributes)
        training = Training(self.model, self.images, label_smoothing, class_weights)
        losses = training.run(rates, optimizers(self.model.trainable_variables), decay)
        np.testing.assert_allclose(answer["loss"], losses, rtol=1e-6)
        worst = 0
        for variable in self.model.variables:
            layer, tensor = variable.path.rsplit("/", 1)
            found = answer[f"after/{self.renamed[layer]}/{tensor}"]
            moved = np.abs(variable.numpy() - before[variable.path]).max()
            rounding = 2.0**-23 * np.abs(variable.numpy())
            error = np.maximum(np.abs(found - variable.numpy()) - rounding, 0).max()
            self.assertGreater(moved, 0, variable.path)
            worst = max(worst, error / max(rates))
            self.assertLess(error / max(rates), TOLERANCE, variable.path)
        print(f"    {self.id().rsplit('.', 1)[1]}: error / rate {worst:.1e}")


class Quick(Recipe):
    def test_adamw(self):
        self.check(changing(1e-2), lambda v: [(AdamW(weight_decay=0.3, epsilon=1e-7), v, 1)],
                   optimizer="adamw", weight_decay=0.3)

    def test_sgd_with_nesterovs_momentum_and_decay(self):
        self.check([1e-2] * 4, lambda v: [(SGD(momentum=0.8, nesterov=True), v, 1)], decay=0.05,
                   optimizer="sgd", momentum=0.8, nesterov=1.0, weight_decay=0.05)

    def test_label_smoothing_and_class_weights_together(self):
        weights = compute_class_weight("balanced", classes=np.unique(LABELS), y=LABELS)
        self.check([1e-2] * 3, lambda v: [(SGD(), v, 1)], optimizer="sgd", momentum=0.0,
                   label_smoothing=0.1, class_weights=weights, balanced=1.0)

    def test_rates_by_depth(self):
        base = len(self.model.layers) - 6
        lowest = next(i for i, layer in enumerate(self.model.layers) if layer.weights)

        def by_layer(_):
            groups = []
            for i, layer in enumerate(self.model.layers):
                share = 0.1 ** ((base - i) / (base - lowest)) if i < base else 1
                if layer.trainable_variables:
                    groups.append((Adam(epsilon=1e-7), layer.trainable_variables, share))
            self.assertAlmostEqual(groups[0][2], 0.1)
            return groups

        self.check(changing(1e-3), by_layer, bottom_rate=0.1)


class Long(Recipe):
    """What Quick has already, one by one."""

    def test_adam_while_the_rate_changes(self):
        self.check(changing(1e-3), lambda v: [(Adam(epsilon=1e-7), v, 1)])

    def test_adam_with_decay_in_the_gradient(self):
        self.check(changing(1e-3), lambda v: [(Adam(epsilon=1e-7), v, 1)], decay=0.05,
                   weight_decay=0.05)

    def test_sgd(self):
        self.check(changing(1e-2), lambda v: [(SGD(), v, 1)], optimizer="sgd", momentum=0.0)

    def test_sgd_with_momentum(self):
        self.check([1e-2] * 4, lambda v: [(SGD(momentum=0.8), v, 1)], optimizer="sgd",
                   momentum=0.8)

    def test_label_smoothing(self):
        self.check([1e-2] * 3, lambda v: [(SGD(), v, 1)], optimizer="sgd", momentum=0.0,
                   label_smoothing=0.2)

    def test_balanced_class_weights(self):
        weights = compute_class_weight("balanced", classes=np.unique(LABELS), y=LABELS)
        self.check([1e-2] * 3, lambda v: [(SGD(), v, 1)], optimizer="sgd", momentum=0.0,
                   class_weights=weights, balanced=1.0)


class Schedule(unittest.TestCase):
    def rates(self, shape, final, growth, steps=7, epochs=5):
        lines = graft.tool("rates", shape, final, growth, 0.3, steps, epochs).split()
        return [float(line) for line in lines]

    def keras(self, final, growth, steps=35):
        if growth == 0:
            schedule = keras.optimizers.schedules.CosineDecay(0.3, steps, alpha=final)
        else:
            schedule = keras.optimizers.schedules.CosineDecay(
                0.0, steps - growth, alpha=final, warmup_target=0.3, warmup_steps=growth)
        return [float(schedule(step)) for step in range(steps)]

    def test_cosine(self):
        for final in (0.0, 0.25):
            np.testing.assert_allclose(self.rates("cosine", final, 0), self.keras(final, 0),
                                       rtol=1e-6, atol=1e-9)

    def test_growth_before_a_cosine(self):
        # 1.5 epochs of 7 steps: 10.5, rounded.
        np.testing.assert_allclose(self.rates("cosine", 0.1, 1.5), self.keras(0.1, 11), rtol=1e-6,
                                   atol=1e-9)

    def test_growth_before_a_constant_rate(self):
        found = self.rates("constant", 0, 2)
        np.testing.assert_allclose(found[:14], self.keras(0, 14)[:14], rtol=1e-6)
        self.assertEqual(set(found[14:]), {0.3})


if __name__ == "__main__":
    unittest.main()
