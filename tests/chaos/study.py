# SPDX-License-Identifier: Apache-2.0
"""A small real study: pictures that it draws, a pretrained network, one from a file of Keras',
and a grid over all."""
import json
import subprocess
import zlib
from pathlib import Path

import h5py
import numpy as np

SIZE = 16
TRAINING = f"""[training]
image_size = {SIZE}
learning_rate = 1e-3
batch_size = 8
bn_momentum = 0.9
[run]
threads = 1
slots = 1
lost_after = "5 s"
[datasets.drawn]
path = "../images"
"""
# Trials end by themselves where they no longer get better, and half of the images are tested on.
STOPPING = """[stopping]
stop = "patience"
patience = 4
family = true
[datasets.folded]
path = "../images"
folds = 2
"""
PRETRAINING = TRAINING.replace("[run]", "epochs = 2\n[run]") + """
[[grid]]
network = "small_cnn"
dataset = "drawn"
init = "random"
"""


def _keras_network():
    """Two convolutions with batch norm, as Keras 2 writes a functional model."""
    layers, before = [], None

    def add(kind, name, **config):
        nonlocal before
        layers.append({"class_name": kind, "name": name, "config": {"name": name, **config},
                       "inbound_nodes": [[[before, 0, 0, {}]]] if before else []})
        before = name

    add("InputLayer", "images", batch_shape=[None, SIZE, SIZE, 3])
    for stage in (1, 2):
        add("Conv2D", f"conv{stage}", filters=8 * stage, kernel_size=[3, 3], strides=[2, 2],
            padding="same", use_bias=False)
        add("BatchNormalization", f"norm{stage}", epsilon=1e-3)
        add("ReLU", f"relu{stage}")
    return json.dumps({"class_name": "Functional", "config": {
        "name": "tiny", "layers": layers, "input_layers": [["images", 0, 0]],
        "output_layers": [[before, 0, 0]]}})


def _png(pixels):
    def chunk(kind, data):
        body = kind + data
        return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) +
            chunk(b"IEND", b""))


def _draw(folder, count, seed):
    """Noise that is brighter on the left or on the right."""
    random = np.random.default_rng(seed)
    for label in range(2):
        (folder / f"class{label}").mkdir(parents=True)
        for number in range(count):
            pixels = random.integers(0, 200, (SIZE, SIZE, 3))
            pixels[:, label * SIZE // 2:(label + 1) * SIZE // 2] += 25
            (folder / f"class{label}/{number}.png").write_bytes(_png(pixels.astype("uint8")))


class Study:
    """`folder`/images and pretrained.h5, made once; each sweep gets a directory beside them.
    `more`: a network from a file, another recipe on folds, and trials that are stopped early, too.
    """

    def __init__(self, folder, graft, images=60, epochs=6, seeds=2, more=False):
        self.folder, self.graft = Path(folder), graft
        numbers = list(range(1, seeds + 1))
        self.trials = (9 if more else 6) * seeds
        self.grid = f"""
[[grid]]
network = "small_cnn"
dataset = "drawn"
init = ["random", "{self.folder}/pretrained.h5"]
freeze = [0, 50, 100]
seed = {numbers}
"""
        if more:
            self.grid = STOPPING + self.grid + f"""
[[grid]]
network = "{self.folder}/tiny.json"
dataset = "drawn"
init = "random"
freeze = 50
frozen_batch_norm = "batch"
seed = {numbers}
[[grid]]
network = "{self.folder}/tiny.json"
dataset = "folded"
init = "random"
optimizer = "sgd"
learning_rate = 0.05
schedule = "cosine"
class_weights = "balanced"
label_smoothing = 0.1
seed = {numbers}
"""
        self.training = TRAINING.replace("[run]", f"epochs = {epochs}\nwarmup_epochs = 2\n[run]")
        _draw(self.folder / "images", images, 1)
        _draw(self.folder / "elsewhere", images, 2)
        self.elsewhere = self.folder / "elsewhere.toml"
        self.elsewhere.write_text('[datasets.elsewhere]\npath = "elsewhere"\n')
        (self.folder / "tiny.json").write_text(_keras_network())
        source = self._write("source", PRETRAINING)
        subprocess.run([graft, "run", source], check=True, capture_output=True)
        with h5py.File(source.parent / "s/results.h5") as file:
            best = file["trials"]["weights"][0].decode()
        (self.folder / "pretrained.h5").write_bytes((source.parent / "s" / best).read_bytes())

    def _write(self, name, text):
        (self.folder / name).mkdir()
        file = self.folder / name / "s.toml"
        file.write_text(text)
        return file

    def sweep_file(self, name):
        """A sweep file whose sweep is the directory `s` beside it."""
        return self._write(name, self.training + self.grid)
