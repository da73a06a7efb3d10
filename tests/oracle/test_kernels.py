# SPDX-License-Identifier: Apache-2.0
"""The optimizers' CUDA kernels without a GPU: their source, compiled for the processor and run
thread after thread, against Keras' optimizers in float64. A device's own arithmetic, its launches
and its graphs are left to tests/gpu."""
import ctypes
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import test_step  # noqa: F401  sets Keras to float64
import graft
import keras
import numpy as np
from keras.optimizers import SGD, Adam, AdamW

TENSORS = 8
SHAPES = [(3, 5), (700,), (1,)]
SHARES = [1.0, 0.25, 0.5]  # of the rate
BLOCKS, THREADS = 2, 32
# Threads of a block run in their order and each to its end: good for what waits at a barrier for
# thread 0 alone.
PRELUDE = f"""
#include <cmath>
#define TENSORS {TENSORS}
#define __global__
#define __launch_bounds__(threads)
#define __shared__ static
#define __syncthreads()
struct Place {{ unsigned x, y, z; }};
extern "C" {{ Place threadIdx, blockIdx, blockDim{{{THREADS}, 1, 1}}, gridDim{{{BLOCKS}, 1, 1}}; }}
using std::isfinite;
"""


class Place(ctypes.Structure):
    _fields_ = [(axis, ctypes.c_uint) for axis in "xyz"]


class Tensors(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p * TENSORS)
                for name in ("weight", "first", "second", "gradient")]
    _fields_ += [("share", ctypes.c_double * TENSORS), ("count", ctypes.c_int * TENSORS)]


def compiled():
    text = (graft.SOURCES / "trainer/cuda/optimizer_kernels.cpp").read_text()
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder) / "kernels.cpp", Path(folder) / "kernels.so"
        source.write_text(PRELUDE + re.search(r'R"cuda\((.*)\)cuda"', text, re.S).group(1))
        subprocess.run(["c++", "-O1", "-ffp-contract=off", "-shared", "-fPIC", source, "-o",
                        library], check=True)
        return ctypes.CDLL(str(library))


def pointer(array):
    return array.ctypes.data if array is not None else None


class Device:
    """One trial's tensors, and steps as trainer/cuda/optimizer.cpp launches them."""

    library = None

    def __init__(self, weights, moments, scale=None):
        Device.library = Device.library or compiled()
        self.weights = [weight.astype("float32") for weight in weights]
        self.moments = [[np.zeros_like(weight) for weight in self.weights] for _ in range(moments)]
        self.steps, self.rate = np.zeros(1), np.zeros(1)
        self.scale = None if scale is None else np.array([scale], "float32")
        self.overflow = None if scale is None else np.zeros(1, "float32")

    def each_thread(self, kernel, tensors, *arguments):
        at = {name: Place.in_dll(self.library, name) for name in ("threadIdx", "blockIdx")}
        for at["blockIdx"].y in range(len(self.weights)):
            for at["blockIdx"].x in range(BLOCKS):
                for at["threadIdx"].x in range(THREADS):
                    getattr(self.library, kernel)(tensors, *arguments)

    def step(self, kernel, rate, gradients, *arguments):
        scale = 1 if self.scale is None else self.scale[0]
        given = [(gradient * scale).astype("float32") for gradient in gradients]
        tensors = Tensors()
        for i, weight in enumerate(self.weights):
            tensors.weight[i], tensors.gradient[i] = pointer(weight), pointer(given[i])
            tensors.share[i], tensors.count[i] = SHARES[i], weight.size
            for place, moment in zip((tensors.first, tensors.second), self.moments):
                place[i] = pointer(moment[i])
        self.rate[0] = rate
        overflow = ctypes.c_void_p(pointer(self.overflow))
        if self.overflow is not None:
            self.overflow[0] = 0
            self.each_thread("check", tensors, overflow)
        self.library.tick(ctypes.c_void_p(pointer(self.steps)), overflow)
        self.each_thread(kernel, tensors, overflow, ctypes.c_void_p(pointer(self.scale)),
                         ctypes.c_void_p(pointer(self.rate)), *arguments)

    def sgd(self, rate, gradients, momentum=0.0, nesterov=False, decay=0.0):
        self.step("sgd", rate, gradients, ctypes.c_float(decay), ctypes.c_float(momentum),
                  ctypes.c_int(nesterov))

    def adam(self, rate, gradients, decay=0.0, lost=0.0):
        self.step("adam", rate, gradients, ctypes.c_float(decay),
                  ctypes.c_void_p(pointer(self.steps)), *map(ctypes.c_double, (lost, 0.9, 0.999)),
                  ctypes.c_float(1e-7))


