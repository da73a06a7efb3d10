# SPDX-License-Identifier: Apache-2.0
"""What the peers of bench/training.py have in common: prepared pixels, trials, and the networks as
PyTorch modules equal to Keras' (layer for layer, so that the bottom X % is the same)."""
import dataclasses
import math

import h5py
import numpy as np
import torch
from torch import nn


@dataclasses.dataclass
class Trial:
    network: str = "mobilenet_0.25"
    init: str = "random"  # random, imagenet, mean_var
    freeze: float = 0
    seed: int = 1
    learning_rate: float = 0  # 0: that of all
    dropout: float = 0.5


@dataclasses.dataclass
class Settings:
    prepared: str = ""
    weights: str = ""  # of Keras, for imagenet and mean_var
    warmup_epochs: int = 1  # head only, before imagenet alone
    epochs: int = 1
    batch_size: int = 32
    learning_rate: float = 1e-4
    train_fraction: float = 1
    checkpoints: str = "."


class Pixels:
    """uint8 [n, H, W, 3] of each part, as graft prepares them."""

    def __init__(self, path, train_fraction=1):
        with h5py.File(path) as file:
            pixels, label, part = file["pixels"][()], file["label"][()], file["part"][()]
            self.classes = len(file["classes"])
        for index, name in enumerate(("train", "validation", "test")):
            chosen = np.flatnonzero(part == index)
            if index == 0:
                chosen = chosen[:: round(1 / train_fraction)]
            setattr(self, name, (pixels[chosen], label[chosen].astype(np.int64)))


# Keras pads strided layers below and on the right.
def stride_pad():
    return nn.ZeroPad2d((0, 1, 0, 1))


def norm(channels):
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


def mobilenet(alpha):
    """The 87 layers of keras-applications, the input among them."""
    channels = int(32 * alpha)
    layers = [nn.Identity(), stride_pad(), nn.Conv2d(3, channels, 3, 2, bias=False),
              norm(channels), nn.ReLU6(inplace=True)]
    for wide, stride in ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1),
                         (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1)):
        out = int(wide * alpha)
        if stride > 1:
            layers.append(stride_pad())
        layers += [nn.Conv2d(channels, channels, 3, stride, 1 if stride == 1 else 0,
                             groups=channels, bias=False),
                   norm(channels), nn.ReLU6(inplace=True),
                   nn.Conv2d(channels, out, 1, bias=False), norm(out), nn.ReLU6(inplace=True)]
        channels = out
    return layers, channels


def small_cnn():
    layers, channels = [nn.Identity()], 3
    for out in (32, 64, 128, 256):
        layers += [nn.Conv2d(channels, out, 7, padding=3), nn.ReLU(inplace=True), norm(out),
                   nn.MaxPool2d(2)]
        channels = out
    return layers, channels


class Network(nn.Module):
    """Layers [0, cut) are frozen: no gradients, batch norm with its moving statistics."""

    def __init__(self, trial, settings, classes):
        super().__init__()
        torch.manual_seed(trial.seed)
        name = trial.network
        layers, features = small_cnn() if name == "small_cnn" else mobilenet(
            float(name.partition("_")[2] or 1))
        self.base = nn.ModuleList(layers)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(features, 256),
                                  nn.ReLU(), nn.Dropout(trial.dropout), nn.Linear(256, classes))
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        if trial.init != "random":
            self.take(keras_weights(settings.weights), trial.init)
        self.to(memory_format=torch.channels_last)
        self.freeze_below(0)

    def take(self, weights, init):
        """Of Keras' published MobileNet: as they are, or as normal numbers of their mean and
        variance with batch norms at the identity."""
        convolutions = [layer for layer in self.base if isinstance(layer, nn.Conv2d)]
        norms = [layer for layer in self.base if isinstance(layer, nn.BatchNorm2d)]
        names = ["conv1"] + [f"conv_{kind}_{i}" for i in range(1, 14) for kind in ("dw", "pw")]
        for name, convolution, batch_norm in zip(names, convolutions, norms, strict=True):
            kernel = torch.from_numpy(weights[name][0])
            order = (2, 3, 0, 1) if "_dw_" in name else (3, 2, 0, 1)
            if init == "mean_var":
                nn.init.normal_(convolution.weight, kernel.mean().item(),
                                kernel.std(correction=0).item())
                continue
            convolution.weight.data.copy_(kernel.permute(order))
            targets = (batch_norm.weight.data, batch_norm.bias.data, batch_norm.running_mean,
                       batch_norm.running_var)
            for target, values in zip(targets, weights[name + "_bn"], strict=True):
                target.copy_(torch.from_numpy(values))

    def freeze_below(self, cut):
        self.cut = cut
        for index, layer in enumerate(self.base):
            layer.requires_grad_(index >= cut)

    def train(self, mode=True):
        super().train(mode)
        for layer in self.base[:self.cut]:
            layer.eval()
        return self

    def bottom(self, x):
        with torch.no_grad():
            for layer in self.base[:self.cut]:
                x = layer(x)
        return x

    def top(self, x):
        for layer in self.base[self.cut:]:
            x = layer(x)
        return self.head(x)

    def forward(self, x):
        return self.top(self.bottom(x))


