# SPDX-License-Identifier: Apache-2.0
"""The processes of one sweep, found by a token in their environment, and what is done to them."""
import os
import signal
import time
from dataclasses import dataclass

TOKEN = "GRAFT_CHAOS"
RANK = "OMPI_COMM_WORLD_RANK"


@dataclass(frozen=True)
class Process:
    pid: int
    kind: str  # launcher, alone, mpirun, rank 0, rank, trainer, publisher, preparation, other


def _environment(pid):
    with open(f"/proc/{pid}/environ", "rb") as file:
        entries = file.read().split(b"\0")
    return dict(entry.decode(errors="replace").split("=", 1) for entry in entries if b"=" in entry)


def _kind(words, environment):
    program = os.path.basename(words[0])
    if program == "graft-trainer":
        return "trainer"
    if program == "graft-prepare":
        return "preparation"
    if program in ("mpirun", "orterun"):
        return "mpirun"
    if words[1:2] == ["publish"]:
        return "publisher"
    if words[1:2] != ["run"]:
        return "other"
    if RANK in environment:
        return "rank 0" if environment[RANK] == "0" else "rank"
    return "launcher" if "--ranks" in words else "alone"


def _look_at(pid, token):
    try:
        environment = _environment(pid)
        if environment.get(TOKEN) != token:
            return None
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read().decode(errors="replace").split("\0")[:-1]
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            state = file.read().rsplit(")", 1)[1].split()[0]
    except (OSError, IndexError):
        return None  # it has ended meanwhile
    return None if state == "Z" or not words else Process(pid, _kind(words, environment))


def alive(token):
    """Every process that was started with the token, zombies left out."""
    found = (_look_at(int(name), token) for name in os.listdir("/proc") if name.isdigit())
    return [process for process in found if process]


def send(process, number):
    """True when the process was there to get it."""
    try:
        os.kill(process.pid, number)
        return True
    except ProcessLookupError:
        return False


def end_all(token):
    """For the end of a failed test: nothing of it may stay."""
    while found := alive(token):
        for process in found:
            send(process, signal.SIGCONT)
            send(process, signal.SIGKILL)
        time.sleep(0.05)
