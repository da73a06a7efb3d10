# SPDX-License-Identifier: Apache-2.0
"""Runs a small real sweep, kills its processes at random instants until it ends all the same, and
compares its store with that of an undisturbed run. README.md says what is killed, and how."""
import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import processes
import stores
from study import Study

BIN = Path(os.environ.get("GRAFT_BIN", Path(__file__).resolve().parents[2] / "build/release/bin"))
GRAFT = BIN / "graft"
# lost_after is 5 s; then a save, on a machine where everything may take ten times as long.
TIME_TO_LEAVE = 60
# Of one start that nobody disturbs; longer is a hang.
TIME_TO_END = 600
# Ways to disturb: how often each is chosen, the signal, and the kinds of process that it is for. A
# pause is longer or shorter than lost_after.
ASKED = ("launcher", "alone", "rank")
WAYS = {
    "kill trainer": (6, signal.SIGKILL, ("trainer",)),
    "kill rank": (4, signal.SIGKILL, ("rank",)),
    "kill rank 0": (4, signal.SIGKILL, ("rank 0",)),
    "kill mpirun": (2, signal.SIGKILL, ("mpirun",)),
    "kill launcher": (2, signal.SIGKILL, ("launcher",)),
    "kill alone": (4, signal.SIGKILL, ("alone",)),
    "kill publisher": (60, signal.SIGKILL, ("publisher",)),  # there for an instant
    "kill preparation": (60, signal.SIGKILL, ("preparation",)),
    "kill all": (3, signal.SIGKILL, None),
    "crash trainer": (1, signal.SIGSEGV, ("trainer",)),
    "interrupt": (2, signal.SIGINT, ASKED),
    "interrupt twice": (1, signal.SIGINT, ASKED),
    "terminate": (1, signal.SIGTERM, ASKED),
    "USR1": (1, signal.SIGUSR1, ASKED),
    "pause": (3, signal.SIGSTOP, ("rank", "rank 0", "trainer", "alone")),
}
# A trial whose trainer crashes by itself three times in a row fails, and rightly so.
CRASHES = 2
# 0 and 75: done and drained. 70: attempts without a save in a row, which kills this frequent can
# bring about. 2: an earlier start is still on its way out. Signals end a start that does not listen
# yet.
FINE = (0, 2, 70, 75, -signal.SIGKILL, -signal.SIGINT, -signal.SIGTERM, -signal.SIGUSR1)


class Failure(Exception):
    pass


class Sweep:
    """One sweep under disturbance, from its first start to its end."""

    def __init__(self, file, rng, kills, token):
        self.file, self.rng, self.kills, self.token = file, rng, kills, token
        self.done = Counter()
        self.starts = 0
        self.longest_leave = 0.0
        self.results = {}  # trial -> its row once it was done: never to change
        self.output = open(file.parent / "output.txt", "ab")

    @property
    def directory(self):
        return self.file.parent / "s"

    def run(self):
        while True:
            ranks = self.rng.choice([0, 2, 3])
            code = self._start(["--ranks", str(ranks)] if ranks else [])
            self._check_results()
            if code == 0:
                return
            if code not in FINE:
                raise Failure(f"graft run ended with {code}")

    def _start(self, options):
        """One start, until it and all that it has started are gone; its exit code."""
        self.starts += 1
        environment = dict(os.environ, **{processes.TOKEN: self.token})
        child = subprocess.Popen([GRAFT, "run", self.file, *options], env=environment,
                                 stdout=self.output, stderr=self.output, stdin=subprocess.DEVNULL,
                                 start_new_session=True)
        last = time.monotonic()
        working = True
        while child.poll() is None or processes.alive(self.token):
            still = child.poll() is None or self._goes_on()
            if still != working or (still and self.kills > 0):
                last = time.monotonic()
            working = still
            if working and self.kills > 0:
                self._disturb_soon(child)
            elif time.monotonic() - last > (TIME_TO_END if working else TIME_TO_LEAVE):
                raise Failure(f"nobody disturbs it, and there are still "
                              f"{processes.alive(self.token)}")
            else:
                time.sleep(0.05)
        if not working:
            self.longest_leave = max(self.longest_leave, time.monotonic() - last)
        return child.returncode

    def _goes_on(self):
        """A job whose launcher alone was killed may well go on to its end."""
        return any(process.kind in ("mpirun", "rank 0", "alone")
                   for process in processes.alive(self.token))

    def _disturb_soon(self, child):
        """Waits for a random time, or for the instant of a save, and does one thing."""
        until = time.monotonic() + self.rng.expovariate(1 / 3)
        at_save = self.rng.random() < 0.3
        while time.monotonic() < until and (child.poll() is None or self._goes_on()):
            if at_save and self._writes():
                break
            time.sleep(0.01 if at_save else 0.05)
        way = self._do_something()
        if way:
            self.done[way] += 1
            self.kills -= 1

    def _writes(self):
        """A trial's files, the store or a dataset are being written."""
        return any(self.directory.glob("trials/*/*.tmp")) or any(
            process.kind in ("publisher", "preparation") for process in processes.alive(self.token))

    def _do_something(self):
        """What was done, by its name in WAYS; None when nothing could be."""
        there = processes.alive(self.token)
        fitting = {way: [process for process in there if kinds is None or process.kind in kinds]
                   for way, (_, _, kinds) in WAYS.items()}
        possible = [way for way, found in fitting.items() if found and
                    (way != "crash trainer" or self.done[way] < CRASHES)]
        if not possible:
            return None
        way = self.rng.choices(possible, [WAYS[way][0] for way in possible])[0]
        number = WAYS[way][1]
        chosen = there if way == "kill all" else [self.rng.choice(fitting[way])]
        self.rng.shuffle(chosen)
        if way == "pause":
            self._pause(chosen if self.rng.random() < 0.7 else there)
            return way
        sent = [processes.send(process, number) for process in chosen]
        if way == "interrupt twice":
            time.sleep(self.rng.random() / 2)
            processes.send(chosen[0], number)
        return way if any(sent) else None

    def _pause(self, chosen):
        """For less or for more than lost_after."""
        for process in chosen:
            processes.send(process, signal.SIGSTOP)
        time.sleep(self.rng.choice([0.5, 2, 8]))
        for process in chosen:
            processes.send(process, signal.SIGCONT)

    def _check_results(self):
        """What was done stays done, with the same numbers, whatever was killed since."""
        asked = subprocess.run([GRAFT, "query", self.directory, "--format", "csv", "--columns",
                                "trial,state,val_auc,test_auc,test_loss"], capture_output=True,
                               text=True, check=False)
        if asked.returncode != 0:
            if self.results:
                raise Failure(f"graft query ended with {asked.returncode}: {asked.stderr}")
            return
        now = {line.split(",")[0]: line for line in asked.stdout.splitlines()[1:]}
        for trial, row in self.results.items():
            if now.get(trial) != row:
                raise Failure(f"a result has changed: {row} was there, now {now.get(trial)}")
        self.results.update({trial: row for trial, row in now.items()
                             if ",done," in row or ",stopped," in row})


