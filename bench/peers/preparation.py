# SPDX-License-Identifier: Apache-2.0
"""Image files to squares: graft-prepare beside what users would write instead, over the same
files, in turns, as medians. ./dev bench preparation calls it: preparation.py BUILD DIRECTORY
[FOLDER...]; without folders of images (one kind of file in each) it draws some.

Decoding alone: from the bytes of a file to a square in memory, one thread. The whole way: from a
list of files to all squares, synced to disk. graft checks files for damage and hashes them and
their pictures in both; in the second the whole process counts, with its start, the listing, the
split and the checksums. The others run in a Python that has everything imported, check and hash
nothing, and write the bare bytes.

Each contestant is a process of its own, pinned to the cores that it may use."""
import concurrent.futures
import importlib.util
import itertools
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

ROUNDS = 5
ALONE, WHOLE = 600, 2000  # files decoded in a round; with smaller sets linked several times
SIDES = (128, 224)
CORE, CORES = {max(os.sched_getaffinity(0))}, set(sorted(os.sched_getaffinity(0))[-2:])


# The contestants: what each makes of a path is [side, side, 3], RGB, 8 bits.

def opencv(side):
    import cv2
    import simplejpeg
    cv2.setNumThreads(1)
    reduced = {1: cv2.IMREAD_COLOR, 2: cv2.IMREAD_REDUCED_COLOR_2,
               4: cv2.IMREAD_REDUCED_COLOR_4, 8: cv2.IMREAD_REDUCED_COLOR_8}

    def decode(path):
        import numpy as np
        data = np.fromfile(path, np.uint8)
        reduction = 1
        if path.endswith(".jpg"):
            height, width = simplejpeg.decode_jpeg_header(data)[:2]
            reduction = next(r for r in (8, 4, 2, 1) if min(height, width) // r >= side or r == 1)
        picture = cv2.imdecode(data, reduced[reduction] | cv2.IMREAD_IGNORE_ORIENTATION)
        picture = resized(cv2, picture, side)
        return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    return decode


def resized(cv2, picture, side):
    if picture.shape[:2] == (side, side):
        return picture
    smaller = min(picture.shape[:2]) < side
    return cv2.resize(picture, (side, side),
                      interpolation=cv2.INTER_LINEAR if smaller else cv2.INTER_AREA)


def opencv_whole(side):
    """Everything decoded whole: the measure of what reducing costs, not a contestant."""
    import cv2

    def decode(path):
        picture = cv2.imread(path, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
        return cv2.cvtColor(resized(cv2, picture, side), cv2.COLOR_BGR2RGB)
    return decode


def pillow(side):
    import numpy as np
    from PIL import Image

    def decode(path):
        with Image.open(path) as picture:
            picture.draft("RGB", (side, side))  # as large as the square, or larger
            smaller = min(picture.size) < side
            filter_ = Image.Resampling.BILINEAR if smaller else Image.Resampling.BOX
            return np.asarray(picture.convert("RGB").resize((side, side), filter_))
    return decode


def simplejpeg_eighths(side, factor=1):
    import cv2
    import simplejpeg
    cv2.setNumThreads(1)

    def decode(path):
        with open(path, "rb") as file:
            data = file.read()
        return resized(cv2, simplejpeg.decode_jpeg(data, min_height=side, min_width=side,
                                                   min_factor=factor), side)
    return decode


def simplejpeg_halves(side):
    return simplejpeg_eighths(side, 2)


def torchvision(side):
    import torch
    from torchvision import io
    from torchvision.transforms.v2 import functional
    torch.set_num_threads(1)

    def decode(path):
        picture = io.decode_jpeg(io.read_file(path), mode=io.ImageReadMode.RGB)
        picture = functional.resize(picture, [side, side], antialias=True)
        return picture.permute(1, 2, 0).contiguous().numpy()
    return decode


def tf_data(side, paths, threads):
    """A dataset of squares in order; tf.data has threads of its own."""
    import tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(threads)

    def decode(path):
        data = tf.io.read_file(path)
        shape = tf.io.extract_jpeg_shape(data)
        least = tf.minimum(shape[0], shape[1])
        index = tf.reduce_sum(tf.cast([least // r >= side for r in (2, 4, 8)], tf.int32))
        picture = tf.switch_case(index, [
            lambda r=r: tf.io.decode_jpeg(data, channels=3, ratio=r, dct_method="INTEGER_ACCURATE")
            for r in (1, 2, 4, 8)])
        picture = tf.image.resize(picture, (side, side), method="area")
        return tf.cast(tf.round(picture), tf.uint8)

    options = tf.data.Options()
    options.threading.private_threadpool_size = threads
    return (tf.data.Dataset.from_tensor_slices(paths)
            .map(decode, num_parallel_calls=threads, deterministic=True)
            .prefetch(16).with_options(options))


ONE_BY_ONE = {
    "OpenCV, reduced": opencv, "Pillow, draft": pillow, "simplejpeg, n/8": simplejpeg_eighths,
    "simplejpeg, 1/2": simplejpeg_halves, "torchvision": torchvision, "whole": opencv_whole}
NEEDS = {"torchvision": "torchvision", "tf.data": "tensorflow"}
WHOLE_WAY = {"OpenCV, reduced", "simplejpeg, 1/2", "torchvision", "tf.data"}  # the faster ones
JPEG_ONLY = {"simplejpeg, n/8", "simplejpeg, 1/2", "torchvision", "tf.data"}


def squares(name, side, paths, threads):
    """A function that yields all squares in the order of the paths, anew at each call."""
    if name == "tf.data":
        dataset = tf_data(side, paths, threads)
        return lambda: iter(dataset.as_numpy_iterator())
    decode = ONE_BY_ONE[name](side)
    if threads == 1:
        return lambda: map(decode, paths)
    pool = concurrent.futures.ThreadPoolExecutor(threads)
    return lambda: in_order(pool, decode, paths, 16 * threads)


def in_order(pool, decode, paths, ahead):
    """pool.map() with so many squares in memory at most."""
    rest = iter(paths)
    waiting = [pool.submit(decode, path) for path in itertools.islice(rest, ahead)]
    while waiting:
        yield waiting.pop(0).result()
        waiting += [pool.submit(decode, path) for path in itertools.islice(rest, 1)]


def worker(name, side, threads, output):
    """A contestant's process: the protocol of bench/decode_files.cpp. With `output`, squares are
    written there and synced."""
    paths = list(iter(lambda: sys.stdin.readline().rstrip("\n"), ""))
    all_squares = squares(name, int(side), paths, int(threads))
    for _ in sys.stdin:
        start, used = time.perf_counter(), time.process_time()
        if output:
            with open(output, "wb") as file:
                for square in all_squares():
                    file.write(memoryview(square).cast("B"))
                file.flush()
                os.fsync(file.fileno())
        else:
            for _ in all_squares():
                pass
        print(time.perf_counter() - start, time.process_time() - used, flush=True)


class Process:
    """One of those, kept for all rounds."""

    def __init__(self, command, paths, cores):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True, preexec_fn=lambda: os.sched_setaffinity(0, cores))
        self.process.stdin.write("".join(f"{path}\n" for path in paths) + "\n")

    def round(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"a contestant ended: {self.process.args}")
        return [float(number) for number in line.split()]

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Prepare:
    """graft-prepare, a new process each round."""

    def __init__(self, build, images, side, cores, output):
        self.cores, self.output = cores, output
        self.command = [build / "bin/graft-prepare", "--path", images, "--images",
                        "{class}/{id}" + next(images.glob("*/*")).suffix, "--sizes", str(side),
                        "--workers", str(len(cores)), "--duplicates", "report",
                        "--output", output]

    def round(self):
        shutil.rmtree(self.output, ignore_errors=True)
        start = time.perf_counter()
        process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL,
                                   preexec_fn=lambda: os.sched_setaffinity(0, self.cores))
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = status
        if status != 0:
            sys.exit("graft-prepare failed")
        return time.perf_counter() - start, used.ru_utime + used.ru_stime

    def end(self):
        pass

    def squares(self):
        import h5py
        with h5py.File(next(self.output.glob("*.h5"))) as file:
            numbers = [int(text.split(b"/")[1]) for text in file["id"][()]]
            return dict(zip(numbers, file["pixels"][()]))


def peers(suffix):
    names = [*ONE_BY_ONE, "tf.data"]
    names.remove("whole")
    return [name for name in names if name not in missing_peers()
            and not (name in JPEG_ONLY and suffix != ".jpg")]


def missing_peers():
    return {name: library for name, library in NEEDS.items()
            if not importlib.util.find_spec(library)}


def error(found, expected):
    import numpy as np
    return statistics.mean(float(np.mean(np.abs(np.asarray(a, np.int16) - b)))
                           for a, b in zip(found, expected))


def compare(title, images, contestants, errors):
    times = {name: [] for name in contestants}
    for contestant in contestants.values():
        contestant.round()  # warm: files in memory, libraries loaded, functions traced
    for _ in range(ROUNDS):
        for name, contestant in contestants.items():
            times[name].append(contestant.round())
    for contestant in contestants.values():
        contestant.end()
    print(f"{title}: images/s by the clock, and of one processor's time; {ROUNDS} rounds in turns")
    ours = [statistics.median(taken[kind] for taken in times["graft"]) for kind in (0, 1)]
    for name, taken in times.items():
        clock, used = (statistics.median(one[kind] for one in taken) for kind in (0, 1))
        print(f"  {name:16} {images / clock:7.0f}   {images / used:7.0f}    graft is "
              f"{clock / ours[0]:4.2f} x by the clock, {used / ours[1]:4.2f} x by the processor"
              f"   {errors.get(name, '')}", flush=True)


def link_images(folder, into):
    """Two classes of links named by number: a layout that graft-prepare takes."""
    shutil.rmtree(into, ignore_errors=True)
    files = sorted(path for path in folder.rglob("*") if path.is_file())[:WHOLE]
    suffix = ".jpg" if files[0].suffix.lower() in (".jpg", ".jpeg") else files[0].suffix.lower()
    paths = []
    for number, file in zip(range(WHOLE), itertools.cycle(files)):
        path = into / "ab"[number % 2] / f"{number:06}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(file.resolve())
        paths.append(str(path))
    return paths


def compare_set(build, folder, work):
    paths = link_images(folder, work / "images")
    done = set()
    for asked in SIDES:
        prepare = Prepare(build, work / "images", asked, CORE, work / "prepared")
        prepare.round()
        made = prepare.squares()
        side = made[0].shape[0]  # that of the largest source, where none is as large as asked for
        if side not in done:
            compare_side(build, f"{folder.parent.name}/{folder.name}", paths, side, made, work)
        done.add(side)


def compare_side(build, name, paths, side, made, work):
    some = paths[:ALONE]
    names = peers(pathlib.Path(paths[0]).suffix)

    def python(name, threads, output, cores, paths):
        return Process([sys.executable, __file__, "worker", name, str(side), str(threads), output],
                       paths, cores)

    whole = list(squares("whole", side, some[::10], 1)())
    errors = {"graft": error([made[i] for i in range(0, len(some), 10)], whole)}
    errors |= {name: error(squares(name, side, some[::10], 1)(), whole) for name in names}
    errors = {name: f"off by {value:.2f} levels" for name, value in errors.items()}
    contestants = {"graft": Process([build / "bin/decode_files", str(side)], some, CORE)}
    contestants |= {name: python(name, 1, "", CORE, some) for name in names}
    compare(f"{name} to {side}, decoding alone, one core", len(some), contestants, errors)
    for cores in (CORE, CORES):
        contestants = {"graft": Prepare(build, work / "images", side, cores, work / "prepared")}
        contestants |= {name: python(name, len(cores), str(work / f"squares{i}"), cores, paths)
                        for i, name in enumerate(names) if name in WHOLE_WAY}
        compare(f"{name} to {side}, the whole way, {len(cores)} core(s)", len(paths), contestants,
                {})


def draw(folder):
    """Pictures with something at every scale and some edges, as photographs have."""
    import cv2
    import numpy as np
    random = np.random.default_rng(1)
    for kind, count, width, height in (("photographs", 600, 500, 375), ("patches", 3000, 96, 96)):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            picture = np.zeros((height, width, 3), np.float32)
            for octave in (2, 4, 8, 16, 32, 64):
                noise = random.normal(0, 60 / octave ** 0.7, (octave, octave, 3))
                picture += cv2.resize(noise.astype(np.float32), (width, height),
                                      interpolation=cv2.INTER_CUBIC)
            picture = np.clip(picture + 128, 0, 255).astype(np.uint8)
            for _ in range(8):
                corner = tuple(int(value) for value in random.integers(0, width, 2))
                colour = [int(value) for value in random.integers(0, 256, 3)]
                cv2.circle(picture, corner, int(random.integers(4, width // 5)), colour, 2)
            cv2.imwrite(str(folder / kind / f"{number:05}.jpg"), picture,
                        [cv2.IMWRITE_JPEG_QUALITY, 92])
    (folder / "complete").touch()


def main():
    build, work = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    folders = [pathlib.Path(folder) for folder in sys.argv[3:]]
    for name, library in missing_peers().items():
        print(f"left out: {name} ({library} is not installed)")
    if not folders:
        if not (work / "drawn/complete").exists():
            draw(work / "drawn")
        folders = [work / "drawn/photographs", work / "drawn/patches"]
    for folder in folders:
        compare_set(build, folder, work)


if len(sys.argv) > 2 and sys.argv[1] == "worker":
    worker(*sys.argv[2:])
else:
    main()
