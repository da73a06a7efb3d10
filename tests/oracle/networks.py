# SPDX-License-Identifier: Apache-2.0
"""The networks as Keras builds them, with random weights, and the study's head on top."""
from pathlib import Path

import jax
import keras
import numpy as np
from keras import layers
from keras.src.applications import mobilenet as keras_mobilenet
from keras.src.initializers.random_initializers import VarianceScaling

CLASSES = 3
HEAD_UNITS = 16

# Every variable gets its values from randomise(); drawing them first compiles a kernel per shape.
VarianceScaling.__call__ = lambda self, shape, dtype=None: np.zeros(shape, "float32")


def _conv_block_with_pad(inputs, filters, alpha, kernel=(3, 3), strides=(1, 1)):
    """The first block as keras-applications has it: an explicit padding layer (87 layers in all).
    Keras 3 pads by "same" instead, which is another thing for odd sizes only."""
    x = layers.ZeroPadding2D(((0, 1), (0, 1)), name="conv1_pad")(inputs)
    x = layers.Conv2D(int(filters * alpha), kernel, padding="valid", use_bias=False,
                      strides=strides, name="conv1")(x)
    x = layers.BatchNormalization(name="conv1_bn")(x)
    return layers.ReLU(6.0, name="conv1_relu")(x)


def mobilenet(alpha, size, with_pad=True):
    original = keras_mobilenet._conv_block
    if with_pad:
        keras_mobilenet._conv_block = _conv_block_with_pad
    try:
        return keras.applications.MobileNet(include_top=False, weights=None, alpha=alpha,
                                            input_shape=(size, size, 3))
    finally:
        keras_mobilenet._conv_block = original


def small_cnn(size):
    x = inputs = keras.Input((size, size, 3))
    for number, filters in enumerate((32, 64, 128, 256), 1):
        x = layers.Conv2D(filters, 7, padding="same", name=f"conv{number}")(x)
        x = layers.ReLU(name=f"conv{number}_relu")(x)
        x = layers.BatchNormalization(epsilon=1e-3, name=f"conv{number}_bn")(x)
        x = layers.MaxPooling2D(2, name=f"conv{number}_pool")(x)
    return keras.Model(inputs, x, name="small_cnn")


# Networks that graft has from model.to_json(): Keras' builder and its options.
FROM_JSON = {"mobilenet_v2": (keras.applications.MobileNetV2, {"alpha": 0.35}),
             "vgg16": (keras.applications.VGG16, {}),
             "resnet50": (keras.applications.ResNet50, {})}


def name_for_graft(name, size, folder):
    """A built-in network's name, or a file of a network's JSON, with the classifier that graft
    leaves out."""
    if name not in FROM_JSON:
        return name
    keras.backend.clear_session()
    builder, options = FROM_JSON[name]
    model = builder(weights=None, input_shape=(size, size, 3), classes=7, **options)
    path = Path(folder) / f"{name}.json"
    path.write_text(model.to_json())
    return path


def build_base(name, size):
    """The base without top and pooling layer; automatic names start anew."""
    keras.backend.clear_session()
    if name in FROM_JSON:
        builder, options = FROM_JSON[name]
        return builder(include_top=False, weights=None, input_shape=(size, size, 3), **options)
    if name == "small_cnn":
        return small_cnn(size)
    if name.startswith("mobilenet"):
        return mobilenet(float(name.partition("_")[2] or 1), size)
    builder = {"inception_v3": keras.applications.InceptionV3,
               "resnet50_v2": keras.applications.ResNet50V2,
               "densenet121": keras.applications.DenseNet121}[name]
    return builder(include_top=False, weights=None, input_shape=(size, size, 3))


def with_head(base, head_units=HEAD_UNITS, classes=CLASSES):
    """One flat model; its first len(base.layers) layers are those of the base. Dropout has rate 0:
    what is dropped is drawn differently everywhere."""
    x = layers.GlobalAveragePooling2D(name="head_pool")(base.output)
    x = layers.Dense(head_units, name="head_dense")(x)
    x = layers.ReLU(name="head_relu")(x)
    x = layers.Dropout(0.0, name="head_dropout")(x)
    x = layers.Dense(classes, name="head_output")(x)
    x = layers.Softmax(name="head_softmax")(x)
    return keras.Model(base.input, x)


def randomise(model, seed=1):
    """Values that keep activations of order one in deep networks."""
    rng = np.random.default_rng(seed)

    def draw(weight):
        (owner, kind), shape = weight.path.split("/")[-2:], weight.shape
        if kind == "kernel":
            fan = np.prod(shape[:-1]) if "_dw_" not in owner and "depthwise" not in owner else 9
            return rng.normal(0, np.sqrt((0.5 if "head" in owner else 2) / fan), shape)
        if kind in ("gamma", "moving_variance"):
            return rng.uniform(0.7, 1.3, shape)
        if kind == "beta":
            return rng.normal(0, 0.1, shape) + rng.choice((2, -2), shape, p=(0.7, 0.3))
        return rng.normal(0, 0.1, shape)

    model.set_weights([draw(weight).astype("float32") for weight in model.weights])
    return model


def set_momentum(model, momentum):
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = momentum


def move_statistics(model, seed=3):
    """Moving statistics near those of a batch, so that inference keeps activations of order one."""
    set_momentum(model, 0)
    forward = jax.jit(lambda *given: model.stateless_call(*given, training=True)[1])
    moved = forward([v.value for v in model.trainable_variables],
                    [v.value for v in model.non_trainable_variables],
                    images(8, model.input_shape[1], seed))
    set_momentum(model, 0.99)
    rng = np.random.default_rng(seed)
    for variable, value in zip(model.non_trainable_variables, moved):
        if variable.path.endswith(("moving_mean", "moving_variance")):
            value = np.asarray(value) * rng.uniform(0.8, 1.25, value.shape)
            # A channel that hardly varies would magnify rounding.
            least = 0.1 if variable.path.endswith("variance") else -np.inf
            variable.assign(np.maximum(value, least).astype("float32"))


def build(name, size, seed=1):
    model = randomise(with_head(build_base(name, size)), seed)
    move_statistics(model)
    return model


def images(count, size, seed=2):
    """In 0..1, smooth and noisy at once, [N, H, W, 3]."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((count, 4, 4, 3))
    index = np.arange(size) * 4 // size
    return (0.7 * coarse[:, index][:, :, index] + 0.3 * rng.random((count, size, size, 3))).astype(
        "float32")
