#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Training steps of PyTorch on a GPU: images per second, medians.

    gpu_step.py HOW PRECISION BATCH LAYERS.json...

HOW is eager or compile; to ask what the choices cost, `+contiguous` keeps images as [N, C, H, W] in
memory, `+deterministic` takes kernels that give the same bits each time, as graft does.

Forward, loss, backward and Adam, on images that lie on the GPU already, channels_last, AMP for
float16 (with GradScaler) and bfloat16: as PyTorch's own recipes have it (amp_examples, the channels
last and the performance tuning guide: fused Adam, zero_grad(set_to_none), cudnn.benchmark).
"""
import json
import statistics
import sys
import time

import torch
from torch import nn

from layers_module import Layers


def images_per_second(path, how, precision, batch):
    with open(path) as file:
        network = json.load(file)
    size = network["size"]
    layout = torch.contiguous_format if "contiguous" in how else torch.channels_last
    model = Layers(network, size).cuda().to(memory_format=layout)
    images = torch.rand(batch, 3, size, size, device="cuda").to(memory_format=layout)
    labels = torch.randint(0, 2, (batch,), device="cuda")
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-4,
                                 eps=1e-7, fused=True)
    amp = {"float16": torch.float16, "bfloat16": torch.bfloat16}.get(precision)
    scaler = torch.amp.GradScaler("cuda", enabled=precision == "float16")
    loss_of = nn.CrossEntropyLoss()
    forward = torch.compile(model) if "compile" in how else model

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cuda", dtype=amp, enabled=amp is not None):
            loss = loss_of(forward(images), labels)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()

    for _ in range(5):
        step()
    torch.cuda.synchronize()
    rates = []
    for _ in range(5):
        start, steps = time.perf_counter(), 0
        while steps < 5 or time.perf_counter() - start < 0.5:
            step()
            steps += 1
            if steps % 5 == 0:
                torch.cuda.synchronize()
        torch.cuda.synchronize()
        rates.append(steps * batch / (time.perf_counter() - start))
    return network["name"], statistics.median(rates)


def main(how, precision, batch, *paths):
    how = how.split("+")
    torch.backends.cudnn.benchmark = "deterministic" not in how
    torch.backends.cudnn.deterministic = "deterministic" in how
    tf32 = precision == "tf32"
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
    for path in paths:
        start = time.perf_counter()
        name, rate = images_per_second(path, how, precision, int(batch))
        print(f"torch {torch.__version__} {'+'.join(how):20} {precision:9} batch {batch:>4} "
              f"{name:14} {rate:9.0f} images/s   ({time.perf_counter() - start:.1f} s)", flush=True)



main(*sys.argv[1:])
