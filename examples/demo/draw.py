#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws the two image sets of the demo: draw.py DIRECTORY

source: four kinds of shapes, many images. target: few images, two classes that differ in the same
kind of edges (rings against crosses) but in other colours and under more noise, so that what was
learnt on the source helps. Needs nothing but Python's own library; the same bytes every time.
"""
import math
import pathlib
import random
import struct
import sys
import zlib

SIZE = 40


def png(pixels):
    rows = b"".join(b"\0" + bytes(v for pixel in row for v in pixel) for row in pixels)

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b""))


def inside(shape, x, y, radius):
    distance = math.hypot(x, y)
    if shape == "disc":
        return distance < radius
    if shape == "ring":
        return 0.55 * radius < distance < radius
    if shape == "square":
        return max(abs(x), abs(y)) < 0.85 * radius
    return min(abs(x), abs(y)) < 0.3 * radius and max(abs(x), abs(y)) < radius  # cross


def picture(rng, shape, noise, tint):
    angle = rng.uniform(0, math.pi)
    centre = [SIZE / 2 + rng.uniform(-6, 6) for _ in range(2)]
    radius = rng.uniform(8, 14)
    front = [rng.uniform(*tint[0]) for _ in range(3)]
    back = [rng.uniform(*tint[1]) for _ in range(3)]
    rows = []
    for row in range(SIZE):
        line = []
        for column in range(SIZE):
            dx, dy = column - centre[0], row - centre[1]
            x = dx * math.cos(angle) + dy * math.sin(angle)
            y = dy * math.cos(angle) - dx * math.sin(angle)
            colour = front if inside(shape, x, y, radius) else back
            line.append([min(255, max(0, int(c + rng.gauss(0, noise)))) for c in colour])
        rows.append(line)
    return png(rows)


def draw(directory, classes, count, noise, tint, seed):
    rng = random.Random(seed)
    for name in classes:
        folder = pathlib.Path(directory) / name
        folder.mkdir(parents=True, exist_ok=True)
        for i in range(count):
            (folder / f"{i:04}.png").write_bytes(picture(rng, name, noise, tint))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: draw.py DIRECTORY")
    draw(f"{sys.argv[1]}/source", ["disc", "ring", "square", "cross"], 150, 30,
         ((120, 255), (0, 110)), 1)
    draw(f"{sys.argv[1]}/target", ["ring", "cross"], 60, 60, ((20, 140), (90, 220)), 2)
