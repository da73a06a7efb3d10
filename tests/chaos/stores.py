# SPDX-License-Identifier: Apache-2.0
"""Two sweeps of one sweep file, compared by h5py: equal but for times and attempts."""
import filecmp

import h5py
import numpy as np

# What may differ: times, and where and how often a trial was tried.
FREE = {"trials": {"seconds", "attempts"}, "epochs": {"seconds", "images_per_second"},
        "datasets": {"ready", "prepared"}}
FILES = ("best.h5", "predictions.h5")


def table(directory, name):
    with h5py.File(directory / "results.h5") as file:
        return file[name][()]


def _differing_columns(name, left, right):
    if left.dtype.names != right.dtype.names or len(left) != len(right):
        yield f"/{name}: {len(left)} and {len(right)} rows, or other columns"
        return
    for column in left.dtype.names:
        if column in FREE[name]:
            continue
        equal = left[column] == right[column]
        if left[column].dtype.kind == "f":
            equal |= np.isnan(left[column]) & np.isnan(right[column])
        for row in np.flatnonzero(~equal)[:3]:
            yield f"/{name} row {row}, {column}: {left[column][row]} and {right[column][row]}"


def _differing_files(left, right):
    for trial in table(left, "trials")["trial"]:
        for file in FILES:
            ours, theirs = (side / "trials" / trial.decode() / file for side in (left, right))
            if not theirs.exists() or not filecmp.cmp(ours, theirs, shallow=False):
                yield f"trials/{trial.decode()}/{file} differs or is missing"


def _litter(directory):
    """Files of attempts, half-written files and unanswered requests that a finished sweep keeps.
    A stopped trial rightly keeps what it could go on from."""
    trials = table(directory, "trials")
    stopped = {trial.decode() for trial in trials["trial"][trials["state"] == b"stopped"]}
    for path in directory.rglob("*"):
        place = path.relative_to(directory).parts
        of_attempt = (place[0] == "trials" and path.name not in FILES and
                      place[1:2] and place[1] not in stopped)
        if path.is_file() and (path.suffix == ".tmp" or of_attempt or
                               place[:-1] == ("requests",)):
            yield f"left behind: {path.relative_to(directory)}"


def _external_scores(directory):
    return {path.relative_to(directory): path for path in directory.glob("external/*/*.h5")}


def differing_scores(undisturbed, disturbed):
    """The same of what `graft evaluate` wrote: scores of every trial, and nothing else."""
    ours, theirs = _external_scores(undisturbed), _external_scores(disturbed)
    if ours.keys() != theirs.keys() or not ours:
        yield f"external: files {sorted(map(str, ours))} and {sorted(map(str, theirs))}"
        return
    for name, path in ours.items():
        with h5py.File(path) as left, h5py.File(theirs[name]) as right:
            for column in ("id", "label", "scores"):
                if not np.array_equal(left["test"][column][()], right["test"][column][()]):
                    yield f"{name}: other /test/{column}"


def _trained_twice(directory):
    attempts = table(directory, "attempts")
    done = attempts["trial"][attempts["ending"] == b"completed"]
    for trial, count in zip(*np.unique(done, return_counts=True)):
        if count > 1:
            yield f"{trial.decode()} was completed {count} times"


def differences(undisturbed, disturbed):
    """Every difference that must not be, as a line of text."""
    for name in FREE:
        yield from _differing_columns(name, table(undisturbed, name), table(disturbed, name))
    yield from _differing_files(undisturbed, disturbed)
    yield from _litter(disturbed)
    yield from _trained_twice(disturbed)
