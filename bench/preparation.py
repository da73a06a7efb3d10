# SPDX-License-Identifier: Apache-2.0
"""Image files to squares: graft-prepare beside what users would write instead
(peers/preparation.py), over the same files, in turns. ./dev bench preparation [FOLDER...] calls it;
each FOLDER holds one kind of file. Without, those of --shared, or pictures that it draws.

Decoding alone: from a file to a square in memory. The whole way: from a list of files to all
squares, synced to disk. graft checks files for damage and hashes them and their pictures in both;
in the second the whole process counts, with its start, the listing, the split and the checksums.

Each contestant is a process of its own, pinned to one core; images per second are of processor
time, which other programs on the machine disturb least."""
import itertools
import os
import pathlib
import shutil
import subprocess
import sys

import h5py
import numpy as np

import part

PEERS = pathlib.Path(__file__).resolve().parent / "peers/preparation.py"
CORE = {max(os.sched_getaffinity(0))}
NAMES = ["OpenCV, reduced", "Pillow, draft", "simplejpeg, n/8", "simplejpeg, 1/2", "torchvision",
         "tf.data"]
WHOLE_WAY = {"OpenCV, reduced", "simplejpeg, 1/2", "torchvision", "tf.data"}  # the faster ones
JPEG_ONLY = {"simplejpeg, n/8", "simplejpeg, 1/2", "torchvision", "tf.data"}
SHARED = {"catsdogs": "data/catsdogs/train", "retina": "data/retina/train_images",
          "pcam": "data/pcam/data"}
UNIT = "images/s"


class Process:
    """A peer or decode_files, kept for all rounds."""

    def __init__(self, command, paths):
        self.images = len(paths)
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, CORE))
        self.process.stdin.write("".join(f"{path}\n" for path in paths) + "\n")

    def round(self):
        """Images per second of processor time."""
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"it ended: {' '.join(self.process.args)}")
        return self.images / float(line.split()[1])

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Prepare:
    """graft-prepare, a new process each round."""

    def __init__(self, build, images, side, count, output):
        self.count, self.output = count, output
        self.command = [build / "bin/graft-prepare", "--path", images, "--images",
                        "{class}/{id}" + next(images.glob("*/*")).suffix, "--sizes", str(side),
                        "--workers", "1", "--duplicates", "report", "--output", output]

    def round(self):
        shutil.rmtree(self.output, ignore_errors=True)
        process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL,
                                   preexec_fn=lambda: os.sched_setaffinity(0, CORE))
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = status
        if status != 0:
            raise RuntimeError(f"graft-prepare ended with {status}")
        return self.count / (used.ru_utime + used.ru_stime)

    def end(self):
        pass

    def squares(self):
        with h5py.File(next(self.output.glob("*.h5"))) as file:
            numbers = [int(text.split(b"/")[1]) for text in file["id"][()]]
            return dict(zip(numbers, file["pixels"][()]))


