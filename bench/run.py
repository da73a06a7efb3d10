# SPDX-License-Identifier: Apache-2.0
"""Runs the parts of ./dev bench one after the other and prints one table of all their measures:
run.py BUILD CACHE [NAME] ... (./dev bench calls it). Everything measured stays in a directory: a
file of JSON and a log per part, the machine, and the table as text and Markdown."""
import argparse
import dataclasses
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import time

import measures

HERE = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass(frozen=True)
class Part:
    name: str
    folder: str  # in the cache
    minutes: tuple  # to begin with, each round (on two cores), and with --quick

    def takes(self, options):
        """Minutes."""
        start, each, quick = self.minutes
        return quick if options.quick else start + each * options.rounds


PARTS = (
    Part("training", "bench-training", (8, 2.2, 2)),
    Part("cohorts", "bench-cohorts", (1.8, 1.4, 0.3)),
    Part("preparation", "bench-preparation", (2, 0.9, 1)),
    Part("coordinator", "bench-coordinator", (1.5, 0.7, 1)),
    Part("gpu", "bench-gpu", (0, 0, 0)),
    Part("query", "bench-sweeps", (0.2, 0.05, 0.2)),
    Part("stopping", "bench-stopping", (0.5, 4, 1.5)),
    Part("report", "bench-sweeps", (1, 0.2, 0.7)),
)


