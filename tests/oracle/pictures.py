# SPDX-License-Identifier: Apache-2.0
"""Pictures for sweeps of the tests."""
import numpy as np
from PIL import Image


def draw(folder, size, classes=3, seed=1):
    """40 of each class: noise, brighter on the left, on the right, or nowhere."""
    rng = np.random.default_rng(seed)
    for label in range(classes):
        (folder / f"class{label}").mkdir(parents=True)
        for number in range(40):
            pixels = rng.integers(0, 160, (size, size, 3))
            half = {0: slice(0, size // 2), 1: slice(size // 2, size), 2: slice(0, 0)}[label]
            pixels[:, half] += 60
            Image.fromarray(pixels.astype("uint8")).save(folder / f"class{label}/{number}.png")
