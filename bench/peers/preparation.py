# SPDX-License-Identifier: Apache-2.0
"""Image files to squares, as users would write it with their image libraries; bench/preparation.py
times each as a process of its own: preparation.py NAME SIDE THREADS [OUTPUT].

They run in a Python that has everything imported, check and hash nothing, and write the bare bytes
to OUTPUT, where there is one."""
import concurrent.futures
import itertools
import os
import sys
import time


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


def worker(name, side, threads, output=""):
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


if __name__ == "__main__":
    worker(*sys.argv[1:])
