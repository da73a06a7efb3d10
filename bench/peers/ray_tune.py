# SPDX-License-Identifier: Apache-2.0
"""Ray Tune with a PyTorch DataLoader, as Ray's guide to tuning PyTorch models has it: a function
trainable that makes its loaders, reports each epoch's validation with a checkpoint, and keeps the
best one; images are augmented one by one in the loader's Dataset.

ray_tune.py REQUEST: as torch_loop.py, with workers (of each loader) in place of compile. One line
of JSON per trial."""
import dataclasses
import json
import os
import sys
import tempfile
import time

import ray
import torch
from ray import tune
from torch.utils.data import DataLoader, Dataset

import study
import torch_loop


class Images(Dataset):
    def __init__(self, pixels, labels, augment):
        self.pixels, self.labels, self.augment = pixels, labels, augment

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        image = study.as_images(torch.from_numpy(self.pixels[index:index + 1]))
        return (study.augmented(image) if self.augment else image)[0], self.labels[index]


def train(config, data, settings, threads, workers):
    torch.set_num_threads(threads)
    trial = study.Trial(**config["trial"])
    network = study.Network(trial, settings, data.classes)
    loader = DataLoader(Images(*data.train, True), settings.batch_size, shuffle=True,
                        num_workers=workers, persistent_workers=workers > 0)
    loss_of = torch.nn.CrossEntropyLoss()

    def phase(cut, epochs):
        network.freeze_below(cut)
        optimizer = torch.optim.Adam([p for p in network.parameters() if p.requires_grad],
                                     lr=settings.learning_rate, eps=1e-7)
        for _ in range(epochs):
            network.train()
            began = time.perf_counter()
            for images, labels in loader:
                images = images.to(memory_format=torch.channels_last)
                optimizer.zero_grad()
                loss_of(network(images), labels).backward()
                optimizer.step()
            rate = len(data.train[1]) / (time.perf_counter() - began)
            report(rate)

    def report(rate):
        val_auc = torch_loop.auc(torch_loop.scores(network, data.validation[0]),
                                 data.validation[1])
        with tempfile.TemporaryDirectory() as folder:
            torch.save(network.state_dict(), os.path.join(folder, "weights.pt"))
            tune.report({"val_auc": val_auc, "images_per_second": rate},
                        checkpoint=tune.Checkpoint.from_directory(folder))

    if trial.init == "imagenet":
        phase(len(network.base), settings.warmup_epochs)
        phase(study.frozen_layers(network, trial.freeze), settings.epochs)
    else:
        phase(0, settings.warmup_epochs + settings.epochs)


def tested(result, data, settings):
    """The best checkpoint's test score."""
    trial = study.Trial(**result.config["trial"])
    network = study.Network(trial, settings, data.classes)
    with result.get_best_checkpoint("val_auc", "max").as_directory() as folder:
        network.load_state_dict(torch.load(os.path.join(folder, "weights.pt")))
    test_auc = torch_loop.auc(torch_loop.scores(network, data.test[0]), data.test[1])
    return {**dataclasses.asdict(trial), "test_auc": test_auc,
            "images_per_second": list(result.metrics_dataframe.images_per_second),
            "seconds": result.metrics["time_total_s"]}


def main():
    with open(sys.argv[1]) as file:
        request = json.load(file)
    settings = study.Settings(**request["settings"])
    data = study.Pixels(settings.prepared, settings.train_fraction)
    here = os.path.dirname(os.path.abspath(__file__))
    ray.init(num_cpus=request["threads"] * request["jobs"], include_dashboard=False,
             log_to_driver=False, runtime_env={"env_vars": {"PYTHONPATH": here}})
    trainable = tune.with_resources(
        tune.with_parameters(train, data=data, settings=settings, threads=request["threads"],
                             workers=request["workers"]), {"cpu": request["threads"]})
    tuner = tune.Tuner(
        trainable,
        param_space={"trial": tune.grid_search(request["trials"])},
        tune_config=tune.TuneConfig(metric="val_auc", mode="max"),
        run_config=tune.RunConfig(storage_path=os.path.abspath(settings.checkpoints), verbose=0,
                                  checkpoint_config=tune.CheckpointConfig(
                                      num_to_keep=1, checkpoint_score_attribute="val_auc")))
    for result in tuner.fit():
        print(json.dumps(tested(result, data, settings)), flush=True)


if __name__ == "__main__":
    # Ray sends functions of a module by name, those of a script with all that they use.
    import ray_tune
    ray_tune.main()
