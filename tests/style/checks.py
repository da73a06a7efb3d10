# SPDX-License-Identifier: Apache-2.0
"""The rules of the sources. Each check yields complaints, "file:line: what is wrong"."""
import re

import tree

# Functions that are one table of data may be longer.
TABLES = {("sweep/training.cpp", "make_keys")}

MAX_FILE, MAX_FUNCTION, MAX_MAIN, MAX_COLUMNS = 400, 50, 150, 100

# What each folder may include besides itself.
LAYERS = {
    "core": set(),
    "sweep": {"core"},
    "data": {"core"},
    "models": {"core"},
    "scheduler": {"sweep", "core"},
    "trainer": {"sweep", "models", "data", "core"},
    "results": {"sweep", "core"},
    "slurm": {"core"},
    "commands": {"slurm", "scheduler", "results", "sweep", "data", "models", "core"},
    "apps": {"commands", "trainer", "slurm", "scheduler", "results", "sweep", "data", "models",
             "core"},
}

# Decisions: no files, clocks, processes, MPI or HDF5 in the files that make them.
PURE = r"scheduler/(policy|candidates|reactor|retry|admission|cost_model|explain|outside|trial_state|sweep_state)\b"
IMPURE = r'"core/(mpi/|h5/|file\.hpp|process\.hpp|log\.hpp|signal\.hpp|env\.hpp)'

# One door per row: what is looked for in the bare text, and the paths where it may stand.
DOORS = {
    "MPI": (r'#include\s*[<"]mpi\.h|\bMPI_[A-Z]', r"core/mpi/"),
    "HDF5": (r'#include\s*[<"]hdf5|\bH5[A-Z][a-z_]+\w*\(', r"core/h5/|tests/core/hostile_h5_test"),
    "torch": (r'#include\s*[<"](torch|ATen|c10)/', r"trainer/|tests/(trainer|gpu)/|bench/(gpu|training)\.cpp"),
    "CUDA and NCCL": (r'#include\s*[<"](cuda|nccl|nvrtc)', r"trainer/cuda"),
    "SQLite": (r'#include\s*[<"]sqlite3|\bsqlite3_\w+\(', r"results/sql(_tables|_functions)?\.cpp"),
    "OpenCV": (r'#include\s*[<"]opencv', r"data/|tests/data/"),
    "JSON": (r'#include\s*[<"]nlohmann', r"models/keras_"),
    "Eigen": (r'#include\s*[<"](Eigen|unsupported/Eigen|LBFGS)', r"results/features/"),
    "Duktape": (r'#include\s*[<"]duktape|\bduk_\w+\(', r"results/report/svg\.cpp"),
    "NVML": (r'#include\s*[<"]nvml|\bnvml[A-Z]\w+\(',
             r"core/(gpu|nvml)|tests/core/(fake_nvml|nvml_test)"),
    # What is not on every machine, or not needed at every start: NVML, modules, the CUDA driver.
    "dlopen": (r"\bdlopen\(", r"core/(nvml|module)\.cpp|tests/core/|trainer/cuda/program\.cpp"),
    "environment": (r"\b(secure_)?(getenv|setenv|unsetenv|putenv)\(|\benviron\b",
                    r"core/(env|process)\.cpp"),
    "fsync and rename": (r"\b(fsync|fdatasync|rename|renameat2?)\(", r"core/file\.cpp"),
    "open": (r"(?<!\w)::(open|openat|creat)\(", r"core/(file|process|log)\.cpp|core/h5/"),
    "clock": (r"_clock::now\(\)|\b(gettimeofday|clock_gettime)\(|\btime\((0|NULL|nullptr)\)",
              r"core/clock\.cpp"),
    "sleep": (r"this_thread::sleep|\b(usleep|nanosleep|sleep)\(", r"core/clock\.cpp"),
    "spawning": (r"\b(fork|vfork|posix_spawnp?|execv[pe]*|execl[pe]*|popen|system)\(",
                 r"core/process\.cpp"),
    "signals": (r"(std|(?<!\w))::signal\(|\b(sigaction|sigprocmask|pthread_sigmask|signalfd)\(",
                r"core/(signal|process)\.cpp"),
    # Pairs that only relatives have: no name, no port.
    "sockets": (r"(?<!\w)::(socket|socketpair|bind|listen|accept4?|connect)\(",
                r"core/socket\.cpp|data/worker\.cpp"),
    # Files have the mode that the user's umask leaves.
    "modes of files": (r"\b(f?chmod|fchmodat|umask|mkdtemp|mkstemps?)\(|\bpermissions\(", r"$^"),
}
# Tests set the stage: they make variables and broken files, and start processes to kill.
TESTS_MAY = {"environment", "fsync and rename", "open", "spawning", "signals", "modes of files"}

# A shell would read more into a name from the sweep file than a name.
SHELL = r'"(/(usr/)?bin/)?(ba|da|z|k)?sh"|"-c"'


def size(root):
    for path in tree.files(root, None, tree.CODE):
        text = tree.read(root, path)
        lines = text.count("\n")
        limit = MAX_MAIN if re.match(r"apps/[^/]+\.cpp$", path) and has_main(text) else MAX_FILE
        if lines > limit:
            yield f"{path}: {lines} lines (limit {limit}). Divide the file."
        if path.endswith((".cpp", ".hpp")):
            for line, length, name in long_functions(text):
                if (path, name) in TABLES:
                    continue
                yield f"{path}:{line}: function of {length} lines (limit {MAX_FUNCTION})."


def has_main(text):
    return re.search(r"\bint main\(", text) is not None


