# SPDX-License-Identifier: Apache-2.0
"""What rank 0 costs: its decisions alone, whole round trips beside other ways to hand out tasks, a
grid of a million trials, and how good its order is, simulated. ./dev bench coordinator calls it."""
import json
import pathlib
import shutil
import struct
import time
import zlib

import part
import rank0
from part import call

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent

# The study's datasets as they were published.
STUDY = ["cancer=220025", "retina=3662", "proteins=14539", "cats_vs_dogs=25000"]
IN_THE_STUDY = "what the study itself took"
MILLION = """[sweep]
name = "million"
[training]
image_size = 96
[datasets.d]
path = "{images}"
images = "{{class}}/{{id}}.png"
[[grid]]
network = ["mobilenet", "inception_v3", "resnet50_v2", "densenet121", "small_cnn"]
dataset = "d"
init = "random"
freeze = [0, 5, 10, 20, 30, 40, 50, 60, 75, 100]
learning_rate = [1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3]
dropout = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
seed = {seeds}
"""


def google_benchmark(program, wanted, rounds):
    """The numbers of each round: user counters and real_time (ms)."""
    out = call([program, f"--benchmark_filter=^{wanted}(/|$)", "--benchmark_format=json",
                f"--benchmark_repetitions={rounds}"])
    found = [run for run in json.loads(out)["benchmarks"] if run["run_type"] == "iteration"]
    for run in found:
        if run.get("error_occurred"):
            raise RuntimeError(run["error_message"])
    if len(found) != rounds:
        raise RuntimeError(f"{program} has no benchmark '{wanted}'")
    return found


def reactor(results, options):
    rounds = {(100_000, 16): options.rounds, (100_000, 4_096): options.rounds,
              (1_000_000, 16): options.slow_rounds, (1_000_000, 4_096): options.slow_rounds}
    for (trials, slots), count in rounds.items():
        key = f"reactor {trials} {slots}"
        if options.quick and trials > 100_000:
            results.leave_out(key, "with --quick")
            continue
        try:
            # A counter of Google Benchmark's is in seconds: us/trial by name alone.
            for run in google_benchmark(options.build / "bin/bench_scheduler",
                                        f"reactor/{trials}/{slots}", count):
                results.add(key, "us", "graft", run["us/trial"])
        except RuntimeError as error:
            results.fail(key, "us", "graft", error)


def round_trips(results, options):
    who = rank0.contestants(options.build, options.quick)
    for _ in range(options.rounds):
        for name, run in who.items():
            if not options.who or any(name.lower().startswith(who) for who in options.who):
                results.attempt("round trip", "ms", name, run)


def million(results, options):
    """Expanding, and `graft plan` on a dataset of 4,000 images that only has to be listed."""
    try:
        for run in google_benchmark(options.build / "bin/bench_grid", "expand", options.rounds):
            results.add("expand", "s", "graft", run["real_time"] / 1000)
            results.add("bytes", "bytes", "graft", run["bytes/trial"])
    except RuntimeError as error:
        results.fail("expand", "s", "graft", error)
    images = options.folder / "listed"
    if not images.is_dir():
        draw(images, 4000)
    file = options.folder / "million.toml"
    file.write_text(MILLION.format(images=images, seeds=list(range(1, 201))))

    def plan():
        began = time.perf_counter()
        out = call([options.build / "bin/graft", "plan", file])
        seconds = time.perf_counter() - began
        if "1000000 trials" not in out.replace(",", ""):
            raise RuntimeError(f"graft plan shows no million trials:\n{out[-500:]}")
        return seconds

    for _ in range(options.rounds):
        results.attempt("plan", "s", "graft", plan)


def png():
    """One pixel."""
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(bytes(4))) + chunk(b"IEND", b""))


def draw(folder, count):
    unfinished = folder.with_name(folder.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    for number in range(count):
        path = unfinished / "ab"[number % 2] / f"{number:05}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png())
    unfinished.rename(folder)


def simulated(results, options):
    """No rounds: the same for the same input."""
    def simulate(precision, seeds):
        images = [word for dataset in STUDY for word in ("--images", dataset)]
        return json.loads(call([
            options.build / "bin/graft", "simulate", REPOSITORY / "examples/study.toml", "--gpus",
            16, "--device", "v100", "--json", "--precision", precision, *seeds, *images]))

    one = ["--seeds", "1"]
    for key, precision, seeds in (("makespan 5", "float32", []), ("makespan 1", "float32", one),
                                  ("hours float16", "float16", one),
                                  ("hours float32", "float32", one)):
        try:
            found = simulate(precision, seeds)
        except RuntimeError as error:
            results.fail(key, "h", "graft", error)
            continue
        results.add(key, "h", "graft", found["makespan_seconds"] / 3600)
        if key.startswith("hours"):
            results.add(key, "h", IN_THE_STUDY, 96)
        else:
            results.add(key, "h", "lower bound", found["cohorts_bound"]["seconds"] / 3600)
            results.add(key, "h", "one by one in the file's order", found["fifo_seconds"] / 3600)


def main():
    parser = part.arguments(__doc__)
    parser.add_argument("--slow-rounds", type=int, default=1, help="of a million trials")
    parser.add_argument("who", nargs="*", help="contestants of the round trip; default: all")
    options = parser.parse_intermixed_args()
    results = part.Results(options.results)
    options.folder.mkdir(parents=True, exist_ok=True)
    if not options.who:
        reactor(results, options)
        million(results, options)
        simulated(results, options)
    round_trips(results, options)
    return results.exit_code()


if __name__ == "__main__":
    raise SystemExit(main())
