# SPDX-License-Identifier: Apache-2.0
"""The study's freeze grid as a cohort, against the same trials one after the other, by the trainer
itself, on one thread (bench/cohort.cpp, which checks that all numbers are equal to the bit).
./dev bench cohorts calls it."""
import re
import shutil

import part
from part import call

# With the image sizes: as small as the network takes, so that all of it is minutes.
GRIDS = {"mobilenet": 96, "inception_v3": 75, "resnet50_v2": 32, "densenet121": 32, "small_cnn": 32}
FEWER_ROUNDS = {"resnet50_v2", "densenet121", "small_cnn"}  # those without a bar
QUICK = {"mobilenet": 32, "small_cnn": 32}
ROUND = re.compile(r"^alone ([\d.]+) s .* cohort ([\d.]+) s ", re.M)


def main():
    options = part.arguments(__doc__).parse_args()
    results = part.Results(options.results)
    options.folder.mkdir(parents=True, exist_ok=True)
    for network in GRIDS:
        key = f"cohort {network}"
        size = (QUICK if options.quick else GRIDS).get(network)
        if not size:
            results.leave_out(key, "with --quick")
            continue
        work = options.folder / network
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        try:
            rounds = min(options.rounds, 3) if network in FEWER_ROUNDS else options.rounds
            out = call([options.build / "bin/bench_cohort", network, size, rounds, work])
        except RuntimeError as error:
            results.fail(key, "s", "graft", error)
            continue
        for alone, cohort in ROUND.findall(out):
            results.add(key, "s", "graft", float(cohort))
            results.add(key, "s", "the same trials alone", float(alone))
    return results.exit_code()


raise SystemExit(main())
