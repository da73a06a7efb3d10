# SPDX-License-Identifier: Apache-2.0
"""A real SLURM of three nodes on this machine, and what a user types there."""
import os
import shutil
import subprocess
import time
from pathlib import Path

LOCAL_SLURM = os.environ.get("LOCAL_SLURM", "")
# SLURM looks for jobs over their time every 30 s, counted from its start.
TICK = 30


class Failure(Exception):
    pass


class Site:
    """kind: requeues, and signals before it preempts. strict: does neither. Takes 200 ports in a
    row from `port` on."""

    def __init__(self, folder, kind, port):
        self.folder = Path(folder) / "slurm"
        self.kind = kind
        self.environment = dict(os.environ, LSLURM_SITE=kind, LSLURM_PORT=str(port))
        self.began = None

    def __enter__(self):
        self.began = time.monotonic()
        self._script("start")
        for line in self._script("env").replace("export ", "").split():
            name, value = line.split("=", 1)
            self.environment[name] = value
        return self

    def __exit__(self, *_):
        self._script("stop")

    def _script(self, command):
        done = subprocess.run([LOCAL_SLURM, command, self.folder], env=self.environment,
                              stdout=subprocess.PIPE, text=True, timeout=120)
        if done.returncode != 0:
            raise Failure(f"local_slurm.sh {command} ended with {done.returncode}")
        return done.stdout

    def type(self, *words, codes=(0,)):
        """What the command printed, both streams; another exit code is a failure."""
        done = subprocess.run([str(word) for word in words], env=self.environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
        if codes is not None and done.returncode not in codes:
            raise Failure(f"{' '.join(map(str, words))} ended with {done.returncode}:\n"
                          f"{done.stdout}")
        return done.stdout

    def jobs(self):
        """id -> state of every job that has not ended."""
        lines = self.type("squeue", "--noheader", "--format=%i %T").splitlines()
        return dict(line.split() for line in lines)

    def finished(self):
        """id -> how it ended, in SLURM's words, in the order of the ends."""
        path = self.folder / "jobcomp.log"
        ended = {}
        for line in path.read_text().splitlines() if path.exists() else ():
            fields = dict(word.split("=", 1) for word in line.split() if "=" in word)
            ended[fields["JobId"]] = fields["JobState"]
        return ended

    def wait(self, what, seen, seconds=120):
        """The first true value that `seen` returns."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = seen()
            if value:
                return value
            time.sleep(0.1)
        raise Failure(f"waited {seconds} s in vain until {what}; jobs: {self.jobs()}")

    def wait_for_no_job(self, seconds=300):
        self.wait("no job is left", lambda: not self.jobs(), seconds)

    def after_tick(self, seconds):
        """Returns so long after SLURM looked at time limits."""
        passed = time.monotonic() - self.began
        time.sleep((seconds - passed) % TICK)

    def kill_node_daemon(self, node):
        pid = int((self.folder / f"slurmd.{node}.pid").read_text())
        os.kill(pid, 9)

    def keep_logs(self, folder):
        for log in self.folder.glob("*.log"):
            shutil.copy(log, folder)
