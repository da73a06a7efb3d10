# SPDX-License-Identifier: Apache-2.0
"""The measures of ./dev bench, their bars, and the table of what its parts left behind
(bench/part.py). Pure: no files, no clock."""
import dataclasses
import math
import statistics

US = "graft"


@dataclasses.dataclass(frozen=True)
class Bar:
    """What graft has to reach: `least` times the best of `against` (without: of everybody), or
    `most` times the first of them where nobody can do better."""
    least: float = 0
    most: float = 0
    against: tuple = ()

    def text(self):
        return f"{self.most:g} of it" if self.most else f"{self.least:g} x"


@dataclasses.dataclass(frozen=True)
class Measure:
    part: str
    key: str
    title: str
    more: bool = False  # more is better: a rate
    bars: tuple = ()
    limit: float = 0  # graft's own figure: at most
    equal: bool = False  # everybody's the same, within the noise of seeds


@dataclasses.dataclass(frozen=True)
class Row:
    measure: str
    graft: str = ""
    against: str = ""
    theirs: str = ""
    ratio: str = ""
    bar: str = ""
    verdict: str = ""

    def cells(self):
        return dataclasses.astuple(self)


HEADER = Row("measure", "graft", "against", "takes or does", "graft is", "bar", "result")

BARE = "its own bare step"
BOUND = "lower bound"
ALONE = "the same trials alone"
NETWORKS = ("mobilenet", "inception_v3", "resnet50_v2", "densenet121", "small_cnn")
LOOPS = ("tuned PyTorch, one at a time", "tuned PyTorch, one per core")
TUNE = ("Ray Tune, no workers", "Ray Tune, 1 worker", "Ray Tune, 2 workers")
KERAS = ("Keras on PyTorch",)


def _training():
    yield Measure("training", "sweep", "whole real sweep, s", bars=(
        Bar(3, against=TUNE), Bar(1.5, against=LOOPS), Bar(3, against=KERAS)))
    yield Measure("training", "sweep auc", "test AUC of its trials, mean of a seed", equal=True)
    for network in ("mobilenet_0.25", "mobilenet", "small_cnn"):
        yield Measure("training", f"trial {network}", f"one trial, {network}, images/s", more=True,
                      bars=(Bar(1.15), Bar(0.95, against=(BARE,))))
        yield Measure("training", f"compile {network}",
                      f"compiling beforehand, {network}, s (not in it)")
    for network in NETWORKS:
        bar = (Bar(1.25),) if network in ("mobilenet", "inception_v3") else ()
        yield Measure("cohorts", f"cohort {network}", f"freeze grid as a cohort, {network}, s",
                      bars=bar)


def _preparation():
    for pictures, sides in (("catsdogs", (128, 224)), ("retina", (128, 224)), ("pcam", (96,)),
                            ("photographs", (128, 224)), ("patches", (96,))):
        for way in ("decoding alone", "the whole way"):
            for side in sides:
                yield Measure("preparation", f"{pictures} {side} {way}",
                              f"{pictures} to {side}, {way}, images/s", more=True,
                              bars=(Bar(1.3),))


def _others(result):
    """Pictures that a user named."""
    known = {measure.key for measure in MEASURES}
    return [Measure("preparation", key, f"{key}, images/s", more=True, bars=(Bar(1.3),))
            for key in result.get("measures", {}) if key not in known]