CHANGING = [1e-2, 3e-3, 1e-2, 5e-3]
CONSTANT = [1e-2] * 4  # Keras keeps the rate in its velocities


class Kernels(unittest.TestCase):
    def setUp(self):
        random = np.random.default_rng(1)
        self.weights = [random.normal(size=shape).astype("float32") for shape in SHAPES]
        self.gradients = [[random.normal(size=shape) for shape in SHAPES] for _ in CHANGING]

    def check(self, device, step, optimizer, rates=CHANGING, decay=0.0):
        """`optimizer`: makes Keras' own, one for each tensor; `decay` is added to its gradients."""
        variables = [keras.Variable(weight.astype("float64")) for weight in self.weights]
        peers = [optimizer() for _ in variables]
        for rate, gradients in zip(rates, self.gradients):
            step(rate, gradients)
            for variable, peer, share, gradient in zip(variables, peers, SHARES, gradients):
                peer.learning_rate = rate * share
                peer.apply([gradient + decay * variable.numpy()], [variable])
        worst = 0
        for variable, found, before in zip(variables, device.weights, self.weights):
            self.assertGreater(np.abs(found - before).max(), 1e-4)
            worst = max(worst, np.abs(found - variable.numpy()).max())
        print(f"    {self.id().rsplit('.', 1)[1]}: error {worst:.1e}")
        self.assertLess(worst, 1e-6)

    def test_sgd(self):
        device = Device(self.weights, 0)
        self.check(device, device.sgd, SGD)

    def test_sgd_with_momentum_and_decay(self):
        device = Device(self.weights, 1)
        self.check(device, lambda *step: device.sgd(*step, momentum=0.8, decay=0.05),
                   lambda: SGD(momentum=0.8), CONSTANT, decay=0.05)

    def test_sgd_with_nesterovs_momentum(self):
        device = Device(self.weights, 1)
        self.check(device, lambda *step: device.sgd(*step, momentum=0.8, nesterov=True),
                   lambda: SGD(momentum=0.8, nesterov=True), CONSTANT)

    def test_adam_with_decay_in_the_gradient(self):
        device = Device(self.weights, 2)
        self.check(device, lambda *step: device.adam(*step, decay=0.05),
                   lambda: Adam(epsilon=1e-7), decay=0.05)

    def test_adamw(self):
        device = Device(self.weights, 2)
        self.check(device, lambda *step: device.adam(*step, lost=0.3),
                   lambda: AdamW(weight_decay=0.3, epsilon=1e-7))

    def test_scaled_gradients_give_the_step_of_plain_ones(self):
        device = Device(self.weights, 2, scale=1024)
        self.check(device, device.adam, lambda: Adam(epsilon=1e-7))

    def test_an_overflow_moves_nothing(self):
        for moments, step in ((2, "adam"), (1, "sgd")):
            device = Device(self.weights, moments, scale=1024)
            getattr(device, step)(1e-2, self.gradients[0])
            before = [array.copy() for array in (*device.weights, *sum(device.moments, []))]
            self.gradients[1][1][699] = np.inf
            getattr(device, step)(1e-2, self.gradients[1])
            self.assertEqual(device.overflow[0], 1)
            self.assertEqual(device.steps[0], 1)
            for array, found in zip(before, (*device.weights, *sum(device.moments, []))):
                np.testing.assert_array_equal(found, array)


if __name__ == "__main__":
    unittest.main()
