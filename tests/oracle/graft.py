# SPDX-License-Identifier: Apache-2.0
"""Calls graft's programs."""
import os
import subprocess
import unittest
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("GRAFT_BIN", SOURCES / "build/release/bin"))
SHARED = Path(os.environ.get("GRAFT_SHARED", SOURCES.parent / "shared"))


def run(program, *arguments):
    done = subprocess.run([BIN / program, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"{program} {arguments} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def tool(*arguments):
    return run("oracle_tool", *arguments)


def needs_shared(name):
    """For tests of real files, which are no part of the repository."""
    return unittest.skipUnless((SHARED / name).exists(), f"{SHARED / name} is not there")


def relative_error(actual, expected):
    """The largest difference, relative to the largest expected value."""
    import numpy as np
    actual, expected = np.asarray(actual, "float64"), np.asarray(expected, "float64")
    if actual.shape != expected.shape:
        raise AssertionError(f"shape {actual.shape}, expected {expected.shape}")
    return np.abs(actual - expected).max() / max(np.abs(expected).max(), 1e-30)


def layer_names(network, classes, head_units, size=299):
    lines = tool("layers", network, classes, head_units, size).splitlines()[1:]
    return [line.split("\t")[0] for line in lines]


def ask_trainer(folder, weights, images, labels=None, layers=(), more=None, **attributes):
    """One forward pass, and with labels training steps (trainer/README.md has the files; `more`:
    further datasets of the request).
    Returns the answer as {path: array}."""
    import h5py
    request, answer = Path(folder) / "request.h5", Path(folder) / "answer.h5"
    with h5py.File(request, "w") as file:
        file.attrs.update(attributes, weights=str(weights))
        file["images"] = images
        if labels is not None:
            file["labels"] = labels.astype("int64")
        for name, values in (more or {}).items():
            file[name] = values
        if layers:
            file["layers"] = [name.encode() for name in layers]
    run("graft-trainer", "oracle", request, answer)
    found = {}
    with h5py.File(answer) as file:
        file.visititems(lambda name, item: found.update({name: item[()]})
                        if isinstance(item, h5py.Dataset) else None)
    return found