def _coordinator():
    for trials, slots in ((100_000, 16), (100_000, 4_096), (1_000_000, 16), (1_000_000, 4_096)):
        yield Measure("coordinator", f"reactor {trials} {slots}",
                      f"rank 0's reactor, {trials:,} trials, {slots:,} slots, us per trial",
                      limit=20)
    yield Measure("coordinator", "round trip", "whole round trip of a trial, ms", bars=(Bar(1),))
    yield Measure("coordinator", "expand", "1,000,000 trials expanded, s", limit=1)
    yield Measure("coordinator", "bytes", "their memory, bytes each", limit=200)
    yield Measure("coordinator", "plan", "graft plan of them, s", limit=3)
    yield Measure("coordinator", "makespan 5", "simulated: 16 GPUs, five seeds, h",
                  bars=(Bar(most=1.02, against=(BOUND,)),))
    yield Measure("coordinator", "makespan 1", "simulated: 16 GPUs, one seed, h",
                  bars=(Bar(most=1.02, against=(BOUND,)),))
    yield Measure("coordinator", "hours float16", "simulated: 16 V100, one seed, float16, h",
                  limit=6)
    yield Measure("coordinator", "hours float32", "simulated: 16 V100, one seed, float32, h")


def _gpu():
    for network in NETWORKS:
        yield Measure("gpu", f"gpu {network}", f"GPU, {network}, float16, images/s", more=True,
                      bars=(Bar(1, against=("PyTorch eager",)),
                            Bar(0.95, against=("torch.compile",)), Bar(0.95, against=(BARE,))))
        yield Measure("gpu", f"gpu cohort {network}",
                      f"GPU, freeze grid as a cohort, {network}, times its trials alone")


def _questions():
    yield Measure("query", "best", "a large sweep: best epoch of each trial, ms")
    yield Measure("query", "curves", "a large sweep: means per arm and epoch, ms")
    yield Measure("query", "start", "a start alone, ms")
    yield Measure("report", "report", "report of a study, s")


def _stopping():
    yield Measure("stopping", "search", "search of 12 settings with asha, s")
    yield Measure("stopping", "epochs", "its epochs of training")
    yield Measure("stopping", "search auc", "test AUC of what it chose", more=True, equal=True)
    yield Measure("stopping", "search choice", "mean test AUC of settings as it chose", more=True,
                  equal=True)


MEASURES = (*_training(), *_preparation(), *_coordinator(), *_gpu(), *_questions(),
            *_stopping())


