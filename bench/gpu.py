# SPDX-License-Identifier: Apache-2.0
"""Training steps on a GPU, beside PyTorch eager and compiled, and how busy an epoch keeps it.
./dev bench gpu calls it; build/cuda holds the programs (./dev build --cuda)."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

import part
from part import call

NETWORKS = ("mobilenet", "inception_v3", "resnet50_v2", "densenet121", "small_cnn")
PEER = pathlib.Path(__file__).resolve().parent / "peers/gpu_step.py"
PEERS = {"PyTorch eager": "eager", "torch.compile": "compile"}
BATCH, PRECISION, UNIT = 32, "float16", "images/s"
GRAFT = re.compile(r" bare +([\d.]+) +whole +([\d.]+) images/s")
COHORT = re.compile(r"as a cohort ([\d.]+) x")
TORCH = re.compile(r" ([\d.]+) images/s")


def number(pattern, text):
    found = pattern.search(text)
    if not found:
        raise RuntimeError(f"no figure in: {text[-300:]}")
    return [float(group) for group in found.groups()]


def no_gpu():
    if not shutil.which("nvidia-smi"):
        return True
    return subprocess.run(["nvidia-smi", "-L"], capture_output=True).returncode != 0


def measure(results, options, network):
    key, one = f"gpu {network}", {"CUDA_VISIBLE_DEVICES": os.environ.get("CUDA_VISIBLE_DEVICES",
                                                                         "0")}
    layers = options.folder / f"{network}.json"
    layers.write_text(call([options.cuda / "bin/bench_layers", network, 2]))
    for _ in range(options.rounds):
        try:
            out = call([options.cuda / "bin/bench_gpu", BATCH, PRECISION, network], one)
            bare, whole = number(GRAFT, out)
            results.add(key, UNIT, "graft", whole)
            results.add(key, UNIT, "its own bare step", bare)
            results.add(f"gpu cohort {network}", "x", "graft", number(COHORT, out)[0])
        except RuntimeError as error:
            results.fail(key, UNIT, "graft", error)
            return
        for who, how in PEERS.items():
            results.attempt(key, UNIT, who, lambda: number(TORCH, call(
                [sys.executable, PEER, how, PRECISION, BATCH, layers],
                one))[0])


def main():
    parser = part.arguments(__doc__)
    parser.add_argument("--cuda", type=pathlib.Path, required=True,
                        help="build with CUDA")
    options = parser.parse_args()
    results = part.Results(options.results)
    why = None
    if no_gpu():
        why = "no GPU here"
    elif not (options.cuda / "bin/bench_gpu").exists():
        why = "no build with CUDA: ./dev build --cuda"
    options.folder.mkdir(parents=True, exist_ok=True)
    for network in NETWORKS[:1] if options.quick else NETWORKS:
        if why:
            results.leave_out(f"gpu {network}", why)
        else:
            measure(results, options, network)
    return results.exit_code()


raise SystemExit(main())
