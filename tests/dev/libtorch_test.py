#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cmake/FindLibTorch.cmake with GRAFT_GPU_ARCH, against folders that look like unpacked wheels."""
import os
import subprocess
import tempfile
import unittest

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
PROJECT = """cmake_minimum_required(VERSION 3.25)
project(finds LANGUAGES C)
list(APPEND CMAKE_MODULE_PATH {root}/cmake)
find_package(LibTorch REQUIRED)
"""
FILES = ("torch/include/ATen/core/Tensor.h", "torch/lib/libtorch_cpu.so",
         "torch/lib/libtorch_cuda.so", "torch/lib/libc10.so", "torch/lib/libc10_cuda.so",
         "nvidia/{runtime}/lib/libcudart.so.{major}", "nvidia/{cupti}/lib/libcupti.so.{major}",
         "nvidia/{runtime}/include/cuda_runtime_api.h", "nvidia/nccl/lib/libnccl.so.2",
         "nvidia/nccl/include/nccl.h", "nvidia/{nvrtc}/lib/libnvrtc.so.{major}")


class LibTorch(unittest.TestCase):
    def configure(self, cuda, *options):
        with tempfile.TemporaryDirectory() as home:
            major = cuda.split(".", maxsplit=1)[0]
            folders = {"runtime": "cuda_runtime", "cupti": "cuda_cupti",
                       "nvrtc": "cuda_nvrtc"} if major == "12" else {
                           "runtime": "cu13", "cupti": "cu13", "nvrtc": "cu13"}
            for name in FILES:
                path = os.path.join(home, "wheel", name.format(major=major, **folders))
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8") as file:
                    file.write("__cxx11")
            with open(os.path.join(home, "wheel/torch/version.py"), "w", encoding="utf-8") as file:
                file.write(f"__version__ = '2.9.0+cu'\ncuda: Optional[str] = '{cuda}'\n")
            with open(os.path.join(home, "CMakeLists.txt"), "w", encoding="utf-8") as file:
                file.write(PROJECT.format(root=ROOT))
            result = subprocess.run(
                ["cmake", "-S", home, "-B", os.path.join(home, "build"), "-DGRAFT_CUDA=ON",
                 f"-DGRAFT_LIBTORCH={home}/wheel", *options],
                capture_output=True, text=True, check=False)
            return result.returncode, " ".join((result.stdout + result.stderr).split())

    def test_one_without_kernels_for_v100_is_refused(self):
        code, text = self.configure("13.0", "-DGRAFT_GPU_ARCH=70")
        self.assertNotEqual(code, 0)
        self.assertIn("is for CUDA 13.0, which has no kernels for sm_70", text)

    def test_one_with_them_is_taken(self):
        code, text = self.configure("12.6", "-DGRAFT_GPU_ARCH=70")
        self.assertEqual(code, 0, text)

    def test_newer_gpus_alone_may_have_any(self):
        for options in ([], ["-DGRAFT_GPU_ARCH=80"]):
            code, text = self.configure("13.0", *options)
            self.assertEqual(code, 0, text)


if __name__ == "__main__":
    unittest.main()
