# SPDX-License-Identifier: Apache-2.0
"""Keras' three ways to write weights."""
import warnings

import h5py
from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group


def published(model, path):
    """As the files that keras-applications downloads: `layer_names` at the root."""
    with h5py.File(path, "w") as file:
        save_weights_to_hdf5_group(file, model)


def whole_model(model, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save(path)


def keras_3(model, path):
    model.save_weights(path)


WRITERS = {"published.h5": published, "whole_model.h5": whole_model, "keras_3.weights.h5": keras_3}
