# SPDX-License-Identifier: Apache-2.0
"""Training on processors: graft beside what users would run instead, on real images, in turns.
./dev bench training calls it.

1. A whole sweep: mobilenet_0.25 on pcam, random and mean_var, and imagenet at seven freeze levels,
   two seeds; wall time of the whole command on the same cores, and the test's AUC. All train,
   validate and keep as many epochs; graft syncs its journal and its checkpoints besides.
2. One trial: images per second from prepared pixels to the update, validation left out, the first
   epoch left out; beside the peers, graft's own step on a batch that is there already."""
import shutil
import statistics

import part
from contestants import CORES, KEEPING, KERAS, Contestants, auc_of_seeds

FREEZE = [0, 10, 20, 30, 50, 75, 100]
# Images of each part, for the sweep and for one trial, whose training alone counts.
SWEEP = {"train": 800, "valid": 256, "test": 256}
TRIAL = {"train": 640, "valid": 64, "test": 64}
FEW = {"train": 160, "valid": 64, "test": 64}
FRACTIONS = {"mobilenet_0.25": 1, "mobilenet": 0.25, "small_cnn": 0.25}


def torch_loop(bench, trials, settings, environment=None, compiled="", threads=CORES, jobs=1):
    return bench.peer("torch_loop.py", trials, settings, environment, threads=threads, jobs=jobs,
                      compile=compiled)


def one_trial(bench, results, network, options):
    trials = [dict(network=network, init="random", freeze=0, seed=1)]
    settings = dict(warmup_epochs=0, epochs=3, train_fraction=FRACTIONS[network])
    key, unit = f"trial {network}", "images/s"

    def ours():
        return statistics.median(bench.graft(trials, 1, CORES, **settings)[2]
                                 ["images_per_second"][1:])

    def torch(environment=None, compiled=""):
        answer = torch_loop(bench, trials, settings, environment, compiled)[1][0]
        if compiled:
            results.add(f"compile {network}", "s", f"torch.compile, {compiled}",
                        answer["first_epoch_seconds"] - answer["epoch_seconds"])
        return statistics.median(answer["images_per_second"][1:])

    def compiled(mode):
        cache = {"TORCHINDUCTOR_CACHE_DIR": str(bench.folder / "inductor")}
        return lambda: torch({**KEEPING, **cache}, mode)

    def keras():
        answer = bench.peer("keras_loop.py", trials, settings, KERAS, threads=CORES)
        return statistics.median(answer[1][0]["images_per_second"][1:])

    contestants = {"graft": ours, "its own bare step": lambda: bench.bare_step(network),
                   "PyTorch, heap kept": lambda: torch(KEEPING),
                   "torch.compile, default": compiled("default")}
    slow = {"PyTorch": torch}
    if network != "small_cnn":  # which keras.applications lacks
        slow["Keras on PyTorch"] = keras
    if network == "mobilenet_0.25" and not options.quick:
        slow["torch.compile, reduce-overhead"] = compiled("reduce-overhead")
    for number in range(options.rounds):
        for who, run in {**contestants, **(slow if number < options.slow_rounds else {})}.items():
            results.attempt(key, unit, who, run)


def sweep_contestants(bench, settings):
    """{who: (trials -> (seconds, tested trials), whether it is far behind)}"""
    def loop(threads, jobs):
        return lambda trials: torch_loop(bench, trials, settings, KEEPING, threads=threads,
                                         jobs=jobs)

    def tune(workers):
        return lambda trials: bench.peer("ray_tune.py", trials, settings, threads=1, jobs=CORES,
                                         workers=workers)

    return {
        "graft": (lambda trials: bench.graft(trials, **settings)[:2], False),
        "tuned PyTorch, one at a time": (loop(CORES, 1), False),
        "tuned PyTorch, one per core": (loop(1, CORES), False),
        "Ray Tune, no workers": (tune(0), True),
        "Ray Tune, 1 worker": (tune(1), True),
        "Keras on PyTorch": (lambda trials: bench.peer("keras_loop.py", trials, settings, KERAS,
                                                       threads=CORES), True)}


def whole_sweep(bench, results, options):
    arms = [("random", 0), ("mean_var", 0), *(("imagenet", freeze) for freeze in FREEZE)]
    if options.quick:
        arms = arms[::3]
    contestants = sweep_contestants(
        bench, dict(warmup_epochs=1, epochs=1, train_fraction=1))

    def timed(who, run, trials):
        seconds, tested = run(trials)
        for auc in auc_of_seeds(tested):
            results.add("sweep auc", "AUC", who, auc)
        return seconds

    for number in range(options.rounds):
        # Other seeds in each round: what all have learned is compared over all of them.
        trials = [dict(network="mobilenet_0.25", init=init, freeze=freeze, seed=seed)
                  for init, freeze in arms for seed in (2 * number + 1, 2 * number + 2)]
        for who, (run, behind) in contestants.items():
            if number < options.slow_rounds or not behind:
                results.attempt("sweep", "s", who, lambda: timed(who, run, trials))


def main():
    parser = part.arguments(__doc__)
    parser.add_argument("--networks", help="of one trial: MobileNets and small_cnn")
    parser.add_argument("--part", choices=["trial", "sweep", "all"], default="all")
    parser.add_argument("--slow-rounds", type=int, default=1,
                        help="of who is far behind, or takes minutes")
    options = parser.parse_args()
    results = part.Results(options.results)
    networks = options.networks or ("mobilenet_0.25" if options.quick else ",".join(FRACTIONS))
    keys = ["sweep", "sweep auc", *(f"trial {name}" for name in networks.split(","))]
    if not (options.shared / "data/pcam/data").is_dir():
        for key in keys:
            results.leave_out(key, f"no real images here ({options.shared}/data/pcam). "
                                   "Name their folder: --shared DIR.")
        return 0
    options.folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(options.folder / "inductor", ignore_errors=True)  # the first round compiles

    def contestants(counts):
        return Contestants(options.build, options.folder, options.shared,
                           FEW if options.quick else counts)

    if options.part != "trial":
        whole_sweep(contestants(SWEEP), results, options)
    if options.part != "sweep":
        bench = contestants(TRIAL)
        for network in networks.split(","):
            one_trial(bench, results, network, options)
    return results.exit_code()


raise SystemExit(main())
