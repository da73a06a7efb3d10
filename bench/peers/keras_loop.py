# SPDX-License-Identifier: Apache-2.0
"""The Keras loop of its documentation: keras.applications' network with a new head, augmentation as
keras.layers over batches in the input pipeline, compile() and fit() with validation's AUC and a
ModelCheckpoint of the best weights, in two phases where the base is pretrained. The backend is the
one that KERAS_BACKEND names.

keras_loop.py REQUEST: as torch_loop.py, without compile and jobs. One line of JSON per trial."""
import dataclasses
import json
import math
import os
import sys
import time

if os.environ.get("KERAS_BACKEND") == "torch":
    import torch

import keras
import numpy as np
from sklearn.metrics import roc_auc_score

import study


class Batches(keras.utils.PyDataset):
    """Batches of uint8 pixels in memory as floats, in a new order each epoch."""

    def __init__(self, pixels, labels, size, augment, rng=None):
        super().__init__()
        self.pixels, self.labels, self.size, self.augment = pixels, labels, size, augment
        self.rng = rng
        self.order = np.arange(len(labels))
        self.on_epoch_end()

    def __len__(self):
        return math.ceil(len(self.labels) / self.size)

    def __getitem__(self, index):
        chosen = self.order[index * self.size:(index + 1) * self.size]
        images = self.pixels[chosen].astype("float32") / 255
        return images, self.labels[chosen]

    def on_epoch_end(self):
        if self.rng is not None:
            self.rng.shuffle(self.order)


class Rates(keras.callbacks.Callback):
    """Images per second of each epoch's training, validation left out."""

    def __init__(self, images):
        super().__init__()
        self.images, self.rates = images, []

    def on_epoch_begin(self, epoch, logs=None):
        self.began = time.perf_counter()

    def on_test_begin(self, logs=None):
        self.rates.append(self.images / (time.perf_counter() - self.began))


def augmentation():
    layers = keras.layers
    return [layers.RandomFlip("horizontal_and_vertical"),
            layers.RandomBrightness(0.1, value_range=(0, 1)),
            layers.RandomContrast(0.2, value_range=(0, 1)),
            layers.RandomSaturation((0.4, 0.6), value_range=(0, 1)),
            layers.RandomHue(0.04, value_range=(0, 1)), layers.GaussianNoise(0.02)]


def base_of(trial, settings, size):
    alpha = float(trial.network.partition("_")[2] or 1)
    weights = settings.weights if trial.init != "random" else None
    base = keras.applications.MobileNet(input_shape=(size, size, 3), alpha=alpha,
                                        include_top=False, weights=weights)
    if trial.init == "mean_var":
        rng = np.random.default_rng(trial.seed)
        for layer in base.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                ones, zeros = np.ones(layer.gamma.shape), np.zeros(layer.gamma.shape)
                layer.set_weights([ones, zeros, zeros, ones])
            elif layer.weights:
                layer.set_weights([rng.normal(w.mean(), w.std(), w.shape)
                                   for w in layer.get_weights()])
    return base


def train(trial, settings, data):
    keras.utils.set_random_seed(trial.seed)
    base = base_of(trial, settings, data.train[0].shape[1])
    inputs = keras.Input(base.input_shape[1:])
    x = inputs
    for layer in augmentation():
        x = layer(x)
    # Frozen batch norms run with their moving statistics by themselves (Keras 3).
    x = keras.layers.GlobalAveragePooling2D()(base(x))
    x = keras.layers.Dense(256, activation="relu")(x)
    x = keras.layers.Dropout(0.5)(x)
    model = keras.Model(inputs, keras.layers.Dense(data.classes, activation="softmax")(x))

    def one_hot(labels):
        return keras.utils.to_categorical(labels, data.classes)

    rng = np.random.default_rng(trial.seed)
    training = Batches(data.train[0], one_hot(data.train[1]), settings.batch_size, True, rng)
    validation = Batches(data.validation[0], one_hot(data.validation[1]), 128, False)
    test = Batches(data.test[0], one_hot(data.test[1]), 128, False)
    file = f"{settings.checkpoints}/{os.getpid()}.weights.h5"
    rates, curve, best = Rates(len(data.train[1])), [], -1.0

    def phase(epochs):
        model.compile(keras.optimizers.Adam(settings.learning_rate), "categorical_crossentropy",
                      metrics=["accuracy", keras.metrics.AUC(name="auc")])
        keep = keras.callbacks.ModelCheckpoint(file, "val_auc", mode="max", save_best_only=True,
                                               save_weights_only=True,
                                               initial_value_threshold=max(best, 0))
        history = model.fit(training, validation_data=validation, epochs=epochs, verbose=0,
                            callbacks=[rates, keep])
        curve.extend(history.history["val_auc"])

    began = time.perf_counter()
    if trial.init == "imagenet":
        base.trainable = False
        phase(settings.warmup_epochs)
        best = max(curve)
        base.trainable = True
        # MobileNet of Keras 3 has 86 layers: its first padding is within the convolution.
        for layer in base.layers[:math.floor(len(base.layers) * trial.freeze / 100)]:
            layer.trainable = False
        phase(settings.epochs)
    else:
        phase(settings.warmup_epochs + settings.epochs)
    model.load_weights(file)
    predicted = model.predict(test, verbose=0)
    np.save(file + ".npy", predicted)
    return {**dataclasses.asdict(trial), "val_auc": curve, "images_per_second": rates.rates,
            "test_auc": roc_auc_score(data.test[1], predicted[:, 1]),
            "seconds": time.perf_counter() - began}


def main():
    with open(sys.argv[1]) as file:
        request = json.load(file)
    if os.environ.get("KERAS_BACKEND") == "torch":
        torch.set_num_threads(request["threads"])
    settings = study.Settings(**request["settings"])
    data = study.Pixels(settings.prepared, settings.train_fraction)
    for trial in request["trials"]:
        print(json.dumps(train(study.Trial(**trial), settings, data)), flush=True)


main()
