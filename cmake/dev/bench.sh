# SPDX-License-Identifier: Apache-2.0
# ./dev bench: graft beside what others use, as one table (bench/run.py, bench/README.md).

# The parts with the packages of their Python; "-": none.
bench_parts=(
    "training bench/requirements-training.txt"
    "cohorts -"
    "preparation bench/requirements-preparation.txt"
    "coordinator bench/requirements-coordinator.txt"
    "gpu bench/requirements-training.txt"
    "query bench/requirements.txt"
    "stopping bench/requirements-training.txt"
    "report -"
)

# setup_bench REQUIREMENTS: a part's Python, as bench_python; named by the hash of what is in it.
setup_bench() {
    local hash folder
    if [ "$1" = - ]; then
        bench_python=$(command -v python3)
        return
    fi
    hash=$(sha256sum "$1" | cut -c1-12)
    folder=$cache/bench-$hash
    bench_python=$folder/bin/python
    [ ! -e "$folder/complete" ] || return 0
    say "packages of the benchmark into $folder"
    rm -rf "$folder"
    # One after the other by hand: `set -e` is off where a caller looks at the result.
    python3 -m venv "$folder" &&
        "$bench_python" -m pip install --quiet --no-cache-dir --require-hashes \
            --only-binary :all: --requirement "$1" &&
        touch "$folder/complete"
}

# bench_inner OPTION...: Google Benchmark over the inner parts.
bench_inner() {
    local program
    for program in record grid scheduler training; do
        say "bench_$program"
        "build/release/bin/bench_$program" "$@"
    done
}

# run_bench [NAME] OPTION...: bench/run.py names the options.
run_bench() {
    local words name='' part bench_python pythons=()
    case ${1:-} in
        --table | --table=* | -h | --help)
            exec python3 bench/run.py build/release "$cache" "$@"
            ;;
        [!-]*)
            name=$1
            printf '%s\n' "${bench_parts[@]%% *}" inner | grep -qxF -- "$name" ||
                fail "bench: unknown part '$name'. './dev bench --help' lists them."
            ;;
    esac
    run_setup
    build_targets=(--target programs benchmarks)
    run_build
    if [ "$name" = inner ]; then
        bench_inner "${@:2}"
        return
    fi
    for part in "${bench_parts[@]}"; do
        read -ra words <<<"$part"
        # torchvision, which preparation is compared with, is among the packages of training.
        case $name:${words[0]} in
            ":${words[0]}" | "${words[0]}:${words[0]}" | preparation:training)
                if setup_bench "${words[1]}"; then
                    pythons+=("--python=${words[0]}=$bench_python")
                fi
                ;;
        esac
    done
    say "benchmark"
    python3 bench/run.py build/release "$cache" "$@" "${pythons[@]}"
}
