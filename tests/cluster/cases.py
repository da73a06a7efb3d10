# SPDX-License-Identifier: Apache-2.0
"""Sweeps on a real SLURM, interrupted in its own ways, against undisturbed ones. A case per test:
cases.py CASE."""
import argparse
import os
import re
import shutil
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "chaos"))

import stores  # noqa: E402
from site_slurm import Failure, Site  # noqa: E402
from study import Study  # noqa: E402

BIN = Path(os.environ.get("GRAFT_BIN", Path(__file__).resolve().parents[2] / "build/release/bin"))
GRAFT = BIN / "graft"


def check(holds, message):
    if not holds:
        raise Failure(message)


class Case:
    """A study, a site, and one sweep on it."""

    def __init__(self, folder, site, **study):
        self.folder, self.site = Path(folder), site
        self.study = Study(self.folder / "study", GRAFT, **study)
        self.file = self.study.sweep_file("sent")
        self.directory = self.file.parent / "s"

    def undisturbed(self):
        """The same sweep without a batch system."""
        file = self.study.sweep_file("undisturbed")
        self.site.type(GRAFT, "run", file, "--slots", 2)
        return file.parent / "s"

    def submit(self, *options, nodes=3, minutes=10):
        """The ids of the jobs that it says it sent."""
        said = self.site.type(GRAFT, "submit", self.file, "--nodes", nodes, "--gpus-per-node", 0,
                              "--cpus-per-gpu", 1, "--time", minutes, *options)
        print(said, end="", flush=True)
        return re.findall(r"job (\d+)", said)

    def send_edited(self, pattern, text):
        """The script as a user may change it, and send it by hand."""
        self.site.type("scancel", *self.job_files())
        self.site.wait_for_no_job(60)
        script = self.script().read_text()
        edited = re.sub(pattern, text, script)
        check(edited != script, f"no {pattern} in\n{script}")
        self.script().write_text(edited)
        self.site.after_tick(8)
        self.site.type("sbatch", self.script())

    def script(self):
        return self.directory / "job.sbatch"

    def saves(self):
        """Trials that have begun to be saved: there is something to lose."""
        return len(list(self.directory.glob("trials/*/*.h5")))

    def wait_for_saves(self, more_than=0):
        self.site.wait("something is saved", lambda: self.saves() > more_than)

    def job_files(self):
        """id -> its fields, of every job that was sent for the sweep."""
        files = {}
        for path in (self.directory / "jobs").glob("*"):
            lines = (line.partition(" ") for line in path.read_text().splitlines())
            files[path.name] = {key: value for key, _, value in lines}
        return files

    def started(self):
        return sorted((j for j, f in self.job_files().items() if f["started"]), key=int)

    def must_equal(self, undisturbed):
        """The sweep is done, nothing of it differs, and nobody waits for it any more."""
        check(not self.site.jobs(), f"jobs are left: {self.site.jobs()}")
        wrong = list(stores.differences(undisturbed, self.directory))
        check(not wrong, "\n".join(wrong[:10]))
        rows = len(stores.table(self.directory, "trials"))
        print(f"equal to an undisturbed run: {rows} trials, jobs {', '.join(self.started())}")

    def logs(self):
        return "".join(path.read_text() for path in sorted(self.directory.glob("logs/job-*.log")))

    def logged(self, text):
        """Seconds since 1970 of the lines of rank 0's log with that text."""
        lines = (self.directory / "logs/rank-0.log").read_text().splitlines()
        return [datetime.fromisoformat(line[:23]).replace(tzinfo=timezone.utc).timestamp()
                for line in lines if text in line]

    def times(self):
        """How long the transitions took, from what the jobs and rank 0 wrote down."""
        files = self.job_files()
        signals, batches = self.logged("asked by a signal"), self.logged("the first batch")
        attempts = stores.table(self.directory, "attempts")
        for job in self.started():
            before = files.get(files[job]["after"])
            if not before or not before["ended"]:
                continue
            ended, begun = (int(text) * 1e-6 for text in (before["ended"], files[job]["started"]))
            text = f"job {before['id']} to {job}:"
            signal = max((time for time in signals if time < ended), default=None)
            saved = max((time for time in attempts["end"] if time < ended), default=None)
            if signal and saved:
                text += f" signal to saved {saved - signal:.1f} s, to the job's end " \
                        f"{ended - signal:.1f} s,"
            text += f" end to start {begun - ended:.1f} s"
            first = min((time for time in batches if time > begun), default=None)
            if first:
                text += f", start to first batch {first - begun:.1f} s"
            print(text)


