# SPDX-License-Identifier: Apache-2.0
"""What it costs to hand out one trial that takes no work: graft's whole round trip beside others,
by bench/coordinator.py in turns.

Counted for each: from the first task handed out, with its workers there and warm, to the last
result; divided by the tasks. Of graft that is a run with real trainer processes (one that trains
nothing), each trial's start and result written to the journal and synced to disk before anyone is
told; the others keep nothing. Each has as many workers as the machine has cores, and hands out as
its own documentation says for many short tasks, except that tasks are not put together in chunks:
trials are not."""
import atexit
import functools
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

WORKERS = os.cpu_count()


def nothing(number):
    return {"trial": number, "score": 0.5}


def ms_per_task(seconds, tasks):
    return 1000 * seconds / tasks


def graft(build, tasks):
    folder = tempfile.mkdtemp(prefix="rank0-", dir=os.environ.get("GRAFT_BENCH_DIRECTORY"))
    try:
        done = subprocess.run(
            [build / "bin/round_trip", build / "bin/fake_trainer", folder, str(tasks),
             str(WORKERS)], check=True, capture_output=True, text=True)
        return float(done.stdout)
    finally:
        shutil.rmtree(folder)


def pool(tasks):
    import multiprocessing
    with multiprocessing.Pool(WORKERS) as workers:
        workers.map(nothing, range(WORKERS))
        begun = time.perf_counter()
        for _ in workers.imap_unordered(nothing, range(tasks)):
            pass
        return ms_per_task(time.perf_counter() - begun, tasks)


MPI = """
import sys, time
from mpi4py.futures import MPIPoolExecutor
from rank0 import nothing
if __name__ == "__main__":
    tasks = int(sys.argv[1])
    with MPIPoolExecutor() as workers:
        list(workers.map(nothing, range(8)))
        begun = time.perf_counter()
        list(workers.map(nothing, range(tasks)))
        print(1000 * (time.perf_counter() - begun) / tasks)
"""


def mpi(tasks):
    here = str(pathlib.Path(__file__).resolve().parent)
    with tempfile.NamedTemporaryFile("w", suffix=".py") as script:
        script.write(MPI)
        script.flush()
        done = subprocess.run(
            ["mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "-n",
             str(WORKERS + 1), sys.executable, "-m", "mpi4py.futures", script.name,
             str(tasks)], check=True, capture_output=True, text=True,
            env=dict(os.environ, PYTHONPATH=here))
    return float(done.stdout.split()[-1])


@functools.cache
def ray_started():
    os.environ["RAY_AIR_NEW_OUTPUT"] = "0"  # no report of progress
    import ray
    ray.init(num_cpus=WORKERS, include_dashboard=False, log_to_driver=False,
             logging_level="ERROR")
    return ray


def ray_core(tasks):
    ray = ray_started()
    remote = ray.remote(nothing)
    ray.get([remote.remote(i) for i in range(4 * WORKERS)])
    begun = time.perf_counter()
    ray.get([remote.remote(i) for i in range(tasks)])
    return ms_per_task(time.perf_counter() - begun, tasks)


def ray_tune(tasks):
    ray_started()
    from ray import tune
    # Actors are used again, which is the faster of its two ways.
    config = tune.TuneConfig(num_samples=tasks, reuse_actors=True,
                             max_concurrent_trials=WORKERS)
    with tempfile.TemporaryDirectory() as folder:
        tuner = tune.Tuner(Nothing(), param_space={"number": tune.uniform(0, 1)},
                           tune_config=config,
                           run_config=tune.RunConfig(verbose=0, storage_path=folder))
        begun = time.perf_counter()
        tuner.fit()
        return ms_per_task(time.perf_counter() - begun, tasks)


def Nothing():
    from ray import tune

    class Trial(tune.Trainable):
        def setup(self, config):
            pass

        def reset_config(self, new_config):
            return True

        def step(self):
            return {"score": 0.5, "done": True}

        def save_checkpoint(self, folder):
            return None

        def load_checkpoint(self, folder):
            pass

    return Trial


@functools.cache
def dask_client():
    from distributed import Client
    return Client(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None,
                  silence_logs=50)


def dask(tasks):
    client = dask_client()
    client.gather(client.map(nothing, range(4 * WORKERS), pure=False))
    begun = time.perf_counter()
    client.gather(client.map(nothing, range(tasks), pure=False))
    return ms_per_task(time.perf_counter() - begun, tasks)


@functools.cache
def hyperqueue_cluster():
    from hyperqueue.cluster import LocalCluster, WorkerConfig
    cluster = LocalCluster(worker_config=WorkerConfig(cores=WORKERS))
    atexit.register(cluster.stop)
    return cluster


def hyperqueue(tasks):
    """Its tasks are programs: one that does nothing, whose output nobody wants."""
    from hyperqueue import Job
    client = hyperqueue_cluster().client()

    def run(count):
        job = Job()
        for _ in range(count):
            job.program(["/bin/true"], stdout=None, stderr=None)
        begun = time.perf_counter()
        client.wait_for_jobs([client.submit(job)])
        return ms_per_task(time.perf_counter() - begun, count)

    run(4 * WORKERS)
    return run(tasks)


def contestants(build, quick=False):
    """{name: a run that gives milliseconds per task}"""
    runs = {"graft": (functools.partial(graft, build), 2000), "multiprocessing": (pool, 20000),
            "mpi4py.futures": (mpi, 5000), "Ray core": (ray_core, 2000), "Dask": (dask, 2000),
            "HyperQueue": (hyperqueue, 1000), "Ray Tune": (ray_tune, 20)}
    return {name: functools.partial(run, tasks // 5 if quick else tasks)
            for name, (run, tasks) in runs.items()}
