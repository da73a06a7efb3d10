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
        ids = re.search(r"^Sent (?:job|.*: )([\d, ]+)", said, re.M)
        return re.findall(r"\d+", ids[1])

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

    def hosts(self):
        """Where something was trained, as far as the journal says."""
        self.site.type(GRAFT, "publish", self.directory)
        return sorted({host.decode() for host in stores.table(self.directory, "attempts")["host"]})

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
    site = Site(folder, kind, port)
    case = Case(folder, site, images=60, epochs=60, seeds=4)
    reference = case.undisturbed()
    with site:
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
    """SLURM loses a node and starts the job elsewhere, while the first one lives on: its daemon is
    killed, its processes are not, and mpirun on one node asks SLURM nothing."""
    with Site(folder, kind, port) as site:
        case = Case(folder, site, images=60, epochs=60, seeds=2)
        reference = case.undisturbed()
        case.submit(nodes=1)
        case.send_edited(r"( --ranks 1)", r"\1 --launcher mpirun")
        case.wait_for_saves()
        first = case.hosts()
        site.kill_node_daemon(first[0])
        site.wait_for_no_job(600)
        case.must_equal(reference)
        check(len(case.hosts()) > 1, f"all ran on {first}")
        check("an earlier start of this job still runs" in case.logs(), case.logs())
        case.times()


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
    """scancel of the running job: the next one, sent beforehand, goes on, and nothing acknowledged
    is lost; the third has nothing left to do."""
    with Site(folder, kind, port) as site:
        case = Case(folder, site, images=60, epochs=30, seeds=2)
        reference = case.undisturbed()
        sent = case.submit("--chain", 3)
        case.wait_for_saves()
        site.type("scancel", sent[0])
        site.wait_for_no_job()
        check(case.started() == sent[:2], f"{case.started()} ran of {sent}")
        check(site.finished()[sent[2]] == "CANCELLED", f"{site.finished()}")
        case.must_equal(reference)
        case.times()


def parts_and_merge(folder, kind, port):
    """A job per part, all asked as one sweep, stopped, sent again, and merged."""
    with Site(folder, kind, port) as site:
        case = Case(folder, site, images=60, epochs=12, seeds=2)
        reference = case.undisturbed()
        graft, sweep = site.type, case.file
        options = ("--parts", 3, "--cpus-per-gpu", 1, "--time", 10, "--gpus-per-node", 0)
        said = graft(GRAFT, "submit", sweep, *options)
        check(said.count("Part 0") == 3, said)
        site.wait("a part has saved", lambda: any(case.directory.glob("parts/*/trials/*/*.h5")))
        said = graft(GRAFT, "status", sweep)
        check("divided into 3 parts" in said and "running on n" in said, said)
        graft(GRAFT, "stop", sweep)
        site.wait_for_no_job(60)
        said = graft(GRAFT, "submit", sweep, *options)
        check("job" in said, said)
        site.wait_for_no_job()
        asked = graft(GRAFT, "query", sweep, "--format", "csv")
        graft(GRAFT, "merge", sweep)
        merged = graft(GRAFT, "query", sweep, "--format", "csv")
        check(merged == asked, "the merged sweep has other rows")
        case.must_equal(reference)


def look_at_nodes(folder, kind, port):
    """check --on-nodes, as SLURM deals nodes and GPUs; plan uses what it measured."""
    with Site(folder, kind, port) as site:
        case = Case(folder, site, images=20, epochs=2, seeds=1)
        check_nodes = (GRAFT, "check", case.file, "--on-nodes", "--time", "00:03:00")
        said = site.type(*check_nodes, "--nodes", 2)
        for text in ("\nn1 ", "\nn2 ", " us, ", "small_cnn, 16 px, batch 8, float32"):
            check(text in said, f"no '{text}' in\n{said}")
        check("by check --on-nodes" in site.type(GRAFT, "plan", case.file), "plan does not use it")
        devices = Path(folder) / "devices"
        devices.write_text("driver=535.1\nGPU-aaaa;V100;9\nGPU-bbbb;V100;9\n"
                           "GPU-cccc;V100;9;errors=2\nGPU-dddd;V100;9\n")
        site.environment["GRAFT_DEVICES"] = str(devices)
        said = site.type(*check_nodes, "--gpus-per-node", 3, codes=(2,))
        check("3 x V100" in said and "GPU-cccc (V100) gets no work" in said, said)
        # Four ranks of one node that are given the same two GPUs.
        site.type("srun", "--mpi=pmix", "-N1", "-n4", "--gres=gpu:2", GRAFT, "node-check",
                  case.directory / "check", codes=None)
        answer = (case.directory / "check/answer").read_bytes().decode(errors="replace")
        check(re.search(r"4 ranks on host n\d share 2 GPUs", answer), answer)
        said = site.type(*check_nodes, "--partition", "nowhere", codes=(2,))
        check("invalid partition" in said, said)


CASES = {
    "time-limit-strict": (over_time_limits, "strict"),
    "time-limit-kind-mpirun": (over_time_limits, "kind", "mpirun"),
    "stop-kind": (stop_and_go_on, "kind"),
    "lost-node": (lost_node, "kind"),
    "preempted-kind": (preempted, "kind"),
    "preempted-strict": (preempted, "strict"),
    "cancelled-strict": (cancelled, "strict"),
    "parts-strict": (parts_and_merge, "strict"),
    "look-at-nodes": (look_at_nodes, "kind"),
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
    folder.chmod(0o755)  # munged demands that all can reach its socket
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