def arguments():
    parser = argparse.ArgumentParser(
        prog="./dev bench", allow_abbrev=False, description="""Measures graft beside what others
        use, part by part, and prints one table. With NAME that part alone; words and options that
        are not listed here go to it. NAME 'inner': Google Benchmark over the inner parts.""")
    parser.add_argument("build", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("cache", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("name", nargs="?", metavar="NAME", choices=[part.name for part in PARTS],
                        help=" ".join(part.name for part in PARTS))
    parser.add_argument("--rounds", type=int, default=5, help="default 5; all take turns in each")
    parser.add_argument("--quick", action="store_true",
                        help="one round of little, to see that all of it works; no measurement")
    parser.add_argument("--shared", type=pathlib.Path, default=HERE.parent.parent / "shared",
                        help="folder of data/ and weights/ with real images; default ../shared")
    parser.add_argument("--results", type=pathlib.Path,
                        help="directory for what was measured; default build/bench/TIME")
    parser.add_argument("--table", type=pathlib.Path, metavar="DIR",
                        help="only print the table of such a directory")
    parser.add_argument("--python", action="append", default=[], help=argparse.SUPPRESS)
    options, words = parser.parse_known_args()
    if words and not options.name:
        known = [part.name for part in PARTS]
        parser.error(f"the part comes first: ./dev bench {words[0]} ..." if words[0] in known else
                     f"unknown option '{words[0]}'")
    if options.quick:
        options.rounds = 1
    options.pythons = dict(pair.split("=", 1) for pair in options.python)
    return options, words


# The machine.

def busy_cores(seconds=2.0):
    """How many cores other programs keep busy: by /proc/stat, over so many seconds."""
    def busy():
        words = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
        user, nice, system, _, _, irq, soft, steal = map(int, words[:8])
        return (user + nice + system + irq + soft + steal) / os.sysconf("SC_CLK_TCK")
    before = busy()
    time.sleep(seconds)
    return (busy() - before) / seconds


def machine():
    cpus = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.*)$", cpus, re.M)
    memory = re.search(r"^MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text(), re.M)
    return {"cpu": model.group(1) if model else os.uname().machine,
            "cores": len(os.sched_getaffinity(0)),
            "memory_gb": round(int(memory.group(1)) / 2**20) if memory else 0,
            "linux": os.uname().release, "load": round(os.getloadavg()[0], 2),
            "busy": round(busy_cores(), 2)}


def machine_text(machine):
    text = ("{cpu}, {cores} cores, {memory_gb} GB, Linux {linux}; at the start load {load}, "
            "{busy} cores busy").format(**machine)
    if machine["busy"] > 0.2:
        text += ("\nwarning: the machine was not idle. All take turns, so ratios count a little, "
                 "and figures do not.")
    if machine["quick"]:
        text += "\n--quick: one round of little shows that it works, and measures nothing."
    return text


# One part.

def command_of(part, options, words, results):
    command = [options.pythons[part.name], HERE / f"{part.name}.py", options.build.resolve(),
               options.cache / part.folder, "--results", results / f"{part.name}.json",
               "--rounds", options.rounds, "--shared", options.shared.resolve()]
    if options.quick:
        command.append("--quick")
    if part.name == "preparation" and "training" in options.pythons:
        command += ["--torch-python", options.pythons["training"]]
    if part.name == "gpu":
        command += ["--cuda", options.build.resolve().parent / "cuda"]
    return [str(word) for word in [*command, *words]]


def run_part(part, options, words, results):
    """None, or why it failed as a whole."""
    if part.name not in options.pythons:
        return "its packages could not be installed: see what pip says above"
    log = results / f"{part.name}.log"
    with open(log, "w") as file:
        done = subprocess.run(command_of(part, options, words, results), stdout=file,
                              stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                              env={**os.environ, "PYTHONPATH": f"{HERE}:{HERE / 'peers'}"})
    measured = load(results).get(part.name, {}).get("measures", {})
    if done.returncode == 0 or any(measure["failed"] for measure in measured.values()):
        return None
    last = (log.read_text().strip().splitlines() or [""])[-1]
    return f"it ended with {done.returncode}: {last[-200:]} (all of it: {log})"


def load(results):
    return {part.name: json.loads((results / f"{part.name}.json").read_text())
            for part in PARTS if (results / f"{part.name}.json").exists()}


def duration(seconds):
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def run_parts(parts, options, words, results):
    """Why parts failed, by name."""
    failures = {}
    for number, part in enumerate(parts, 1):
        print(f"[{number}/{len(parts)}] {part.name}: about "
              f"{duration(60 * part.takes(options))} ... ", end="", flush=True)
        began = time.monotonic()
        why = run_part(part, options, words, results)
        if why:
            failures[part.name] = why
        print(f"{'failed after ' if why else ''}{duration(time.monotonic() - began)}", flush=True)
        (results / "failures.json").write_text(json.dumps(failures))
    return failures


def shown_again(results):
    """The table of an earlier run."""
    try:
        described = json.loads((results / "machine.json").read_text())
        failures = json.loads((results / "failures.json").read_text())
    except OSError as error:
        sys.exit(f"./dev bench: '{results}' holds no results ({error.strerror}: "
                 f"{error.filename}). The last line of a run names their directory.")
    return show(results, described, failures)


def show(results, machine, failures):
    """Prints the table and keeps it; 1 if anything of it failed."""
    found = load(results)
    rows = measures.table(found, failures)
    (results / "table.txt").write_text(machine_text(machine) + "\n\n" + measures.as_text(rows))
    (results / "table.md").write_text(measures.as_markdown(rows))
    print(f"\n{machine_text(machine)}\n\n{measures.as_text(rows)}\n"
          f"{measures.summary(rows)}\nAll rounds, logs and the table: {results}")
    return int(bool(failures) or measures.any_failed(found))


def main():
    options, words = arguments()
    if options.table:
        return shown_again(options.table)
    stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H-%M-%SZ")
    results = options.results or options.build.parent / "bench" / stamp
    results = results.resolve()
    results.mkdir(parents=True, exist_ok=True)
    parts = [part for part in PARTS if options.name in (None, part.name)]
    described = {**machine(), "quick": options.quick}
    (results / "machine.json").write_text(json.dumps(described))
    print(machine_text(described))
    minutes = sum(part.takes(options) for part in parts)
    print(f"{len(parts)} part{'s' * (len(parts) > 1)}, {options.rounds} "
          f"round{'s' * (options.rounds > 1)}: about {duration(60 * minutes)} on two cores")
    try:
        failures = run_parts(parts, options, words, results)
    except KeyboardInterrupt:
        failures = {"the rest": "interrupted"}
        (results / "failures.json").write_text(json.dumps(failures))
        show(results, described, failures)
        return 130
    return show(results, described, failures)


if __name__ == "__main__":
    sys.exit(main())
