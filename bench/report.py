# SPDX-License-Identifier: Apache-2.0
"""`graft report` on a sweep of a whole study: ./dev bench calls it: report.py BUILD DIRECTORY
[SEEDS RATES]. The sweep is made where it is missing (28 seeds, 1 rate: 5,152 trials, 8 GB)."""
import pathlib
import resource
import shutil
import subprocess
import sys
import time

ROUNDS = 3


def bytes_of(folder):
    return sum(file.stat().st_size for file in folder.iterdir())


def main():
    build, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    seeds, rates = (sys.argv[3:5] + ["28", "1"][len(sys.argv) - 3:])[:2]
    sweep, out = folder / f"report-{seeds}-{rates}", folder / "report"
    if not (sweep / "results.h5").exists():
        shutil.rmtree(sweep, ignore_errors=True)  # half a sweep
        subprocess.run([build / "bin/make_report_sweep", sweep, seeds, rates], check=True)
    for _ in range(ROUNDS):
        shutil.rmtree(out, ignore_errors=True)
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run([build / "bin/graft", "report", sweep, "--output", out / "report.html"],
                       check=True, capture_output=True)
        wall = time.perf_counter() - start
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
        page, figures = out / "report.html", out / "figures"
        print(f"{wall:5.1f} s by the clock   {cpu:5.1f} s of processors   "
              f"{used.ru_maxrss / 1024:4.0f} MB of memory   "
              f"page {page.stat().st_size / 1e6:.1f} MB   "
              f"{len(list(figures.iterdir()))} figures {bytes_of(figures) / 1e6:.1f} MB",
              flush=True)


main()
