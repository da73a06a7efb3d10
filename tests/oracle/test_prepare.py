# SPDX-License-Identifier: Apache-2.0
"""Prepared pixels against Pillow's."""
import os
import tempfile
import unittest
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

import graft

SIZE = 64


def picture(seed, size=SIZE):
    """Smooth colours and some grain, uint8 [size, size, 3]."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype="uint8"))
    smooth = np.asarray(coarse.resize((size, size), Image.BICUBIC), "int16")
    return np.clip(smooth + rng.integers(-8, 9, smooth.shape), 0, 255).astype("uint8")


def draw():
    """Name -> (picture, options of save, largest mean difference, largest difference)."""
    rgb = [Image.fromarray(picture(seed)) for seed in range(9)]
    alpha = rgb[3].copy()
    alpha.putalpha(Image.fromarray(picture(20)[:, :, 0]))
    grey16 = Image.fromarray(picture(21)[:, :, 0].astype("uint16") * 256 + 200)
    exact, lossy = (0, 0), (0.5, 8)
    return {
        "rgb.png": (rgb[0], {}, *exact),
        "grey.png": (rgb[1].convert("L"), {}, *exact),
        "palette.png": (rgb[2].quantize(64), {}, *exact),
        "alpha.png": (alpha, {}, *exact),
        "grey16.png": (grey16, {}, *exact),
        "plain.tif": (rgb[4], {}, *exact),
        "packed.tif": (rgb[5], {"compression": "tiff_lzw"}, *exact),
        "full.jpg": (rgb[6], {"quality": 95, "subsampling": 0}, *lossy),
        "halved.jpg": (rgb[7], {"quality": 85, "subsampling": 2}, *lossy),
        "grey_photo.jpg": (rgb[8].convert("L"), {"quality": 90}, *lossy),
        "large.png": (Image.fromarray(picture(22, 2 * SIZE)), {}, 0.51, 1),
        "small.png": (Image.fromarray(picture(23, SIZE // 2)), {}, 0.51, 1),
    }


def pillow_pixels(path):
    with Image.open(path) as image:
        if image.mode.startswith("I;16"):
            grey = (np.asarray(image) >> 8).astype("uint8")
            return np.repeat(grey[:, :, None], 3, axis=2)
        image = image.convert("RGB")
        # Shrinking averages areas, enlarging is bilinear.
        how = Image.BOX if image.width > SIZE else Image.BILINEAR
        return np.asarray(image.resize((SIZE, SIZE), how))


class Prepare(unittest.TestCase):
    def test_pixels_equal_pillows(self):
        with tempfile.TemporaryDirectory() as folder:
            pictures, output = Path(folder) / "pictures", Path(folder) / "prepared"
            drawn = draw()
            for index, (name, (image, options, _, _)) in enumerate(drawn.items()):
                place = pictures / f"class{index % 2}"
                os.makedirs(place, exist_ok=True)
                image.save(place / name, **options)
            text = graft.run("graft-prepare", "--path", pictures, "--sizes", SIZE, "--output",
                             output, "--workers", 1)
            ready = [line[6:] for line in text.splitlines() if line.startswith("ready ")]
            with h5py.File(ready[0]) as file:
                ids = [value.decode() for value in file["id"][()]]
                pixels = dict(zip(ids, file["pixels"][()]))
            self.assertEqual(len(pixels), len(drawn), ids)
            for path in sorted(pictures.glob("*/*")):
                with self.subTest(path.name):
                    self.compare(path, pixels, drawn[path.name][2:])

    def compare(self, path, pixels, tolerances):
        found = [pixels[key] for key in pixels if key.split("/")[-1] in (path.name, path.stem)]
        self.assertEqual(len(found), 1, f"{path.name} in {list(pixels)}")
        difference = np.abs(found[0].astype("int16") - pillow_pixels(path))
        print(f"    {path.name}: mean difference {difference.mean():.3f}, largest "
              f"{difference.max()}")
        self.assertLessEqual(difference.mean(), tolerances[0])
        self.assertLessEqual(difference.max(), tolerances[1])


if __name__ == "__main__":
    unittest.main()
