# SPDX-License-Identifier: Apache-2.0
"""`graft report` on a sweep of a whole study. ./dev bench report [SEEDS RATES] calls it; the sweep
is made where it is missing (28 seeds, 1 rate: 5,152 trials, 8 GB; with one seed still 4 GB)."""
import resource
import shutil
import subprocess
import time

import part


def main():
    parser = part.arguments(__doc__)
    parser.add_argument("seeds", nargs="?", default="28")
    parser.add_argument("rates", nargs="?", default="1")
    options = parser.parse_intermixed_args()
    results = part.Results(options.results)
    seeds = "1" if options.quick else options.seeds
    sweep = options.folder / f"report-{seeds}-{options.rates}"
    out = options.folder / "report"
    if not (sweep / "results.h5").exists():
        shutil.rmtree(sweep, ignore_errors=True)  # half a sweep
        sweep.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([options.build / "bin/make_report_sweep", sweep, seeds, options.rates],
                       check=True)

    def report():
        shutil.rmtree(out, ignore_errors=True)
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run([options.build / "bin/graft", "report", sweep, "--output",
                        out / "report.html"], check=True, capture_output=True)
        wall = time.perf_counter() - start
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
        figures = list((out / "figures").iterdir())
        print(f"{cpu:.1f} s of processors, {used.ru_maxrss / 1024:.0f} MB of memory, page "
              f"{(out / 'report.html').stat().st_size / 1e6:.1f} MB, {len(figures)} figures of "
              f"{sum(file.stat().st_size for file in figures) / 1e6:.1f} MB", flush=True)
        return wall

    for _ in range(options.rounds):
        results.attempt("report", "s", "graft", report)
    return results.exit_code()


raise SystemExit(main())
