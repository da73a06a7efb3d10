# SPDX-License-Identifier: Apache-2.0
"""A search whose trials compete: learning rates x dropouts of small_cnn on pcam, by asynchronous
successive halving with the same rungs, one trial at a time on one thread. ./dev bench stopping
calls it. graft's `[stopping]`, Optuna's pruner and Ray Tune's scheduler over one PyTorch loop, and
graft without stopping; wall time of the whole command, epochs trained, and the test AUC of the
setting with the best validation."""
import part
from contestants import Contestants

RATES, DROPOUTS = (1e-5, 1e-4, 1e-3, 1e-2), (0.2, 0.5, 0.8)
EPOCHS, REDUCTION, FIRST_RUNG = 9, 3, 1
SIZE = 32
COUNTS = {"train": 400, "valid": 200, "test": 400}
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


def main():
    options = part.arguments(__doc__).parse_args()
    results = part.Results(options.results)
    options.folder.mkdir(parents=True, exist_ok=True)
    bench = Contestants(options.build, options.folder, options.shared,
                        FEW if options.quick else COUNTS, SIZE)
    settings = dict(warmup_epochs=0, epochs=EPOCHS, train_fraction=1)

    def graft(trials, stopping):
        seconds, tested, epochs = bench.graft(trials, 1, 1, stopping, **settings)
        return seconds, len(epochs), max(tested, key=lambda row: row["val_auc"])["test_auc"]

    def peer(trials, by):
        seconds, answers = bench.peer("search.py", trials, settings, by=by, reduction=REDUCTION,
                                      first_rung=FIRST_RUNG)
        return (seconds, sum(answer["epochs"] for answer in answers),
                max(answers, key=lambda answer: answer["best"])["test_auc"])

    contestants = {
        "graft": lambda trials: graft(trials, ASHA),
        "graft, the whole grid": lambda trials: graft(trials, ""),
        "Optuna with PyTorch": lambda trials: peer(trials, "optuna"),
        "Ray Tune with PyTorch": lambda trials: peer(trials, "ray"),
    }
    for seed in range(1, options.rounds + 1):
        for who, run in contestants.items():
            try:
                seconds, epochs, auc = run(trials_of(seed))
            except Exception as error:
                results.fail("search", "s", who, error)
                continue
            results.add("search", "s", who, seconds)
            results.add("epochs", "epochs", who, epochs)
            results.add("search auc", "AUC", who, float(auc))
    return results.exit_code()


raise SystemExit(main())
