# SPDX-License-Identifier: Apache-2.0
"""A network of graft (JSON of bench_layers) as a PyTorch module of the usual layers."""
import torch
from torch import nn


class SamePad(nn.Module):
    """Padding as TensorFlow's `same`, where PyTorch's symmetric padding cannot express it."""

    def __init__(self, sides, value=0.0):
        super().__init__()
        self.sides, self.value = sides, value

    def forward(self, x):
        return nn.functional.pad(x, self.sides, value=self.value)


def same_sides(size, kernel, stride):
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def convolution(layer, shape, groups, filters):
    kernel, stride = layer["kernel"], layer["stride"]
    bias = layer.get("bias", False)
    if layer["padding"] == "valid":
        return nn.Conv2d(shape[0], filters, kernel, stride, groups=groups, bias=bias)
    rows, columns = same_sides(shape[1], kernel[0], stride), same_sides(shape[2], kernel[1], stride)
    if rows[0] == rows[1] and columns[0] == columns[1]:
        return nn.Conv2d(shape[0], filters, kernel, stride, (rows[0], columns[0]), groups=groups,
                         bias=bias)
    return nn.Sequential(SamePad((*columns, *rows)),
                         nn.Conv2d(shape[0], filters, kernel, stride, groups=groups, bias=bias))


def pool(layer, shape):
    size, stride = layer["size"], layer["stride"]
    largest = layer["kind"] == "max_pool"
    if layer["padding"] == "valid":
        return nn.MaxPool2d(size, stride) if largest else nn.AvgPool2d(size, stride)
    rows, columns = same_sides(shape[1], size, stride), same_sides(shape[2], size, stride)
    if not largest:  # Inception's are symmetric
        return nn.AvgPool2d(size, stride, rows[0], count_include_pad=False)
    return nn.Sequential(SamePad((*columns, *rows), float("-inf")), nn.MaxPool2d(size, stride))


def module_of(layer, shape):
    kind = layer["kind"]
    if kind == "conv":
        return convolution(layer, shape, 1, layer["filters"])
    if kind == "depthwise":
        return convolution(layer, shape, shape[0], shape[0])
    if kind == "norm":
        norm = nn.BatchNorm2d(shape[0], eps=layer["epsilon"], momentum=0.01)
        if not layer["scale"]:
            norm.weight.requires_grad_(False)
        return norm
    simple = {"relu": nn.ReLU, "relu6": nn.ReLU6}
    if kind in simple:
        return simple[kind]()
    if kind == "pad":
        return SamePad(layer["sides"])
    if kind in ("max_pool", "average_pool"):
        return pool(layer, shape)
    if kind == "dense":
        return nn.Linear(shape[0], layer["units"])
    return nn.Dropout(0.5) if kind == "dropout" else nn.Identity()


class Layers(nn.Module):
    """Forward to the logits; `network` is the JSON, `size` the images' side."""

    def __init__(self, network, size):
        super().__init__()
        self.kinds = [layer["kind"] for layer in network["layers"][:-1]]
        self.inputs = [layer["inputs"] for layer in network["layers"][:-1]]
        self.steps = nn.ModuleList()
        x, values = torch.zeros(2, 3, size, size), []
        with torch.no_grad():
            for i, layer in enumerate(network["layers"][:-1]):
                shape = values[layer["inputs"][0]].shape[1:] if layer["inputs"] else (3,)
                self.steps.append(module_of(layer, shape))
                values.append(self.one(i, values) if layer["inputs"] else x)

    def one(self, i, values):
        inputs = [values[j] for j in self.inputs[i]]
        if self.kinds[i] == "concatenate":
            return torch.cat(inputs, 1)
        if self.kinds[i] == "add":
            return inputs[0] + inputs[1]
        if self.kinds[i] == "global_pool":
            return inputs[0].mean((2, 3))
        return self.steps[i](inputs[0])

    def forward(self, x):
        values = [x]
        for i in range(1, len(self.kinds)):
            values.append(self.one(i, values))
        return values[-1]
