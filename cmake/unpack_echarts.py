#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Takes Apache ECharts' release file out of a wheel that brings it along.

    unpack_echarts.py WHEEL TARGET SHA256

TARGET appears whole, by rename, or not at all; a file with another sum is refused.
"""
import hashlib
import os
import sys
import zipfile


def main(wheel, target, wanted):
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.endswith("/echarts.min.js")]
        if len(names) != 1:
            sys.exit(f"dev: '{wheel}' has {len(names)} files echarts.min.js (expected 1).")
        script = archive.read(names[0])
    found = hashlib.sha256(script).hexdigest()
    if found != wanted:
        sys.exit(f"dev: '{names[0]}' in '{wheel}' is not the release's (sha256 {found}).")
    part = f"{target}.{os.getpid()}.part"
    with open(part, "wb") as file:
        file.write(script)
    os.rename(part, target)


main(*sys.argv[1:])
