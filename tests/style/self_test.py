#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each rule must complain about a bad sample, at the right line, and not about its good twin."""
import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import checks

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"


def complaints(check, samples):
    """What `check` says about a tree of {path: text}."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in samples.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        return list(checks.CHECKS[check](root))


def function(lines, head="int f(int a)"):
    return head + " {\n" + "    ++a;\n" * (lines - 2) + "}\n"


class Size(unittest.TestCase):
    def test_file(self):
        self.assertEqual([], complaints("size", {"core/a.cpp": "\n" * 400}))
        self.assertIn("401 lines", complaints("size", {"core/a.cpp": "\n" * 401})[0])
        main = "int main() {\n}\n"
        self.assertEqual(1, len(complaints("size", {"apps/graft.cpp": main + "\n" * 149})))
        self.assertEqual([], complaints("size", {"apps/options.cpp": "\n" * 151}))

    def test_functions(self):
        heads = ("int f(int a)", "namespace x {\nint f(int a)", "Foo::Foo(int a) : b_(a), c_{a}",
                 "template <class T, std::enable_if_t<(N > 0)>>\nauto f(T a) const -> int",
                 "struct S {\n    void g() const noexcept", "const auto f = [&](int a)",
                 "#define X(a) a\nFoo operator()(int a) const override", "TEST_CASE(\"a { b\")",
                 "enum class E { a };\nstruct S f(int a)")
        for head in heads:
            self.assertEqual([], complaints("size", {"core/a.cpp": function(50, head)}), head)
            found = complaints("size", {"core/a.cpp": function(51, head)})
            self.assertEqual(1, len(found), head)
            self.assertIn(f"a.cpp:{head.count(chr(10)) + 1}: function of 51 lines", found[0])

    def test_what_is_no_function(self):
        for head in ("namespace x", "class A final : public B", "const Table kTable =",
                     "enum class E", "struct S : Base<int>"):
            self.assertEqual([], complaints("size", {"core/a.cpp": function(80, head)}), head)


class Layers(unittest.TestCase):
    def test_arrows(self):
        for folder, allowed in checks.LAYERS.items():
            for other in checks.LAYERS:
                found = complaints("layers", {f"{folder}/a.cpp": f'\n#include "{other}/b.hpp"\n'})
                if other == folder or other in allowed:
                    self.assertEqual([], found)
                else:
                    self.assertIn(f"{folder}/a.cpp:2: {folder} includes {other}", found[0])

    def test_comments_do_not_count(self):
        self.assertEqual([], complaints("layers", {"core/a.cpp": '// #include "sweep/b.hpp"\n'}))

    def test_decisions_are_pure(self):
        sample = '#include "core/file.hpp"\n'
        self.assertEqual(1, len(complaints("layers", {"scheduler/policy.cpp": sample})))
        self.assertEqual([], complaints("layers", {"scheduler/supervisor.cpp": sample}))


class Doors(unittest.TestCase):
    SAMPLES = {
        "MPI": "MPI_Send(a);", "HDF5": "H5Fopen(a);", "torch": "#include <ATen/core/Tensor.h>",
        "CUDA and NCCL": "#include <nccl.h>", "OpenCV": "#include <opencv2/core.hpp>",
        "SQLite": "sqlite3_open(a, b);", "Eigen": "#include <Eigen/Core>",
        "Duktape": "duk_peval(a);", "JSON": "#include <nlohmann/json.hpp>",
        "NVML": "nvmlInit(a);", "dlopen": "::dlopen(a, b);",
        "environment": "std::getenv(a);", "fsync and rename": "::fsync(a);",
        "open": "::open(a, b);", "clock": "std::chrono::steady_clock::now();",
        "sleep": "usleep(5);", "spawning": "fork();", "signals": "std::signal(a, b);",
        "sockets": "::socket(a, b, c);", "modes of files": "::chmod(a, b);",
    }
    INSIDE = {
        "MPI": "core/mpi/a.cpp", "HDF5": "core/h5/a.cpp", "torch": "trainer/a.cpp",
        "SQLite": "results/sql.cpp", "Eigen": "results/features/a.cpp",
        "Duktape": "results/report/svg.cpp", "JSON": "models/keras_model.cpp",
        "CUDA and NCCL": "trainer/cuda/a.cpp", "OpenCV": "data/a.cpp", "NVML": "core/gpu/a.cpp",
        "dlopen": "core/nvml.cpp",
        "environment": "core/env.cpp", "fsync and rename": "core/file.cpp",
        "open": "core/file.cpp", "clock": "core/clock.cpp", "sleep": "core/clock.cpp",
        "spawning": "core/process.cpp", "signals": "core/signal.cpp",
        "sockets": "core/socket.cpp", "modes of files": "tests/core/a.cpp",
    }

    def test_each_door(self):
        self.assertEqual(set(checks.DOORS), set(self.SAMPLES))
        for door, sample in self.SAMPLES.items():
            found = complaints("doors", {"sweep/a.cpp": f"\n{sample}\n"})
            self.assertEqual(1, len(found), door)
            self.assertIn(f"sweep/a.cpp:2: {door} outside", found[0])
            self.assertEqual([], complaints("doors", {self.INSIDE[door]: sample}), door)
            self.assertEqual([], complaints("doors", {"sweep/a.cpp": f'// {sample}\n"{sample}"'}))


class Shells(unittest.TestCase):
    def test_none_is_started(self):
        for line in ('a = {"/bin/sh", b};', 'a = {"sh", b};', 'a = {"bash"};', 'a = {b, "-c"};'):
            found = complaints("shells", {"slurm/a.cpp": f"\n{line}\n"})
            self.assertEqual(1, len(found), line)
            self.assertIn("slurm/a.cpp:2: a shell", found[0])
            self.assertEqual([], complaints("shells", {"tests/slurm/a.cpp": line}))
        self.assertEqual([], complaints("shells", {"slurm/a.cpp": '// "sh"\na = {"srun", "-n"};'}))


class Headers(unittest.TestCase):
    def test_spdx(self):
        self.assertEqual([], complaints("headers", {"core/a.cpp": SPDX}))
        self.assertIn("SPDX", complaints("headers", {"core/a.cpp": "\n" + SPDX})[0])

    def test_pragma_and_comment(self):
        head = SPDX + "#pragma once\n"
        good = head + "namespace a {\nclass B;\nenum class C {\n    one,\n    two = 2\n};\n// Does.\nvoid f();\n}\n"
        self.assertEqual([], complaints("headers", {"core/a.hpp": good}))
        self.assertIn("#pragma", complaints("headers", {"core/a.hpp": SPDX + "// Does.\n"})[0])
        bad = good.replace("// Does.\n", "")
        self.assertIn("comment", complaints("headers", {"core/a.hpp": bad})[0])


class Texts(unittest.TestCase):
    def test_each(self):
        bad = {"TO" + "DO: later": "unfinished", "file(GL" + "OB a *.cpp)": "listed",
               "x" * 101: "101 columns", "a ": "blanks", "  // if (a) {": "code in a comment",
               'TEST_CASE("fills [0, 1)") {': "cannot name"}
        for line, word in bad.items():
            found = complaints("texts", {"core/a.cpp": f"\n{line}\n"})
            self.assertEqual(1, len(found), line)
            self.assertIn("core/a.cpp:2", found[0])
            self.assertIn(word, found[0])
        self.assertEqual([], complaints("texts", {"core/a.cpp": "x" * 100 + "\n"}))


class Run(unittest.TestCase):
    """The program itself: its exit code, and clang-format where it is installed."""

    def run_on(self, check, text):
        with tempfile.TemporaryDirectory() as root:
            os.mkdir(os.path.join(root, "core"))
            with open(os.path.join(root, "core", "a.cpp"), "w", encoding="utf-8") as file:
                file.write(text)
            program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "run")
            return subprocess.run([program, check, "--root", root], capture_output=True,
                                  text=True)

    def test_exit_codes(self):
        self.assertEqual(0, self.run_on("headers", SPDX).returncode)
        self.assertEqual(1, self.run_on("headers", "").returncode)

    def test_format(self):
        result = self.run_on("format", "int  a ;\n")
        self.assertIn(result.returncode, (1, 77), result.stdout)
        if result.returncode == 1:
            self.assertEqual(0, self.run_on("format", "int a;\n").returncode)


if __name__ == "__main__":
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    unittest.main()
