#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Unpacks the parts of LibTorch wheels that a C++ program needs: headers, libraries, licences.

    unpack_wheels.py cpu|cuda TARGET WHEEL...

TARGET must not exist; it appears whole, by rename, or not at all.
"""
import os
import shutil
import sys
import zipfile

CUDA_ONLY = ("libtorch_cuda", "libc10_cuda", "libcaffe2_nvrtc", "libtorch.so", "libnvperf")
PYTHON_ONLY = ("libtorch_python", "libshm", "libtorch_global_deps")


def wanted(name, kind):
    """Whether a member of a wheel belongs to LibTorch without Python (and without CUDA)."""
    file = name.rsplit("/", 1)[-1]
    if ".dist-info/" in name:
        return "license" in name.lower() or file in ("METADATA", "NOTICE")
    if name.startswith("torch/"):
        left_out = PYTHON_ONLY + (CUDA_ONLY if kind == "cpu" else ())
        return name == "torch/version.py" or (
            name.startswith(("torch/include/", "torch/lib/")) and not file.startswith(left_out))
    if name.startswith("cusparselt/lib/"):  # this wheel alone is not in nvidia/
        return True
    parts = name.split("/")
    if len(parts) < 4 or parts[0] != "nvidia" or parts[2] not in ("include", "lib"):
        return False
    return not (kind == "cpu" and file.startswith(CUDA_ONLY))


def main(kind, target, *wheels):
    part = f"{target}.{os.getpid()}.part"
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if wanted(name, kind)]
            archive.extractall(part, names)
    try:
        os.rename(part, target)
    except OSError:
        shutil.rmtree(part)
        if not os.path.isdir(target):  # else another set-up was faster: its folder is as good
            raise


main(*sys.argv[1:])