class Bench:
    def __init__(self, results, options):
        self.results, self.options, self.work = results, options, options.folder
        # Files decoded in a round; those of smaller sets are linked several times.
        self.alone, self.whole = (100, 300) if options.quick else (600, 2000)

    def peer(self, name, side, paths, output=""):
        """torchvision comes with all of PyTorch, which the training peers have already."""
        python = self.options.torch_python if name == "torchvision" else sys.executable
        return Process([python, PEERS, name, side, 1, output], paths)

    def link_images(self, folder):
        """Two classes of links named by number: a layout that graft-prepare takes."""
        into = self.work / "images"
        shutil.rmtree(into, ignore_errors=True)
        files = sorted(path for path in folder.rglob("*") if path.is_file())[:self.whole]
        suffix = files[0].suffix.lower().replace(".jpeg", ".jpg")
        paths = []
        for number, file in zip(range(self.whole), itertools.cycle(files)):
            path = into / "ab"[number % 2] / f"{number:06}{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(file.resolve())
            paths.append(str(path))
        return paths

    def compare_set(self, name, folder):
        paths, done = self.link_images(folder), set()
        for asked in (128,) if self.options.quick else (128, 224):
            prepare = Prepare(self.options.build, self.work / "images", asked, self.whole,
                              self.work / "prepared")
            prepare.round()
            made = prepare.squares()
            # That of the largest source, where none is as large as asked for.
            side = made[0].shape[0]
            if side not in done:
                self.compare_side(name, paths, side, made)
            done.add(side)

    def compare_side(self, name, paths, side, made):
        some, jpegs = paths[:self.alone], paths[0].endswith(".jpg")
        names = [peer for peer in NAMES if jpegs or peer not in JPEG_ONLY]
        alone, way = f"{name} {side} decoding alone", f"{name} {side} the whole way"
        coarse = self.coarser(alone, names, side, some, made)
        for key in (alone, way):
            for peer, why in coarse.items():
                if key == alone or peer in WHOLE_WAY:
                    self.results.set_aside(key, UNIT, peer, why)
        self.compare(alone, {
            "graft": lambda: Process([self.options.build / "bin/decode_files", side], some),
            **{peer: lambda peer=peer: self.peer(peer, side, some) for peer in names}})
        self.compare(way, {
            "graft": lambda: Prepare(self.options.build, self.work / "images", side, len(paths),
                                     self.work / "prepared"),
            **{peer: lambda peer=peer, file=self.work / f"squares{i}":
               self.peer(peer, side, paths, file)
               for i, peer in enumerate(names) if peer in WHOLE_WAY}})

    def coarser(self, key, names, side, some, made):
        """{peer: why}: further from decoding whole and averaging areas than graft is."""
        every, file = some[::10], self.work / "squares-of-error"

        def squares(name):
            process = self.peer(name, side, every, file)
            process.round()
            process.end()
            return np.fromfile(file, np.uint8).reshape(-1, side, side, 3).astype(np.int16)

        def error(found):
            return float(np.abs(found - whole).mean())

        whole = squares("whole")
        ours = error(np.stack([made[i] for i in range(0, len(some), 10)]))
        coarse = {}
        for name in names:
            try:
                theirs = error(squares(name))
            except (RuntimeError, OSError, ValueError) as error_:
                self.results.fail(key, UNIT, name, error_)
                continue
            print(f"{key}: {name} is off by {theirs:.2f} levels, graft by {ours:.2f}", flush=True)
            if theirs > 1.25 * ours + 0.1:
                coarse[name] = f"coarser: off by {theirs:.1f} levels, graft by {ours:.1f}"
        return coarse

    def compare(self, key, contestants):
        """{who: how it is started}"""
        started = {}
        for who, start in contestants.items():
            try:
                started[who] = start()
                started[who].round()  # warm: files in memory, libraries loaded, functions traced
            except (RuntimeError, OSError) as error:
                self.results.fail(key, UNIT, who, error)
        for _ in range(self.options.rounds):
            for who, contestant in started.items():
                self.results.attempt(key, UNIT, who, contestant.round)
        for contestant in started.values():
            contestant.end()


def draw(folder):
    """Pictures with something at every scale and some edges, as photographs have."""
    import cv2
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


def folders_of(options):
    """{name: folder}"""
    if options.images:
        return {f"{folder.parent.name}/{folder.name}": folder for folder in options.images}
    shared = {name: options.shared / path for name, path in SHARED.items()
              if (options.shared / path).is_dir()}
    if shared:
        some = list(shared)[:1] if options.quick else list(shared)
        return {name: shared[name] for name in some}
    drawn = options.folder / "drawn"
    if not (drawn / "complete").exists():
        draw(drawn)
    return {"photographs": drawn / "photographs", "patches": drawn / "patches"}


def main():
    parser = part.arguments(__doc__)
    parser.add_argument("--torch-python", default=sys.executable,
                        help="a Python with torchvision")
    parser.add_argument("images", nargs="*", type=pathlib.Path, help="folders of images")
    options = parser.parse_intermixed_args()
    results = part.Results(options.results)
    options.folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(results, options)
    for name, folder in folders_of(options).items():
        bench.compare_set(name, folder)
    return results.exit_code()


raise SystemExit(main())