def figure(value):
    """Three digits, or all before the point."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"


def spread(values, unit=""):
    """Median (least to most), by `figure` of the three."""
    middle = figure(statistics.median(values)) + unit
    if len(values) == 1:
        return middle
    return f"{middle} ({figure(min(values))} to {figure(max(values))})"


def ratios(measure, ours, theirs):
    """How many times graft does what they do, round by round."""
    return [a / b if measure.more else b / a for a, b in zip(ours, theirs)]


def verdict(reached, wanted):
    """In percent of what was wanted; both: more is better."""
    by = abs(reached / wanted - 1) * 100
    amount = f"by {by:.0f} %" if by >= 1 or by == 0 else f"by {by:.1g} %"
    return f"met {amount}" if reached >= wanted else f"MISSED {amount}"


# Student's t at 0.995, for degrees of freedom of so many and more.
T_995 = ((30, 2.75), (18, 2.88), (14, 2.98), (10, 3.17), (8, 3.36), (6, 3.71), (4, 4.604),
         (3, 5.84), (2, 9.92))


def noise_verdict(ours, theirs):
    """Whether two means over seeds are equal: zero is in the 99 % interval of their difference
    (Student's, with one variance)."""
    if min(len(ours), len(theirs)) < 2:
        return "one seed: cannot be told"
    degrees = len(ours) + len(theirs) - 2
    squares = sum(statistics.variance(values) * (len(values) - 1) for values in (ours, theirs))
    error = math.sqrt(squares / degrees * (1 / len(ours) + 1 / len(theirs)))
    reach = error * next(t for least, t in T_995 if degrees >= least)
    difference = statistics.mean(ours) - statistics.mean(theirs)
    text = f"{difference:+.3f}, interval {reach:.3f} to both sides"
    return f"equal ({text})" if abs(difference) <= reach else f"UNEQUAL ({text})"


def bar_of(measure, found, who):
    """The bar that `who` is measured by: the best contestant of each bar stands for it."""
    rounds, aside = found["rounds"], found["aside"]
    for bar in measure.bars:
        named = bar.against or [name for name in rounds if name != BARE]
        names = [name for name in named if name in rounds and name not in aside and name != US]
        if not names:
            continue
        best = max if measure.more else min
        if who == best(names, key=lambda name: statistics.median(rounds[name])):
            return bar
    return None


def own_row(measure, found):
    ours = found["rounds"][US]
    limit, state = "", ""
    if measure.limit:
        limit = f"at most {measure.limit:g}"
        state = verdict(1 / statistics.median(ours), 1 / measure.limit)
    return Row(measure.title, spread(ours), bar=limit, verdict=state)


def peer_row(measure, found, who):
    ours, theirs = found["rounds"].get(US), found["rounds"][who]
    text = spread(theirs)
    if ours and len(theirs) < len(ours):
        what = "seed" if measure.equal else "round"
        text += f", {len(theirs)} {what}{'s' * (len(theirs) > 1)}"
    if not ours:
        return Row("", "", who, text)
    if measure.equal:
        return Row("", "", who, text, verdict=noise_verdict(ours, theirs))
    times = ratios(measure, ours, theirs)
    bar = bar_of(measure, found, who)
    if bar and bar.most:
        times = [1 / value for value in times]
        return Row("", "", who, text, f"{statistics.median(times):.3f} of it", bar.text(),
                   verdict(1 / statistics.median(times), 1 / bar.most))
    state = found["aside"].get(who, "")
    if bar:
        state = verdict(statistics.median(times), bar.least)
    return Row("", "", who, text, spread(times, " x"), bar.text() if bar else "", state)


def rows_of(measure, result):
    """The rows of a measure out of its part's JSON."""
    if measure.key in result.get("left_out", {}):
        return [Row(measure.title, verdict=f"left out: {result['left_out'][measure.key]}")]
    found = result.get("measures", {}).get(measure.key)
    if not found:
        return []
    rows = [own_row(measure, found)] if US in found["rounds"] else [Row(measure.title)]
    rows += [peer_row(measure, found, who) for who in found["rounds"] if who != US]
    rows += [Row("", "", who, verdict=f"FAILED: {why}") for who, why in found["failed"].items()]
    # One line where one will do: graft's figure beside its first peer.
    if len(rows) > 1 and not rows[0].bar and not rows[0].verdict:
        rows[:2] = [dataclasses.replace(rows[1], measure=rows[0].measure, graft=rows[0].graft)]
    return rows


def table(results, failures):
    """Rows of all parts that were run: `results` {part: JSON}, `failures` {part: why}."""
    rows = []
    for measure in (*MEASURES, *_others(results.get("preparation", {}))):
        rows += rows_of(measure, results.get(measure.part, {}))
    rows += [Row(f"{part}", verdict=f"FAILED: {why}") for part, why in failures.items()]
    return rows


def any_failed(results):
    return any(measure["failed"] for result in results.values()
               for measure in result["measures"].values())


def summary(rows):
    counts = {word: sum(row.verdict.startswith(word) for row in rows)
              for word in ("met", "MISSED", "FAILED")}
    text = f"{counts['met']} bars met, {counts['MISSED']} missed."
    return text + (f" {counts['FAILED']} failed." if counts["FAILED"] else "")


def as_text(rows):
    cells = [row.cells() for row in (HEADER, *rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]) - 1)]
    lines = ["  ".join([*(cell.ljust(width) for cell, width in zip(line, widths)), line[-1]])
             .rstrip() for line in cells]
    lines.insert(1, "-" * max(map(len, lines[:1])))
    return "\n".join(lines) + "\n"


def as_markdown(rows):
    lines = ["| " + " | ".join(row.cells()) + " |" for row in (HEADER, *rows)]
    lines.insert(1, "|" + "---|" * len(HEADER.cells()))
    return "\n".join(lines) + "\n"
