# SPDX-License-Identifier: Apache-2.0
"""Training on processors: graft beside what users would run instead, on real images, in turns.
./dev bench training calls it: training.py BUILD FOLDER [--quick] [--shared DIR].

1. One trial: images per second from prepared pixels to the update, validation left out, the first
   epoch left out; medians of five rounds.
2. A whole sweep: mobilenet_0.25 on pcam, random and mean_var, and imagenet at seven freeze levels,
   two seeds; wall time of the whole command on the same cores, and the test's AUC. All train,
   validate and keep as many epochs; graft syncs its journal and its checkpoints besides.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

import h5py
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
CORES = len(os.sched_getaffinity(0))
FREEZE = [0, 10, 20, 30, 50, 75, 100]
SIZE = 96
# glibc keeps large blocks and asks for large pages: PyTorch's tuning guide names the allocator.
KEEPING = {"MALLOC_MMAP_THRESHOLD_": "4294967296", "MALLOC_TRIM_THRESHOLD_": "17179869184",
           "MALLOC_TOP_PAD_": "67108864", "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}

SWEEP = """
[sweep]
name = "bench"
output = "{output}"
[training]
image_size = {size}
warmup_epochs = {warmup_epochs}
epochs = {epochs}
learning_rate = 1e-4
train_fraction = {train_fraction}
[run]
slots = {slots}
threads = {threads}
prepared = "{prepared}"
[weights]
"mobilenet_0.25" = "{weights}"
[datasets.pcam]
path = "{images}"
images = "data/{{split}}/{{class}}/{{id}}.jpg"
"""


def grid_block(**keys):
    return "[[grid]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())


def grid(trials):
    """One block per trial: peers and graft get the same list."""
    return "".join(grid_block(dataset="pcam", **trial) for trial in trials)


class Bench:
    def __init__(self, build, folder, shared):
        self.binary, self.folder = build / "bin/graft", folder
        self.images = shared / "data/pcam"
        self.weights = shared / "weights/mobilenet_2_5_224_tf_no_top.h5"
        self.prepared = folder / "prepared"

    def graft(self, trials, slots, threads, **settings):
        """(wall seconds, rows of /trials, rows of /epochs)"""
        output = self.folder / "sweep"
        shutil.rmtree(output, ignore_errors=True)
        file = self.folder / "sweep.toml"
        file.write_text(SWEEP.format(output=output, size=SIZE, slots=slots, threads=threads,
                                     prepared=self.prepared, weights=self.weights,
                                     images=self.images, **settings) + grid(trials))
        began = time.perf_counter()
        self.call([self.binary, "run", file])
        seconds = time.perf_counter() - began
        with h5py.File(output / "results.h5") as store:
            return seconds, store["trials"][()], store["epochs"][()]

    def peer(self, script, trials, environment=None, **request):
        """(wall seconds, one answer per trial)"""
        settings = request.pop("settings")
        work = self.folder / "peer"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        pixels = next(self.prepared.glob(f"pcam-*-{SIZE}.h5"))
        file = work / "request.json"
        file.write_text(json.dumps({
            "trials": trials, **request,
            "settings": {**settings, "prepared": str(pixels), "weights": str(self.weights),
                         "checkpoints": str(work)}}))
        began = time.perf_counter()
        out = self.call([sys.executable, HERE / "peers" / script, file], environment)
        seconds = time.perf_counter() - began
        return seconds, [json.loads(line) for line in out.splitlines() if line.startswith("{")]

    def call(self, command, environment=None):
        done = subprocess.run([str(word) for word in command], text=True, capture_output=True,
                              env={**os.environ, **(environment or {})})
        if done.returncode != 0:
            sys.exit(f"bench training: {' '.join(map(str, command))} failed:\n"
                     f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        return done.stdout

    def prepare(self):
        if not list(self.prepared.glob(f"pcam-*-{SIZE}.h5")):
            self.graft([dict(network="mobilenet_0.25", init="random", freeze=0, seed=1)], 1, CORES,
                       warmup_epochs=0, epochs=1, train_fraction=0.01)


def one_trial(bench, network, rounds, epochs, train_fraction, compiled):
    """Images per second by contestant."""
    trials = [dict(network=network, init="random", freeze=0, seed=1)]
    settings = dict(warmup_epochs=0, epochs=epochs, train_fraction=train_fraction)

    def ours():
        return list(bench.graft(trials, 1, CORES, **settings)[2]["images_per_second"])

    def torch(environment=None, compiled=False):
        def run():
            answer = bench.peer("torch_loop.py", trials, environment, settings=settings,
                                threads=CORES, jobs=1, compile=compiled)
            return answer[1][0]["images_per_second"]
        return run

    def keras():
        answer = bench.peer("keras_loop.py", trials, {"KERAS_BACKEND": "torch"},
                            settings=settings, threads=CORES)
        return answer[1][0]["images_per_second"]

    contestants = {"graft": ours, "PyTorch": torch(), "PyTorch, heap kept": torch(KEEPING)}
    if compiled:
        contestants["PyTorch, compiled"] = torch(KEEPING, compiled=True)
    if network != "small_cnn":
        contestants["Keras on PyTorch"] = keras
    rates = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            rates[name].append(statistics.median(run()[1:]))
    return rates


def whole_sweep(bench, epochs, train_fraction, peers):
    trials = [dict(network="mobilenet_0.25", init=init, freeze=freeze, seed=seed)
              for init, levels in (("random", [0]), ("mean_var", [0]), ("imagenet", FREEZE))
              for freeze in levels for seed in (1, 2)]
    settings = dict(warmup_epochs=1, epochs=epochs, train_fraction=train_fraction)
    rows = {}

    def ours(name, slots, threads):
        seconds, tested, _ = bench.graft(trials, slots, threads, **settings)
        if len(tested) != len(trials):
            sys.exit(f"bench training: graft ran {len(tested)} of {len(trials)} trials")
        arms = np.char.decode(tested["init"])
        rows[name] = {"seconds": seconds,
                      "test_auc": {arm: float(tested["test_auc"][arms == arm].mean())
                                   for arm in sorted(set(arms))}}

    def theirs(name, script, environment=None, **request):
        seconds, answers = bench.peer(script, trials, environment, settings=settings, **request)
        if len(answers) != len(trials):
            sys.exit(f"bench training: {script} ran {len(answers)} of {len(trials)} trials")
        arms = {arm: [a["test_auc"] for a in answers if a["init"] == arm]
                for arm in sorted({a["init"] for a in answers})}
        rows[name] = {"seconds": seconds,
                      "test_auc": {arm: statistics.mean(values) for arm, values in arms.items()}}

    ours("graft, one trial at a time", 1, CORES)
    ours(f"graft, {CORES} at a time", CORES, 1)
    theirs("PyTorch, one trial at a time", "torch_loop.py", KEEPING, threads=CORES, jobs=1,
           compile=False)
    theirs(f"PyTorch, {CORES} at a time", "torch_loop.py", KEEPING, threads=1, jobs=CORES,
           compile=False)
    if peers:
        theirs("Keras on PyTorch", "keras_loop.py", {"KERAS_BACKEND": "torch"}, threads=CORES)
        for workers in (0, 1):
            theirs(f"Ray Tune, {workers} workers", "ray_tune.py", threads=1, jobs=CORES,
                   workers=workers)
    return rows


def show(title, rows):
    print(f"\n{title}")
    for row in rows:
        print("  " + "   ".join(row), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true",
                        help="two rounds of few images, without torch.compile")
    parser.add_argument("--shared", type=pathlib.Path, default=HERE.parent.parent / "shared",
                        help="folder of data/pcam and weights/")
    parser.add_argument("--networks", default="mobilenet_0.25,small_cnn,mobilenet",
                        help="of one trial: MobileNets and small_cnn")
    parser.add_argument("--part", choices=["trial", "sweep", "all"], default="all")
    options = parser.parse_args()
    if not (options.shared / "data/pcam").is_dir():
        print(f"bench training: left out, there are no real images here ({options.shared}/data/pcam"
              " is absent). Name their folder: --shared DIR.")
        return
    options.folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(options.build.resolve(), options.folder.resolve(), options.shared.resolve())
    bench.prepare()
    rounds, epochs, fraction = (2, 2, 0.1) if options.quick else (5, 3, 0.25)
    results = {"cores": CORES, "size": SIZE, "trial": {}, "sweep": {}}
    if options.part != "sweep":
        for network in options.networks.split(","):
            rates = one_trial(bench, network, rounds, epochs, fraction,
                              not options.quick)
            results["trial"][network] = rates
            ours = statistics.median(rates["graft"])
            show(f"{network}, {SIZE} px, {CORES} threads, images/s (medians of {rounds}, in turns)",
                 [(f"{name:20}", f"{statistics.median(values):7.0f}",
                   f"graft is {ours / statistics.median(values):4.2f} x")
                  for name, values in rates.items()])
    if options.part != "trial":
        rows = whole_sweep(bench, 1, fraction, not options.quick)
        results["sweep"] = rows
        ours = min(row["seconds"] for name, row in rows.items() if name.startswith("graft"))
        show("18 trials of mobilenet_0.25 on pcam, wall time; mean test AUC per arm",
             [(f"{name:30}", f"{row['seconds']:6.1f} s", f"{row['seconds'] / ours:5.2f} x",
               ", ".join(f"{arm} {auc:.3f}" for arm, auc in row["test_auc"].items()))
              for name, row in rows.items()])
    file = options.folder / "training.json"
    file.write_text(json.dumps(results, indent=1))
    print(f"\nall numbers: {file}")


main()
