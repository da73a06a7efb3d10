# SPDX-License-Identifier: Apache-2.0
"""A search whose trials compete: learning rates x dropouts of small_cnn on pcam, by asynchronous
successive halving with the same rungs, one trial at a time on one thread. ./dev bench stopping
calls it. graft's `[stopping]`, Optuna's pruner and Ray Tune's scheduler over one PyTorch loop, and
graft without stopping; wall time of the whole command, epochs trained, and how good the setting is
that it chose, by the best validation.

One trial's test AUC says more of its seed than of its setting. So a choice is worth the mean test
AUC that its setting has over all rounds' whole grids, one yardstick for everybody."""
import statistics

import part
from contestants import Contestants

RATES, DROPOUTS = (1e-5, 1e-4, 1e-3, 1e-2), (0.2, 0.5, 0.8)
EPOCHS, REDUCTION, FIRST_RUNG = 9, 3, 1
SIZE = 32
COUNTS = {"train": 400, "valid": 200, "test": 1500}
WHOLE = "graft, the whole grid"
FEW = {"train": 160, "valid": 64, "test": 64}
ASHA = f"""[stopping]
stop = "asha"
over = ["learning_rate", "dropout"]
reduction = {REDUCTION}
first_rung = {FIRST_RUNG}
"""


def trials_of(seed):
    """Dealt like cards: neither order is that of quality."""
    grid = [dict(network="small_cnn", init="random", freeze=0, seed=seed, learning_rate=rate,
                 dropout=dropout) for rate in RATES for dropout in DROPOUTS]
    return [grid[(5 * i + seed) % len(grid)] for i in range(len(grid))]


def setting_of(row):
    return float(row["learning_rate"]), float(row["dropout"])


def contestants_of(bench):
    """{who: run}; run(trials) -> seconds, epochs, rows of its trials, the chosen one first."""
    settings = dict(warmup_epochs=0, epochs=EPOCHS, train_fraction=1)

    def graft(stopping):
        def run(trials):
            seconds, tested, epochs = bench.graft(trials, 1, 1, stopping, **settings)
            return seconds, len(epochs), sorted(tested, key=lambda row: -row["val_auc"])
        return run

    def peer(by):
        def run(trials):
            seconds, answers = bench.peer("search.py", trials, settings, by=by,
                                          reduction=REDUCTION, first_rung=FIRST_RUNG)
            return (seconds, sum(answer["epochs"] for answer in answers),
                    sorted(answers, key=lambda answer: -answer["best"]))
        return run

    return {"graft": graft(ASHA), WHOLE: graft(""), "Optuna with PyTorch": peer("optuna"),
            "Ray Tune with PyTorch": peer("ray")}


def main():
    parser = part.arguments(__doc__)
    parser.add_argument("--without", action="append", default=[], metavar="WHO",
                        help="leave a contestant out, as 'Ray Tune with PyTorch'")
    options = parser.parse_args()
    results = part.Results(options.results)
    options.folder.mkdir(parents=True, exist_ok=True)
    contestants = contestants_of(Contestants(options.build, options.folder, options.shared,
                                             FEW if options.quick else COUNTS, SIZE))
    chosen, worth = {}, {}
    for seed in range(1, options.rounds + 1):
        for who, run in contestants.items():
            if who in options.without:
                continue
            try:
                seconds, epochs, rows = run(trials_of(seed))
            except Exception as error:
                results.fail("search", "s", who, error)
                continue
            results.add("search", "s", who, seconds)
            results.add("epochs", "epochs", who, epochs)
            results.add("search auc", "AUC", who, float(rows[0]["test_auc"]))
            chosen.setdefault(who, []).append(setting_of(rows[0]))
            if who == WHOLE:
                for row in rows:
                    worth.setdefault(setting_of(row), []).append(float(row["test_auc"]))
    for who, settings in chosen.items() if worth else ():
        for setting in settings:
            results.add("search choice", "AUC", who, statistics.mean(worth[setting]))
    for (rate, dropout), aucs in sorted(worth.items()):
        print(f"learning_rate {rate}, dropout {dropout}: test AUC", *map("{:.3f}".format, aucs))
    return results.exit_code()


raise SystemExit(main())
