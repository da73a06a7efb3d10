# SPDX-License-Identifier: Apache-2.0
"""What a part of ./dev bench leaves behind: one file of JSON with every round of every contestant,
written anew after each of them, so that what was measured stays when the part fails.

    {"measures": {KEY: {"unit": text, "rounds": {WHO: [number, ...]},
                        "failed": {WHO: why},     contestants that could not be run
                        "aside": {WHO: why}}},    run, but no match for graft: no bar counts them
     "left_out": {KEY: why}}

The n-th numbers of a measure's contestants are of the same round. bench/measures.py knows the keys
and makes the table of them."""
import argparse
import json
import os
import pathlib
import subprocess
import sys


class Results:
    def __init__(self, file):
        self.file = file
        self.data = {"measures": {}, "left_out": {}}
        self.save()

    def save(self):
        part = self.file.with_name(self.file.name + ".part")
        part.write_text(json.dumps(self.data, indent=1))
        os.replace(part, self.file)

    def measure(self, key, unit):
        return self.data["measures"].setdefault(
            key, {"unit": unit, "rounds": {}, "failed": {}, "aside": {}})

    def add(self, key, unit, who, value):
        """One more round of `who`."""
        self.measure(key, unit)["rounds"].setdefault(who, []).append(value)
        self.save()
        print(f"{key}: {who}: {value:.4g} {unit}", flush=True)

    def fail(self, key, unit, who, why):
        lines = [line.strip() for line in str(why).splitlines() if line.strip()]
        self.measure(key, unit)["failed"][who] = lines[-1][-160:] if lines else repr(why)
        self.save()
        print(f"{key}: {who} failed: {why}", file=sys.stderr, flush=True)

    def set_aside(self, key, unit, who, why):
        self.measure(key, unit)["aside"][who] = why
        self.save()

    def leave_out(self, key, why):
        self.data["left_out"][key] = why
        self.save()

    def attempt(self, key, unit, who, run):
        """A round of `who`, unless an earlier one failed. The others go on whatever it throws."""
        if who in self.measure(key, unit)["failed"]:
            return
        try:
            self.add(key, unit, who, run())
        except Exception as error:
            self.fail(key, unit, who, error)

    def exit_code(self):
        return int(any(measure["failed"] for measure in self.data["measures"].values()))


def arguments(description):
    """What every part is given."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path, help="for what it makes and may use again")
    parser.add_argument("--results", type=pathlib.Path, required=True, help="file of JSON")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="little of everything")
    parser.add_argument("--shared", type=pathlib.Path, required=True,
                        help="folder of data/ and weights/: real images")
    return parser


def call(command, environment=None):
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True,
                          env={**os.environ, **(environment or {})})
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} failed:\n{done.stdout[-2000:]}\n"
                           f"{done.stderr[-4000:]}")
    return done.stdout