def long_functions(text):
    """Bodies over the limit: a brace after ')' (with qualifiers or initialisers) opens one.
    Namespaces, classes and enums are looked into; a lambda is part of the function around it."""
    code = tree.bare(text)
    stack, head, depth_in_function = [], 0, 0
    for at, char in enumerate(code):
        initialiser = False
        if char == "{":
            initialiser = re.match(r"\w", code[at - 1:at]) is not None  # as in b_{a}
            function = (depth_in_function == 0 and not initialiser
                        and opens_function(code[head:at]))
            name = re.search(r"(\w+)\(", code[head:at])
            stack.append((at, function, name and name.group(1)))
            depth_in_function += function or depth_in_function > 0
        elif char == "}" and stack:
            start, function, name = stack.pop()
            initialiser = re.match(r"\w", code[start - 1:start]) is not None
            depth_in_function -= depth_in_function > 0
            length = code.count("\n", start, at) + 1
            if function and length > MAX_FUNCTION:
                yield code.count("\n", 0, start) + 1, length, name
        if char in "{};" and depth_in_function == 0 and not initialiser:
            head = at + 1


def opens_function(head):
    head = re.sub(r"^\s*#.*(\\\n.*)*$", "", head, flags=re.M)
    head = re.sub(r"\btemplate\s*<[^;{}]*?>\s*(?=\w)", "", head).strip()
    if re.match(r"(inline )?(namespace|class|struct|union|enum|extern)\b", head):
        return "(" in head and re.match(r"(struct|class|enum) \w[\w:]* \w+\(", head) is not None
    return "(" in head and not re.search(r"=\s*$", head)


def layers(root):
    for path in tree.files(root, tuple(LAYERS)):
        folder = path.split("/")[0]
        for number, line in enumerate(tree.bare(tree.read(root, path)).split("\n"), 1):
            found = re.match(r'\s*#include\s*"([a-z_]+)/', line)
            if not found:
                continue
            other = found.group(1)
            if other != folder and other not in LAYERS[folder]:
                allowed = ", ".join(sorted(LAYERS[folder])) or "nothing"
                yield f"{path}:{number}: {folder} includes {other} (may include: {allowed})."
            if re.match(PURE, path) and re.search(IMPURE, line):
                yield f"{path}:{number}: a decision includes {line.split()[-1]} (must be pure)."


def doors(root):
    for path in tree.files(root):
        for number, line in enumerate(tree.bare(tree.read(root, path)).split("\n"), 1):
            for door, (pattern, may) in DOORS.items():
                if path.startswith("tests/") and door in TESTS_MAY:
                    continue
                if re.search(pattern, line) and not re.match(may, path):
                    yield f"{path}:{number}: {door} outside its door ({may}): {line.strip()}"


def shells(root):
    """Programs are started by lists of arguments, and no argument is a command line."""
    for path in tree.files(root):
        if path.startswith("tests/"):
            continue
        for number, line in enumerate(tree.read(root, path).split("\n"), 1):
            if re.search(SHELL, line) and not line.lstrip().startswith("//"):
                yield f"{path}:{number}: a shell is started ({line.strip()}). Start the program."


def headers(root):
    for path in tree.files(root):
        text = tree.read(root, path)
        lines = text.split("\n")
        if lines[0] != "// SPDX-License-Identifier: Apache-2.0":
            yield f"{path}:1: the first line is not the SPDX line."
        if path.endswith(".hpp"):
            if "#pragma once" not in lines[1:3]:
                yield f"{path}:2: no #pragma once."
            if not first_declaration_has_comment(lines):
                yield f"{path}: the first declaration has no comment (what it is for)."


def first_declaration_has_comment(lines):
    """Whether a comment stands before the first declaration, or at the head of the file."""
    for line in lines[1:]:
        code = line.strip()
        if code.startswith(("//", "/*")):
            return True
        # Forward declarations, static_asserts and enums explain themselves.
        if code and not re.match(r"#|namespace\b|using\b|static_assert|extern \"C\"|\}|"
                                 r"(class|struct|enum class) [\w:]+( : \w+)?( \{.*\})?;|"
                                 r"enum class [\w:]+( : [\w:]+)? \{$|\w+( = \w+)?,?$", code):
            return False
    return True  # nothing is declared


def texts(root):
    """Words and layout that no source may have."""
    for path in tree.files(root, None, tree.CODE + ("CMakeLists.txt",)):
        if path.startswith("tests/style/"):
            continue
        for number, line in enumerate(tree.read(root, path).split("\n"), 1):
            if re.search(r"\b(TODO|FIXME|XXX)\b", line):
                yield f"{path}:{number}: unfinished work is noted ({line.strip()})."
            if re.search(r"file\(\s*GLOB", line):
                yield f"{path}:{number}: sources are listed, not globbed."
            if len(line) > MAX_COLUMNS:
                yield f"{path}:{number}: {len(line)} columns (limit {MAX_COLUMNS})."
            if re.match(r"\s*//\s*(if|for|while|return|auto|const|int)\b.*[;{]\s*$", line):
                yield f"{path}:{number}: code in a comment ({line.strip()})."
            if re.match(r'TEST_CASE\("[^"]*[][;\\]', line):
                yield f"{path}:{number}: ctest cannot name this case (no '[', ']', ';' or '\\')."
            if re.search(r"[ \t\r]$", line):
                yield f"{path}:{number}: blanks at the end of the line."


CHECKS = {"size": size, "layers": layers, "doors": doors, "shells": shells, "headers": headers,
          "texts": texts}
