# SPDX-License-Identifier: Apache-2.0
"""The sources of a checkout, and C++ text without comments and literals."""
import os
import re
import subprocess

FOLDERS = ("core", "sweep", "data", "models", "trainer", "scheduler", "results", "slurm",
           "commands", "apps", "tests", "examples", "bench")
CODE = (".cpp", ".hpp", ".py", ".sh", ".cmake")


def files(root, folders=FOLDERS, suffixes=(".cpp", ".hpp")):
    """Paths relative to root, '/'-separated and sorted; what git ignores is left out."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"],
                            capture_output=True, text=True)
    if listed.returncode == 0:
        found = listed.stdout.splitlines()
    else:  # a tree without git, such as an archive
        found = [os.path.relpath(os.path.join(folder, name), root)
                 for folder, _, names in os.walk(root) for name in names]
    return sorted({path for path in found
                   if path.endswith(tuple(suffixes)) and os.path.isfile(os.path.join(root, path))
                   and (folders is None or path.split("/")[0] in folders)})


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/|R"(?P<d>[^(\s]*)\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"|"""
                   r"""(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])*'""", re.S)


def blank(match):
    """The same number of lines and columns, without the text."""
    text = match.group(0)
    inner = re.sub(r"[^\n]", " ", text)
    return inner if text.startswith("/") else '"' + inner[1:-1] + '"'


def bare(text):
    """C++ text with comments and literals blanked, but the paths of #include lines kept."""
    return "\n".join(line if kept.lstrip().startswith("#include") else line_bare
                     for line, kept, line_bare in zip(text.split("\n"), text.split("\n"),
                                                      TOKEN.sub(blank, text).split("\n")))