def keras_weights(path):
    """Layer name -> arrays in Keras' order."""
    order = ("kernel", "depthwise_kernel", "gamma", "beta", "moving_mean", "moving_variance")
    with h5py.File(path) as file:
        return {name: [group[name][f"{tensor}:0"][()] for tensor in order
                       if f"{tensor}:0" in group[name]]
                for name, group in file.items() if name in group}


def frozen_layers(network, percent):
    return math.floor(len(network.base) * percent / 100)


LUMA = torch.tensor([0.299, 0.587, 0.114])
TO_YIQ = torch.tensor([[0.299, 0.587, 0.114], [0.595716135, -0.274452917, -0.321263218],
                       [0.211456402, -0.522591095, 0.311134693]])
FROM_YIQ = torch.linalg.inv(TO_YIQ)


def colour_maps(means):
    """Brightness, contrast, saturation and hue of images with these channel means [n, 3], drawn:
    x -> M x + shift."""
    count = len(means)

    def drawn(centre, reach):
        return torch.empty(count, 1).uniform_(centre - reach, centre + reach)

    shift = drawn(0, 0.1).expand(count, 3)
    contrast = drawn(1, 0.2)
    shift = shift * contrast + (means + shift) * (1 - contrast)
    saturation = drawn(1, 0.2)[:, :, None]
    turn = 2 * math.pi * drawn(0, 0.02)[:, 0]
    rotation = torch.eye(3).repeat(count, 1, 1)
    rotation[:, 1, 1] = rotation[:, 2, 2] = turn.cos()
    rotation[:, 2, 1] = turn.sin()
    rotation[:, 1, 2] = -rotation[:, 2, 1]
    matrix = torch.eye(3) * saturation + (1 - saturation) * LUMA
    matrix = FROM_YIQ @ rotation @ TO_YIQ @ matrix
    return matrix * contrast[:, :, None], (matrix @ shift[:, :, None])[:, :, 0]


def augmented(images):
    """[n, 3, H, W] in 0..1, channels_last: a batch at a time, in few passes."""
    count, _, height, width = images.shape
    for axis in (3, 2):
        chosen = torch.rand(count, 1, 1, 1) < 0.5
        images = torch.where(chosen, images.flip(axis), images)
    matrix, shift = colour_maps(images.mean((2, 3)))
    pixels = images.permute(0, 2, 3, 1).reshape(count, height * width, 3)
    pixels = torch.baddbmm(shift[:, None, :], pixels, matrix.transpose(1, 2))
    pixels.add_(torch.randn_like(pixels), alpha=0.02).clamp_(0, 1)
    return pixels.view(count, height, width, 3).permute(0, 3, 1, 2)


def as_images(pixels):
    """uint8 [n, H, W, 3] -> [n, 3, H, W] in 0..1, channels_last."""
    return pixels.permute(0, 3, 1, 2).to(torch.float32).mul_(1 / 255)