def over_time_limits(folder, kind, port, launcher="srun"):
    """A limit of one minute, signalled 50 s before, interrupts it again and again."""
    with Site(folder, kind, port) as site:
        case = Case(folder, site, images=60, epochs=36, seeds=4)
        reference = case.undisturbed()
        case.submit(minutes=1)
        case.send_edited(r"USR1@\d+((?s:.*) --ranks 3)", rf"USR1@50\1 --launcher {launcher}")
        site.wait_for_no_job()
        check(len(case.started()) >= 3, f"only the jobs {case.started()} ran, two follow-ups were "
                                        f"to be forced:\n{case.logs()}")
        ended = site.finished()
        check("TIMEOUT" not in ended.values(), f"a job met its limit: {ended}")
        case.must_equal(reference)
        case.times()


def stop_and_go_on(folder, kind, port):
    """stop cancels the follow-up first and stays; submit goes on."""
    with Site(folder, kind, port) as site:
        case = Case(folder, site, images=60, epochs=6, seeds=1)
        reference = case.undisturbed()
        first = case.submit(nodes=2)
        check(len(first) == 1, f"one job was to be sent: {first}")
        case.wait_for_saves()
        said = site.type(GRAFT, "status", case.file)
        check(f"{first[0]}  running on n[1-2]" in said and "for the end of job" in said, said)
        said = site.type(GRAFT, "stop", case.file)
        check("cancelled the waiting job" in said and "it saves and ends" in said, said)
        site.wait_for_no_job(30)
        before = site.finished()
        check(before[first[0]] == "COMPLETED", f"a stopped job is no failure: {before}")
        said = site.type(GRAFT, "status", case.file)
        check("stopped by 'graft stop'" in said and "graft submit" in said, said)
        # Sent by hand it does nothing, and says so.
        site.type("sbatch", case.script())
        site.wait_for_no_job(30)
        check("was stopped by 'graft stop'" in case.logs(), case.logs())
        case.submit("--partition", "spot", nodes=1)
        site.wait_for_no_job()
        case.must_equal(reference)


def lost_node(folder, kind, port):
    """SLURM loses a node and starts the job elsewhere, while the first one lives on."""
    with Site(folder, kind, port) as site:
        case = Case(folder, site, images=60, epochs=60, seeds=2)
        reference = case.undisturbed()
        case.submit(nodes=1)
        case.wait_for_saves()
        hosts = stores_hosts(case)
        site.kill_node_daemon(hosts[0])
        site.wait_for_no_job(400)
        case.must_equal(reference)
        check(len(set(stores_hosts(case))) > 1, f"all ran on {hosts}")


def stores_hosts(case):
    said = case.site.type(GRAFT, "status", case.file)
    return re.findall(r"on (n\d)", said)


def preempted(folder, kind, port):
    """A job of a better partition takes the nodes."""
    with Site(folder, kind, port) as site:
        case = Case(folder, site, images=60, epochs=30, seeds=2)
        reference = case.undisturbed()
        case.submit("--partition", "spot")
        case.wait_for_saves()
        urgent = site.type("sbatch", "--parsable", "--nodes=3", "--ntasks-per-node=4",
                           "--partition=main", "--time=1", "--output=/dev/null", "--wrap",
                           "sleep 5").strip()
        site.wait("the urgent job has run", lambda: site.finished().get(urgent), 120)
        site.wait_for_no_job()
        case.must_equal(reference)
        case.times()


def cancelled(folder, kind, port):
    """scancel of the running job: the next one goes on, and nothing acknowledged is lost."""
    with Site(folder, kind, port) as site:
        case = Case(folder, site, images=60, epochs=30, seeds=2)
        reference = case.undisturbed()
        first = case.submit()
        case.wait_for_saves()
        site.type("scancel", first[0])
        site.wait_for_no_job()
        check(len(case.started()) > 1, "no follow-up went on")
        case.must_equal(reference)
        case.times()


CASES = {
    "time-limit-strict": (over_time_limits, "strict"),
    "time-limit-kind-mpirun": (over_time_limits, "kind", "mpirun"),
    "stop-kind": (stop_and_go_on, "kind"),
    "lost-node": (lost_node, "kind"),
    "preempted-kind": (preempted, "kind"),
    "preempted-strict": (preempted, "strict"),
    "cancelled-strict": (cancelled, "strict"),
}
# Cases run side by side: each has its own ports, below those that systems hand out by themselves.
FIRST_PORT = 24000


def run(case, folder):
    what, kind, *more = CASES[case]
    what(folder, kind, FIRST_PORT + 200 * list(CASES).index(case), *more)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--keep", help="work in this new folder, and leave it there")
    arguments = parser.parse_args()
    folder = Path(arguments.keep or tempfile.mkdtemp(prefix="graft-cluster-"))
    folder.mkdir(exist_ok=True)
    try:
        run(arguments.case, folder)
    except Failure as failure:
        print(f"{arguments.case}: {failure}", file=sys.stderr)
        for log in sorted(folder.rglob("job-*.log")):
            print(f"--- {log}\n{log.read_text()}", file=sys.stderr)
        return 1
    finally:
        if not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
