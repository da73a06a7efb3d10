# SPDX-License-Identifier: Apache-2.0
"""Runs of trials on real images for bench/training.py: by graft, and by the scripts in peers/."""
import json
import os
import pathlib
import shutil
import statistics
import sys
import time

import h5py

from part import call

HERE = pathlib.Path(__file__).resolve().parent
CORES = len(os.sched_getaffinity(0))
SIZE = 96
# glibc keeps large blocks and asks for large pages: PyTorch's tuning guide names the allocator.
KEEPING = {"MALLOC_MMAP_THRESHOLD_": "4294967296", "MALLOC_TRIM_THRESHOLD_": "17179869184",
           "MALLOC_TOP_PAD_": "67108864", "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
KERAS = {"KERAS_BACKEND": "torch"}

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
{stopping}
[run]
slots = {slots}
threads = {threads}
prepared = "{prepared}"
[weights]
"mobilenet_0.25" = "{weights}"
[datasets.pcam]
path = "{images}"
images = "{{split}}/{{class}}/{{id}}.jpg"
"""


def grid(trials):
    """One block per trial: peers and graft get the same list."""
    return "".join("[[grid]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in
                                          dict(dataset="pcam", **trial).items())
                   for trial in trials)


class Contestants:
    """Everybody trains the same pixels: `counts` images of each part of pcam, prepared once."""

    def __init__(self, build, folder, shared, counts, size=SIZE):
        self.binary, self.bench_training = build / "bin/graft", build / "bin/bench_training"
        self.folder, self.size = folder, size
        self.weights = shared / "weights/mobilenet_2_5_224_tf_no_top.h5"
        self.images = folder / ("pcam-" + "-".join(map(str, counts.values())))
        self.prepared = folder / "prepared" / self.images.name
        self.link(shared / "data/pcam/data", counts)
        self.prepare()

    def link(self, source, counts):
        """As many of both classes."""
        for part, count in counts.items():
            for label in sorted(path.name for path in (source / part).iterdir()):
                into = self.images / part / label
                into.mkdir(parents=True, exist_ok=True)
                for file in sorted((source / part / label).iterdir())[:count // 2]:
                    link = into / file.name
                    link.is_symlink() or link.symlink_to(file)

    def prepare(self):
        if not list(self.prepared.glob(f"pcam-*-{self.size}.h5")):
            self.graft([dict(network="mobilenet_0.25", init="random", freeze=0, seed=1)],
                       warmup_epochs=0, epochs=1, train_fraction=0.1)

    def graft(self, trials, slots='"auto"', threads='"auto"', stopping="", **settings):
        """(wall seconds, rows of /trials, rows of /epochs)"""
        output = self.folder / "sweep"
        shutil.rmtree(output, ignore_errors=True)
        file = self.folder / "sweep.toml"
        file.write_text(SWEEP.format(output=output, size=self.size, slots=slots, threads=threads,
                                     stopping=stopping, prepared=self.prepared,
                                     weights=self.weights, images=self.images, **settings)
                        + grid(trials))
        began = time.perf_counter()
        call([self.binary, "run", file])
        seconds = time.perf_counter() - began
        with h5py.File(output / "results.h5") as store:
            tested, epochs = store["trials"][()], store["epochs"][()]
        return seconds, checked(tested, trials, "graft"), epochs

    def peer(self, script, trials, settings, environment=None, **request):
        """(wall seconds, one answer per trial)"""
        work = self.folder / "peer"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        pixels = next(self.prepared.glob(f"pcam-*-{self.size}.h5"))
        file = work / "request.json"
        file.write_text(json.dumps({
            "trials": trials, **request,
            "settings": {**settings, "prepared": str(pixels), "weights": str(self.weights),
                         "checkpoints": str(work)}}))
        began = time.perf_counter()
        out = call([sys.executable, HERE / "peers" / script, file], environment)
        seconds = time.perf_counter() - began
        answers = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
        return seconds, checked(answers, trials, script)

    def bare_step(self, network, seconds=2):
        """Images per second of graft's training step on a batch that is there already."""
        out = call([self.bench_training, f"--bare={network},{SIZE},{CORES}",
                    "--benchmark_filter=^bare", "--benchmark_format=json",
                    f"--benchmark_min_time={seconds}"])
        return json.loads(out)["benchmarks"][0]["items_per_second"]


def checked(answers, trials, who):
    if len(answers) != len(trials):
        raise RuntimeError(f"{who} ran {len(answers)} of {len(trials)} trials")
    return answers


def auc_of_seeds(tested):
    """Mean test AUC over the trials of each seed. `tested`: rows of /trials, or answers."""
    seeds = {}
    for one in tested:
        seeds.setdefault(int(one["seed"]), []).append(float(one["test_auc"]))
    return [statistics.mean(values) for _, values in sorted(seeds.items())]
