# SPDX-License-Identifier: Apache-2.0
# ./dev build and what needs a build first: demo, bench.

# configure PRESET: with what speeds the build up where it is there, and with the prefix that
# `setup --user` made.
configure() {
    local options=()
    command -v ccache >/dev/null && options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
    command -v mold >/dev/null && options+=(-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=mold
        -DCMAKE_MODULE_LINKER_FLAGS=-fuse-ld=mold)
    if [ -s build/user-prefix ]; then
        [ -d "$prefix" ] || fail "'$prefix' is gone, where 'setup --user' had put the libraries.
Give './dev setup --user' again, or remove build/user-prefix to use the system's."
        # Modules may name a parallel HDF5 or another Boost: the prefix's come first.
        options+=(-DCMAKE_PREFIX_PATH="$prefix" -DHDF5_ROOT="$prefix" -DBoost_ROOT="$prefix")
        [ -e "$prefix/include/opencv4/opencv2/imgcodecs.hpp" ] || options+=(-DGRAFT_PREPARE=OFF)
    fi
    cmake --preset "$1" "${options[@]}" >"build/$1.configure.log" ||
        fail "cmake --preset $1 failed, see above and build/$1.configure.log"
}

build_targets=()   # all
preset=release

run_build() {
    case ${1:-} in
        '') ;;
        --cuda) preset=cuda ;;
        --preset)
            preset=${2:-}
            grep -q "\"configurePreset\": \"$preset\"" CMakePresets.json ||
                fail "build: unknown preset '$preset' (known: $(sed -n \
                    's/.*"configurePreset": "\([^"]*\)".*/\1/p' CMakePresets.json | tr '\n' ' '))"
            ;;
        *) fail "build: unknown option '$1' (known: --cuda, --preset NAME)" ;;
    esac
    mkdir -p build
    say "build ($preset)"
    configure "$preset"
    cmake --build --preset "$preset" "${build_targets[@]}"
}

# run_install FOLDER OPTION...: the programs that run_build OPTION... makes.
run_install() {
    [[ ${1:-} == [!-]* ]] || fail "install: name the directory first, as \$HOME/graft-0.1"
    local folder
    folder=$(realpath -m "$1")
    build_targets=(--target programs)
    run_build "${@:2}"
    cmake --install "build/$preset" --prefix "$folder" >"build/$preset.install.log" ||
        fail "it could not be installed, see above and build/$preset.install.log"
    say "installed. Next: export PATH=$folder/bin:\$PATH"
}

run_demo() {
    run_setup
    build_targets=(--target programs)
    run_build
    [ -x examples/demo.sh ] || fail "examples/demo.sh is not here"
    say "demo"
    exec examples/demo.sh "$PWD/build/release/bin" "$@"
}

# setup_bench REQUIREMENTS: the Python of a benchmark, named by the hash of what is in it.
setup_bench() {
    local requirements=$1 hash folder
    hash=$(sha256sum "$requirements" | cut -c1-12)
    folder=$cache/bench-$hash
    bench_python=$folder/bin/python
    [ -e "$folder/complete" ] && return
    say "the benchmark's Python into $folder"
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --no-cache-dir --require-hashes --only-binary :all: \
        --requirement "$requirements"
    touch "$folder/complete"
}

# ./dev bench query [TRIALS EPOCHS]: questions to a large sweep, beside other ways to ask them.
bench_query() {
    local bench_python folder=$cache/bench-sweeps
    setup_bench bench/requirements.txt
    mkdir -p "$folder"
    say "questions to a large sweep"
    "$bench_python" bench/query.py build/release "$folder" "$@"
}

# ./dev bench report [SEEDS RATES]: the report of a whole study; its sweep, 8 GB, stays in the
# cache.
bench_report() {
    mkdir -p "$cache/bench-sweeps"
    say "the report of a whole study"
    python3 bench/report.py build/release "$cache/bench-sweeps" "$@"
}

# ./dev bench preparation [--tensorflow] [FOLDER...]: images to squares, beside other ways.
bench_preparation() {
    local bench_python folder=$cache/bench-preparation
    local requirements=bench/requirements-preparation.txt
    if [ "${1:-}" = --tensorflow ]; then
        requirements=bench/requirements-preparation-tensorflow.txt
        shift
    fi
    setup_bench "$requirements"
    mkdir -p "$folder"
    say "images to squares"
    "$bench_python" bench/peers/preparation.py build/release "$folder" "$@"
}

# ./dev bench training [--quick] [--shared DIR]: training beside PyTorch, Keras and Ray Tune.
bench_training() {
    local bench_python
    setup_bench bench/requirements-training.txt
    say "training on real images"
    "$bench_python" bench/training.py build/release "$cache/bench-training" "$@"
}

# ./dev bench coordinator [WHO...]: handing out trials that take no work, beside other ways; and the
# coordinator's decisions alone.
bench_coordinator() {
    local bench_python
    setup_bench bench/requirements-coordinator.txt
    say "the coordinator's decisions"
    build/release/bin/bench_scheduler
    say "handing out a trial"
    "$bench_python" bench/peers/rank0.py build/release "$@"
}

run_bench() {
    run_setup
    run_build
    case ${1:-} in
        query | report | preparation | training | coordinator)
            "bench_$1" "${@:2}"
            return
            ;;
    esac
    local program
    for program in record scheduler training; do
        say "bench_$program"
        "build/release/bin/bench_$program" "$@"
    done
}