class Total:
    """What was done to all sweeps, and what it took."""

    def __init__(self):
        self.done = Counter()
        self.sweeps = self.starts = self.attempts = self.trials = 0
        self.seconds = self.longest_leave = 0.0

    def add(self, sweep, seconds):
        self.done += sweep.done
        self.sweeps += 1
        self.starts += sweep.starts
        self.attempts += len(stores.table(sweep.directory, "attempts"))
        self.trials += len(stores.table(sweep.directory, "trials"))
        self.seconds += seconds
        self.longest_leave = max(self.longest_leave, sweep.longest_leave)

    @property
    def disturbances(self):
        return sum(self.done.values())

    def __str__(self):
        done = ", ".join(f"{count} x {way}" for way, count in sorted(self.done.items()))
        return (f"{self.disturbances} disturbances of {self.sweeps} sweep(s) in {self.seconds:.0f} "
                f"s, {self.starts} starts, {self.attempts} attempts at {self.trials} trials, "
                f"longest time to leave {self.longest_leave:.1f} s: {done or 'none came in time'}")


def evaluate(study, sweep_file, rng, kills, token):
    """`graft evaluate`, all of it killed so many times before it is let to its end."""
    command = [GRAFT, "evaluate", sweep_file.parent / "s", "--dataset", "elsewhere", "--from",
               study.elsewhere, "--split", "all", "--threads", "1"]
    environment = dict(os.environ, **{processes.TOKEN: token})
    for _ in range(kills):
        child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(rng.random())
        processes.end_all(token)
        child.wait()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"graft evaluate ended with {done.returncode}: {done.stderr}")


def compare(study, sweep, undisturbed, kills):
    different = list(stores.differences(undisturbed, sweep.directory))
    evaluate(study, sweep.file, sweep.rng, min(kills, 5), sweep.token)
    different += stores.differing_scores(undisturbed, sweep.directory)
    if different:
        raise Failure("\n  ".join(["not as undisturbed:", *different[:20]]))


def one_round(study, number, seed, kills, undisturbed, total):
    """One disturbed sweep, compared and added to the total."""
    token = f"{os.getpid()}-{number}"
    sweep = Sweep(study.sweep_file(f"disturbed-{number}"), random.Random(f"{seed} {number}"),
                  kills, token)
    began = time.monotonic()
    try:
        sweep.run()
        this = Total()
        for each in (this, total):
            each.add(sweep, time.monotonic() - began)
        print(f"  {this}", flush=True)
        compare(study, sweep, undisturbed, kills)
    finally:
        processes.end_all(token)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=8, help="disturbances in all")
    parser.add_argument("--kills-per-sweep", type=int, default=40)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seeds", type=int,
                        help="of the grid: 9 trials each; 3, or 1 for up to ten disturbances")
    parser.add_argument("--seed", default="1", help="of what is killed, and when")
    parser.add_argument("--keep", help="work here, and leave everything behind")
    chosen = parser.parse_args()
    seeds = chosen.seeds or (1 if chosen.kills <= 10 else 3)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(chosen.keep or temporary).resolve()
        folder.mkdir(exist_ok=True)
        study = Study(folder, GRAFT, epochs=chosen.epochs, seeds=seeds, more=True)
        plain = study.sweep_file("undisturbed")
        began = time.monotonic()
        subprocess.run([GRAFT, "run", plain], check=True, capture_output=True)
        evaluate(study, plain, None, 0, "")
        print(f"undisturbed: {study.trials} trials in {time.monotonic() - began:.0f} s", flush=True)
        total = Total()
        while total.disturbances < chosen.kills:
            number = total.sweeps + 1
            kills = min(chosen.kills_per_sweep, chosen.kills - total.disturbances)
            print(f"sweep {number}: up to {kills} disturbances", flush=True)
            try:
                one_round(study, number, chosen.seed, kills, plain.parent / "s", total)
            except Failure as failure:
                print(f"  {failure}\n  (--seed {chosen.seed}; --keep DIR leaves everything)")
                return 1
    print(f"{total}\nEach sweep equals the undisturbed one.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
