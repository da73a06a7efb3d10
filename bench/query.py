# SPDX-License-Identifier: Apache-2.0
"""Questions to a million epochs: `graft query` beside what users would write instead, over the
same sweep, in turns. ./dev bench query [TRIALS EPOCHS] calls it.

Counted for graft: the whole process, from its start to the last byte of CSV. Counted for the
others: from opening the file to the answer in memory, within a Python that runs and has imported
everything; what they read is read anew each time. DuckDB reads Parquet, whose making is not
counted."""
import csv
import io
import subprocess
import sys
import time

import duckdb
import h5py
import numpy as np
import pandas as pd

import part

ARM = ["network", "dataset", "init", "freeze"]
CURVE = ARM + ["phase", "epoch"]


def fields(store, table, columns):
    with h5py.File(store, "r") as file:
        return file[table].fields(columns)[()]


def frame(store, table, columns):
    return pd.DataFrame(fields(store, table, columns))


def pandas_best(store):
    epochs = frame(store, "epochs", ["trial", "epoch", "val_auc"])
    return epochs.loc[epochs.groupby("trial", sort=False).val_auc.idxmax()]


def pandas_curves(store):
    epochs = frame(store, "epochs", ["trial", "phase", "epoch", "val_auc"])
    rows = epochs.merge(frame(store, "trials", ["trial"] + ARM), on="trial")
    return rows.groupby(CURVE, sort=False).val_auc.agg(["count", "mean", "std"])


def numpy_best(store):
    epochs = fields(store, "epochs", ["trial", "epoch", "val_auc"])
    trial, auc = np.ascontiguousarray(epochs["trial"]), np.ascontiguousarray(epochs["val_auc"])
    first = np.flatnonzero(np.r_[True, trial[1:] != trial[:-1]])  # rows are in order of trials
    best = np.maximum.reduceat(auc, first)
    of_row = np.repeat(np.arange(len(first)), np.diff(np.r_[first, len(auc)]))
    at = np.flatnonzero(auc == best[of_row])
    at = at[np.unique(of_row[at], return_index=True)[1]]
    return trial[at], epochs["epoch"][at], auc[at]


def numpy_curves(store):
    epochs = fields(store, "epochs", ["trial", "epoch", "phase", "val_auc"])
    trials = fields(store, "trials", ARM)
    trial, auc = np.ascontiguousarray(epochs["trial"]), np.ascontiguousarray(epochs["val_auc"])
    first = np.flatnonzero(np.r_[True, trial[1:] != trial[:-1]])
    arm = np.unique(trials, return_inverse=True)[1]
    last = epochs["epoch"].max() + 1
    phase = epochs["phase"] == b"warmup"
    code = (np.repeat(arm, np.diff(np.r_[first, len(auc)])) * 2 + phase) * last + epochs["epoch"]
    count = np.bincount(code)
    mean = np.bincount(code, auc) / np.maximum(count, 1)
    square = np.bincount(code, (auc - mean[code]) ** 2)
    return count, mean, np.sqrt(square / np.maximum(count - 1, 1))


def duckdb_best(parquet):
    return duckdb.sql(f"""SELECT trial, arg_max(epoch, val_auc), max(val_auc)
                          FROM '{parquet}/epochs.parquet' GROUP BY trial""").fetchnumpy()


def quoted(columns):
    return ", ".join(f'"{column}"' for column in columns)


def duckdb_curves(parquet):
    return duckdb.sql(f"""
        SELECT {quoted(CURVE)}, count(val_auc), avg(val_auc), stddev(val_auc)
        FROM '{parquet}/epochs.parquet' JOIN
             (SELECT trial, {quoted(ARM)} FROM '{parquet}/trials.parquet') USING (trial)
        GROUP BY {quoted(CURVE)}""").fetchnumpy()


def graft(binary, sweep, *question):
    done = subprocess.run([binary, "query", sweep, *question, "--format", "csv"], check=True,
                          capture_output=True)
    return done.stdout


def to_parquet(store, folder):
    for table in ("trials", "epochs"):
        with h5py.File(store, "r") as file:
            rows = pd.DataFrame(file[table][()])
        for column in rows.select_dtypes([object]):
            rows[column] = rows[column].str.decode("utf-8")
        duckdb.sql(f"COPY (SELECT * FROM rows) TO '{folder}/{table}.parquet'")


def check(answers):
    """The same numbers from everybody, or no times."""
    rows = csv.DictReader(io.StringIO(answers["graft"].decode()))
    column = "val_auc" if "val_auc" in rows.fieldnames else "val_auc_mean"
    ours = np.sort([float(row[column]) for row in rows])
    best = column == "val_auc"
    theirs = {
        "pandas": answers["pandas"].val_auc if best else answers["pandas"]["mean"],
        "numpy": answers["numpy"][2] if best else answers["numpy"][1][answers["numpy"][0] > 0],
        "DuckDB": list(answers["DuckDB"].values())[2 if best else len(CURVE) + 1],
    }
    for name, values in theirs.items():
        np.testing.assert_allclose(np.sort(np.asarray(values, float)), ours, rtol=1e-12,
                                   err_msg=name)


def timed(work):
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def compare(results, rounds, key, contestants):
    check({name: work() for name, work in contestants.items()})
    for _ in range(rounds):
        for name, work in contestants.items():
            results.attempt(key, "ms", name, lambda: timed(work))


def main():
    parser = part.arguments(__doc__)
    parser.add_argument("trials", nargs="?", default="20000")
    parser.add_argument("epochs", nargs="?", default="50")
    options = parser.parse_intermixed_args()
    trials = "2000" if options.quick else options.trials
    results = part.Results(options.results)
    options.folder.mkdir(parents=True, exist_ok=True)
    sweep = options.folder / f"sweep-{trials}-{options.epochs}"
    if not (sweep / "results.h5").exists():
        subprocess.run([options.build / "bin/make_bench_sweep", sweep, trials, options.epochs],
                       check=True)
    store, binary = sweep / "results.h5", options.build / "bin/graft"
    # An earlier program's cache would not be used.
    subprocess.run([binary, "publish", sweep], check=True)
    to_parquet(store, options.folder)
    compare(results, options.rounds, "best", {
        "graft": lambda: graft(binary, sweep, "--epochs", "--best-per", "trial",
                               "--columns", "trial,epoch,val_auc"),
        "pandas": lambda: pandas_best(store),
        "numpy": lambda: numpy_best(store),
        "DuckDB": lambda: duckdb_best(options.folder),
    })
    compare(results, options.rounds, "curves", {
        "graft": lambda: graft(binary, sweep, "--epochs", "--columns", "val_auc",
                               "--group-by", ",".join(CURVE)),
        "pandas": lambda: pandas_curves(store),
        "numpy": lambda: numpy_curves(store),
        "DuckDB": lambda: duckdb_curves(options.folder),
    })
    for _ in range(options.rounds):
        for name, command in {
                "graft": [binary, "query", "--help"],
                "h5py and pandas": [sys.executable, "-c", "import h5py, pandas"],
                "DuckDB and numpy": [sys.executable, "-c", "import duckdb, numpy"],
        }.items():
            results.attempt("start", "ms", name, lambda: timed(
                lambda: subprocess.run(command, check=True, capture_output=True)))
    return results.exit_code()


raise SystemExit(main())
