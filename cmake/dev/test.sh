# SPDX-License-Identifier: Apache-2.0
# ./dev test: set-up, build and every test, with the time of each part against its share (seconds on
# two cores, from nothing).

# Parts with their shares, and the ctest labels that each one runs. What has none of these labels
# runs in the last part. `long` tests run with --all only, `gpu` tests where there is a GPU.
parts=(
    "unit 90 core sweep scheduler models data results commands faults style dev"
    "trainer 120 trainer"
    "mpi 60 mpi"
    "end_to_end 150 end_to_end"
    "oracle 150 oracle"
    "slurm 230 slurm"
    "chaos 30 chaos"
    "gpu 120 gpu"
    "other 30"
)

# A Python environment with the references that oracle tests compare with, named by the hash of
# what is in it, and complete once its file `complete` is there.
setup_oracle() {
    local hash folder wheels=tests/oracle/requirements
    hash=$(cat "$wheels.txt" "$wheels-tensorboard.txt" "$wheels-optuna.txt" | sha256sum |
        cut -c1-12)
    folder=$cache/oracle-$hash
    export GRAFT_ORACLE_PYTHON=$folder/bin/python
    export KERAS_BACKEND=jax
    [ -e "$folder/complete" ] && return
    say "the oracle's Python into $folder"
    rm -rf "$folder"
    python3 -m venv "$folder"
    local pip=("$folder/bin/pip" install --quiet --no-cache-dir --require-hashes
        --only-binary ':all:')
    "${pip[@]}" --requirement "$wheels.txt"
    "${pip[@]}" --no-deps --requirement "$wheels-tensorboard.txt"
    "${pip[@]}" --no-deps --requirement "$wheels-optuna.txt"
    touch "$folder/complete"
}

rows=()
row() { rows+=("$(printf '%-12s %6s %6s %6s  %s' "$@")"); }

# timed NAME SHARE COMMAND...
timed() {
    local name=$1 share=$2 start=$SECONDS
    shift 2
    "$@"
    row "$name" "" "$((SECONDS - start))" "$share" "$(over "$((SECONDS - start))" "$share")"
}
over() { [ "$1" -le "$2" ] || echo "over its share"; }

has_gpu() { command -v nvidia-smi >/dev/null && nvidia-smi -L >/dev/null 2>&1; }

# joined WORDS...: a regular expression that matches one of the words and nothing else
joined() { local IFS='|'; echo "^($*)\$"; }

# test_part NAME SHARE LABEL...: one ctest run; the row says how many tests there were.
test_part() {
    local name=$1 share=$2 start=$SECONDS count
    shift 2
    local select=(-L "$(joined "$@")") left_out=("${not_now[@]}")
    [ $# -gt 0 ] || { select=(); left_out+=("${labels[@]}"); }
    [ "$name" = gpu ] || left_out+=(gpu)
    if [ "$name" = gpu ] && ! has_gpu; then
        row gpu - - "$share" "left out: no GPU here"
        return
    fi
    [ ${#left_out[@]} -eq 0 ] || select+=(-LE "$(joined "${left_out[@]}")")
    count=$(ctest --test-dir build/release -N "${select[@]}" | sed -n 's/^Total Tests: //p')
    if [ "$count" -eq 0 ]; then
        row "$name" 0 - "$share" "none"
        return
    fi
    say "tests: $name"
    ctest --test-dir build/release -j "$(nproc)" --output-on-failure "${select[@]}" ||
        failed+=("$name")
    row "$name" "$count" "$((SECONDS - start))" "$share" "$(over "$((SECONDS - start))" "$share")"
}

run_test() {
    local not_now=(long) failed=() labels=() part
    case ${1:-} in
        '') ;;
        --all) not_now=() ;;
        *) fail "test: unknown option '$1' (known: --all)" ;;
    esac
    timed set-up 300 run_setup
    timed build 300 run_build
    timed oracle-env 60 setup_oracle
    timed browser 60 setup_browser
    for part in "${parts[@]}"; do
        # shellcheck disable=SC2206  # a list of words
        local words=($part)
        labels+=("${words[@]:2}")
    done
    for part in "${parts[@]}"; do
        # shellcheck disable=SC2086
        test_part $part
    done
    say "seconds"
    printf '%-12s %6s %6s %6s\n' part tests took share
    printf '%s\n' "${rows[@]}"
    [ ${#failed[@]} -eq 0 ] || fail "failed: ${failed[*]}"
}

run_chaos() {
    run_setup
    run_build
    setup_oracle
    GRAFT_BIN=$PWD/build/release/bin exec tests/chaos/run "$@"
}
