#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""./dev setup --user PREFIX, in a copy of the tree's scripts, without a network: downloads, the
compiler and MPI are small programs in front on PATH."""
import hashlib
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import unittest

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
TABLE = "cmake/user-sources.txt"
OPENCV = {"jpeg", "png", "tiff", "opencv"}


def rows(root=ROOT):
    with open(os.path.join(root, TABLE), encoding="utf-8") as file:
        return [line.split() for line in file if not line.startswith("#")]


def sqlite_number(version):
    """As SQLite's files are called: 3.40.1 is 3400100."""
    major, *rest = version.split(".")
    return major + "".join(part.zfill(2) for part in rest) + "00"


class SetupUser(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.home = os.path.realpath(scratch.name)
        self.tree = os.path.join(self.home, "graft")
        self.bin = os.path.join(self.home, "bin")
        self.prefix = os.path.join(self.home, "libs")
        shutil.copytree(os.path.join(ROOT, "cmake"), os.path.join(self.tree, "cmake"))
        shutil.copy(os.path.join(ROOT, "dev"), self.tree)
        os.mkdir(self.bin)
        self.program("curl", 'echo "curl: (6) Could not resolve host" >&2; exit 6')
        self.program("mpicc", 'echo "mpicc: Open MPI 4.1.4 (Language: C)"')
        self.program("g++", 'echo "12 __clang_major__"')
        self.program("cmake", 'echo "cmake version 3.25.1"')
        self.program("ninja", "exit 0")

    def program(self, name, text):
        path = os.path.join(self.bin, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{text}\n")
        os.chmod(path, 0o755)

    def dev(self, *arguments, **variables):
        # LibTorch and ECharts count as there: they are set up after the libraries.
        environment = {"PATH": f"{self.bin}:/usr/bin:/bin", "HOME": self.home,
                       "GRAFT_LIBTORCH": self.home, "GRAFT_ECHARTS": self.home, **variables}
        result = subprocess.run([os.path.join(self.tree, "dev"), *arguments], env=environment,
                                capture_output=True, text=True, check=False)
        return result.returncode, result.stdout + result.stderr

    def setup_user(self, *arguments, **variables):
        return self.dev("setup", "--user", self.prefix, *arguments, **variables)

    def source(self, name, version, files):
        """Puts a tarball into the sources; gives its line of the table."""
        path = os.path.join(self.prefix, "sources", f"{name}-{version}.tar.gz")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        folder = os.path.join(self.home, f"{name}-{version}")
        shutil.rmtree(folder, ignore_errors=True)
        for file in files:
            os.makedirs(os.path.dirname(os.path.join(folder, file)), exist_ok=True)
            with open(os.path.join(folder, file), "w", encoding="utf-8") as out:
                out.write(name)
        with tarfile.open(path, "w:gz") as archive:
            archive.add(folder, f"{name}-{version}")
        with open(path, "rb") as file:
            total = hashlib.sha256(file.read()).hexdigest()
        return f"{name} {version} {'0' * 64},{total} https://example.org/{name}.tar.gz\n"

    def table(self, *lines):
        with open(os.path.join(self.tree, TABLE), "w", encoding="utf-8") as file:
            file.writelines(lines)

    def test_every_line_of_the_table_has_sums_an_address_and_a_recipe(self):
        with open(os.path.join(ROOT, "cmake/dev/user_recipes.sh"), encoding="utf-8") as file:
            recipes = set(re.findall(r"^build_(\w+)\(\)", file.read(), re.M))
        self.assertEqual({row[0] for row in rows()}, recipes)
        for name, version, sums, address in rows():
            self.assertRegex(sums, r"^[0-9a-f]{64}(,[0-9a-f]{64})*$", name)
            self.assertRegex(address, r"^https://\S+\.tar\.[gx]z$", name)
            in_address = {"boost": version.replace(".", "_"), "sqlite": sqlite_number(version)}
            self.assertIn(in_address.get(name, version), address)

    def test_without_a_network_the_whole_list_is_said_at_once(self):
        code, text = self.setup_user()
        self.assertEqual(code, 2, text)
        self.assertIn(f"{self.prefix}/sources", text)
        for name, version, _, address in rows():
            self.assertIn(f"curl -fLo {name}-{version}.tar.gz {address}", text)
        self.assertFalse(os.path.exists(os.path.join(self.tree, "build/user-prefix")))

    def test_without_opencv_its_libraries_are_not_asked_for(self):
        code, text = self.setup_user("--without-opencv")
        self.assertEqual(code, 2, text)
        asked = set(re.findall(r"curl -fLo (\w+)-", text))
        self.assertEqual(asked, {row[0] for row in rows()} - OPENCV)

    def test_files_of_another_folder_are_taken(self):
        line = self.source("random123", "1", ["include/Random123/philox.h"])
        elsewhere = os.path.join(self.home, "loaded")
        os.rename(os.path.join(self.prefix, "sources"), elsewhere)
        self.table(line)
        code, text = self.setup_user(GRAFT_SOURCES=elsewhere)
        self.assertEqual(code, 0, text)
        self.assertTrue(os.path.exists(os.path.join(self.prefix, "include/Random123/philox.h")))

    def test_a_file_with_another_sum_is_refused_by_name(self):
        line = self.source("random123", "1", ["include/Random123/philox.h"])
        self.table(line.replace(line.split(",")[1].split()[0], "1" * 64))
        code, text = self.setup_user()
        self.assertEqual(code, 2, text)
        self.assertIn("sources/random123-1.tar.gz' is not what was expected", text)
        self.assertFalse(os.path.exists(os.path.join(self.prefix, "include/Random123")))

    def test_a_failure_names_its_log_and_the_next_try_goes_on_from_there(self):
        self.table(self.source("random123", "1", ["include/Random123/philox.h"]),
                   self.source("tomlplusplus", "2", ["README"]))
        code, text = self.setup_user()
        self.assertEqual(code, 2, text)
        self.assertIn(f"tomlplusplus could not be built. The whole log is '{self.prefix}/log/"
                      "tomlplusplus.log'", text)
        self.table(self.source("random123", "1", ["include/Random123/philox.h"]),
                   self.source("tomlplusplus", "2", ["include/toml++/toml.h"]))
        code, text = self.setup_user()
        self.assertEqual(code, 0, text)
        self.assertNotIn("== random123", text)
        self.assertIn("== tomlplusplus 2", text)
        with open(os.path.join(self.tree, "build/user-prefix"), encoding="utf-8") as file:
            self.assertEqual(file.read().strip(), self.prefix)

    def test_another_prefix_forgets_what_the_build_found_in_the_old_one(self):
        self.table(self.source("random123", "1", ["include/Random123/philox.h"]))
        cache = os.path.join(self.tree, "build/release/CMakeCache.txt")
        os.makedirs(os.path.dirname(cache))
        for expected in (False, True):  # the first try is from no prefix to this one
            with open(cache, "w", encoding="utf-8"):
                pass
            code, text = self.setup_user()
            self.assertEqual(code, 0, text)
            self.assertEqual(os.path.exists(cache), expected)

    def test_a_prefix_that_is_gone_is_named_by_the_build(self):
        self.table(self.source("random123", "1", ["include/Random123/philox.h"]))
        self.assertEqual(self.setup_user()[0], 0)
        shutil.rmtree(self.prefix)
        code, text = self.dev("build")
        self.assertEqual(code, 2, text)
        self.assertIn(f"'{self.prefix}' is gone", text)

    def test_old_compilers_are_refused(self):
        self.program("g++", 'echo "8 __clang_major__"')
        code, text = self.setup_user()
        self.assertEqual(code, 2, text)
        self.assertIn("gcc 8, and graft needs 12 or newer", text)

    def test_a_missing_mpi_is_said(self):
        os.remove(os.path.join(self.bin, "mpicc"))
        for program in os.listdir("/usr/bin"):
            if program != "mpicc" and not os.path.lexists(os.path.join(self.bin, program)):
                os.symlink(os.path.join("/usr/bin", program), os.path.join(self.bin, program))
        code, text = self.setup_user(PATH=self.bin)
        self.assertEqual(code, 2, text)
        self.assertIn("no 'mpicc' on PATH. Load an MPI module", text)

    def test_wrong_words_are_refused(self):
        for words, complaint in ((["--user"], "--user needs a directory"),
                                 (["--user", "--cuda"], "--user needs a directory"),
                                 (["--without-opencv"], "goes with --user"),
                                 (["--gpu"], "unknown option '--gpu'")):
            code, text = self.dev("setup", *words)
            self.assertEqual(code, 2, text)
            self.assertIn(complaint, text)

    @unittest.skipUnless(shutil.which("shellcheck"), "shellcheck is not installed")
    def test_shellcheck_has_nothing_to_say(self):
        # They are one script: variables of one are set in another.
        scripts = [os.path.join("cmake/dev", name)
                   for name in sorted(os.listdir(os.path.join(ROOT, "cmake/dev")))]
        result = subprocess.run(["shellcheck", "-s", "bash", "-S", "warning", "-e",
                                 "SC2154,SC2034,SC2120", "dev", *scripts], cwd=ROOT,
                                capture_output=True, text=True, check=False)
        self.assertEqual(result.stdout, "")


if __name__ == "__main__":
    unittest.main()
