# SPDX-License-Identifier: Apache-2.0
"""A search by Optuna or Ray Tune over the PyTorch loop of torch_loop.py, one trial at a time on one
thread; each trial reports its best validation after every epoch.

search.py REQUEST: a JSON file of settings, trials, by ("optuna", "ray"), reduction and first_rung.
One line of JSON per trial: best (validation AUC), epochs, test_auc."""
import json
import os
import sys
import time

import torch

import study
import torch_loop


class Stopped(Exception):
    pass


class Reporting(torch_loop.Loop):
    """`report(epoch, best)` after each epoch; true: it stops."""

    def __init__(self, trial, settings, data, report):
        super().__init__(study.Trial(**trial), settings, data, "")
        self.report = report

    def validate(self):
        super().validate()
        if self.report(len(self.curve), self.best):
            raise Stopped

    def searched(self):
        began = time.perf_counter()
        try:
            self.train()
        except Stopped:
            pass
        return {**self.tested(began), "best": self.best, "epochs": len(self.curve)}


def by_optuna(request, settings, data):
    import optuna
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    answers = []

    def objective(trial):
        index = trial.suggest_int("index", 0, len(request["trials"]) - 1)

        def report(epoch, best):
            trial.report(best, epoch)
            return epoch < settings.epochs and trial.should_prune()

        answers.append(Reporting(request["trials"][index], settings, data, report).searched())
        if answers[-1]["epochs"] < settings.epochs:
            raise optuna.TrialPruned
        return answers[-1]["best"]

    search = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.BruteForceSampler(seed=0),
        pruner=optuna.pruners.SuccessiveHalvingPruner(
            min_resource=request["first_rung"], reduction_factor=request["reduction"],
            min_early_stopping_rate=0))
    for index in range(len(request["trials"])):
        search.enqueue_trial({"index": index})
    search.optimize(objective, n_trials=len(request["trials"]))
    return answers


def train(config, data, settings):
    from ray import tune
    torch.set_num_threads(1)

    def report(epoch, best):
        tune.report({"best": best, "epochs": epoch})
        return False

    # Ray ends a stopped trial within its report: its best weights are scored afterwards.
    one = config["each"]
    loop = Reporting(one["trial"], settings, data, report)
    loop.file = f"{settings.checkpoints}/{one['index']}.pt"
    loop.train()


def by_ray(request, settings, data):
    import ray
    from ray import tune
    from ray.tune.schedulers import ASHAScheduler
    here = os.path.dirname(os.path.abspath(__file__))
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False,
             runtime_env={"env_vars": {"PYTHONPATH": here}})
    trials = [dict(index=index, trial=trial) for index, trial in enumerate(request["trials"])]
    tuner = tune.Tuner(
        tune.with_resources(tune.with_parameters(train, data=data, settings=settings), {"cpu": 1}),
        param_space={"each": tune.grid_search(trials)},
        tune_config=tune.TuneConfig(metric="best", mode="max", scheduler=ASHAScheduler(
            max_t=settings.epochs, grace_period=request["first_rung"],
            reduction_factor=request["reduction"])),
        run_config=tune.RunConfig(storage_path=os.path.abspath(settings.checkpoints), verbose=0))
    answers = []
    for result in tuner.fit():
        config = result.config["each"]
        loop = torch_loop.Loop(study.Trial(**config["trial"]), settings, data, "")
        loop.file = f"{settings.checkpoints}/{config['index']}.pt"
        loop.rates = [1]
        answers.append({**loop.tested(time.perf_counter()), "best": result.metrics["best"],
                        "epochs": result.metrics["epochs"]})
    return answers


def main():
    with open(sys.argv[1]) as file:
        request = json.load(file)
    torch.set_num_threads(1)
    settings = study.Settings(**request["settings"])
    data = study.Pixels(settings.prepared, settings.train_fraction)
    for answer in (by_optuna if request["by"] == "optuna" else by_ray)(request, settings, data):
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    # Ray sends functions of a module by name, those of a script with all that they use.
    import search
    search.main()
