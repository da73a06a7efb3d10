# SPDX-License-Identifier: Apache-2.0
"""A tuned PyTorch loop: uint8 pixels in memory, channels_last, batches augmented in few passes,
fused Adam, the frozen bottom without gradients, large batches for scoring; after every epoch the
validation's AUC, the best weights saved, and at the end the test scored with them.

torch_loop.py REQUEST: a JSON file of settings, trials, threads, jobs (trials at a time) and compile
(torch.compile's mode for the trained part; "": not compiled). One line of JSON per trial."""
import dataclasses
import json
import multiprocessing
import os
import sys
import time

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import nn

import study

SCORED_AT_ONCE = 128


def scores(network, pixels):
    network.eval()
    parts = []
    with torch.inference_mode():
        for batch in torch.from_numpy(pixels).split(SCORED_AT_ONCE):
            parts.append(network(study.as_images(batch)).softmax(1))
    return torch.cat(parts).numpy()


def auc(predicted, labels):
    if predicted.shape[1] == 2:
        return roc_auc_score(labels, predicted[:, 1])
    return roc_auc_score(np.eye(predicted.shape[1])[labels].ravel(), predicted.ravel())


class Loop:
    def __init__(self, trial, settings, data, compiled):
        self.trial, self.settings, self.data, self.compiled = trial, settings, data, compiled
        self.network = study.Network(trial, settings, data.classes)
        self.pixels, self.labels = map(torch.from_numpy, data.train)
        self.best, self.rates, self.curve = -1.0, [], []
        self.file = f"{settings.checkpoints}/{os.getpid()}.pt"

    def phase(self, cut, epochs):
        network = self.network
        network.freeze_below(cut)
        top = torch.compile(network.top, mode=self.compiled) if self.compiled else network.top
        rate = self.trial.learning_rate or self.settings.learning_rate
        optimizer = torch.optim.Adam([p for p in network.parameters() if p.requires_grad],
                                     lr=rate, eps=1e-7, fused=True)
        for _ in range(epochs):
            self.epoch(top, optimizer)
            self.validate()

    def epoch(self, top, optimizer):
        network, loss_of = self.network, nn.CrossEntropyLoss()
        network.train()
        began = time.perf_counter()
        total = correct = 0.0
        for index in torch.randperm(len(self.labels)).split(self.settings.batch_size):
            images = study.augmented(study.as_images(self.pixels[index]))
            labels = self.labels[index]
            logits = top(network.bottom(images))
            loss = loss_of(logits, labels)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(index)
            correct += (logits.argmax(1) == labels).sum().item()
        self.rates.append(len(self.labels) / (time.perf_counter() - began))

    def validate(self):
        value = auc(scores(self.network, self.data.validation[0]), self.data.validation[1])
        self.curve.append(value)
        if value > self.best:
            self.best = value
            torch.save(self.network.state_dict(), self.file)

    def train(self):
        if self.trial.init == "imagenet":
            self.phase(len(self.network.base), self.settings.warmup_epochs)
            self.phase(study.frozen_layers(self.network, self.trial.freeze), self.settings.epochs)
        else:
            self.phase(0, self.settings.warmup_epochs + self.settings.epochs)

    def run(self):
        began = time.perf_counter()
        self.train()
        return self.tested(began)

    def tested(self, began):
        """Of the best epoch, and what it took since then."""
        self.network.load_state_dict(torch.load(self.file))
        predicted = scores(self.network, self.data.test[0])
        np.save(self.file + ".npy", predicted)
        return {**dataclasses.asdict(self.trial), "test_auc": auc(predicted, self.data.test[1]),
                "val_auc": self.curve, "images_per_second": self.rates,
                "first_epoch_seconds": len(self.labels) / self.rates[0],
                "epoch_seconds": len(self.labels) / self.rates[-1],
                "seconds": time.perf_counter() - began}


def start(request):
    global worker
    torch.set_num_threads(request["threads"])
    settings = study.Settings(**request["settings"])
    worker = settings, study.Pixels(settings.prepared, settings.train_fraction), request["compile"]


def run(trial):
    settings, data, compiled = worker
    return Loop(study.Trial(**trial), settings, data, compiled).run()


def main():
    with open(sys.argv[1]) as file:
        request = json.load(file)
    if request["jobs"] == 1:
        start(request)
        results = map(run, request["trials"])
    else:
        pool = multiprocessing.get_context("spawn").Pool(request["jobs"], start, (request,))
        results = pool.imap_unordered(run, request["trials"], chunksize=1)
    for result in results:
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
