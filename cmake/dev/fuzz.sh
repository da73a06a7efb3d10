# SPDX-License-Identifier: Apache-2.0
# ./dev fuzz and sanitize: builds of their own, with the sanitizers' checks in the code.

# Fuzz targets (tests/fuzz/README.md), each for so many seconds; all by default.
run_fuzz() {
    local seconds=60 targets=() target broken=()
    while [ $# -gt 0 ]; do
        case $1 in
            --seconds)
                [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || fail "fuzz: --seconds needs a whole number"
                seconds=$2
                shift 2
                ;;
            -*) fail "fuzz: unknown option '$1' (known: --seconds N)" ;;
            *)
                targets+=("$1")
                shift
                ;;
        esac
    done
    for target in "${targets[@]}"; do
        [ -f "tests/fuzz/$target.cpp" ] && [ -d "tests/fuzz/corpus/$target" ] ||
            fail "fuzz: unknown target '$target' (known: $(ls tests/fuzz/corpus | tr '\n' ' '))"
    done
    packages+=(clang-14 libclang-rt-14-dev)
    setup_system "${packages[@]}"
    mkdir -p build
    say "build (fuzz)"
    configure fuzz
    cmake --build --preset fuzz
    # shellcheck disable=SC2012  # names of ours
    [ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(ls tests/fuzz/corpus)
    export GRAFT_FUZZ_FOUND=$PWD/build/fuzz/found
    mkdir -p "$GRAFT_FUZZ_FOUND"
    for target in "${targets[@]}"; do
        fuzz_one "$target" "$seconds" || broken+=("$target")
    done
    say "executions in $seconds s each"
    printf '%s\n' "${rows[@]}"
    [ ${#broken[@]} -eq 0 ] ||
        fail "broken: ${broken[*]}. The inputs are in build/fuzz/found; tests/fuzz/README.md says
how to go on."
}

# fuzz_one TARGET SECONDS: a row with how often it ran, and whether anything was found.
fuzz_one() {
    local log=build/fuzz/found/$1.log status=0
    say "fuzz: $1"
    tests/fuzz/run "build/fuzz/bin/fuzz_$1" "-max_total_time=$2" >"$log" 2>&1 || status=$?
    [ "$status" -eq 0 ] || tail -40 "$log"
    rows+=("$(printf '%-18s %12s  %s' "$1" \
        "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
        "$([ "$status" -eq 0 ] && echo nothing found || echo "BROKEN, see $log")")")
    return "$status"
}

# The tests under the address and undefined-behaviour sanitizers, then what has threads under the
# thread sanitizer. Labels left out run programs for minutes, or are not made of C++.
run_sanitize() {
    [ $# -eq 0 ] || fail "sanitize: unknown option '$1'"
    [ -s build/user-prefix ] || setup_system "${packages[@]}"
    mkdir -p build
    local failed=()
    say "build (sanitize)"
    configure sanitize
    cmake --build --preset sanitize
    say "tests (address and undefined behaviour)"
    # HDF5 asks for whatever a damaged file claims, and bears with a refusal. Programs under test
    # are started with a library of faults before them, and must crash by their signals.
    local crashes=handle_segv=0:handle_sigbus=0:handle_abort=0:handle_sigfpe=0:handle_sigill=0
    export UBSAN_OPTIONS=print_stacktrace=1 LSAN_OPTIONS=suppressions=$PWD/cmake/lsan.supp
    local asan=allocator_may_return_null=1:verify_asan_link_order=0:$crashes
    ASAN_OPTIONS=$asan ctest --test-dir build/sanitize -j "$(nproc)" --output-on-failure \
        -LE '^(oracle|chaos|gpu|long|style|dev|mpi)$' || failed+=(sanitize)
    # Open MPI keeps memory at its end, and unloads the plugins by which it could be told.
    ASAN_OPTIONS=$asan:detect_leaks=0 ctest --test-dir build/sanitize -j "$(nproc)" \
        --output-on-failure -L '^mpi$' || failed+=(sanitize-mpi)
    say "build (tsan)"
    configure tsan
    cmake --build --preset tsan --target tests_core tests_sweep tests_scheduler fake_trainer
    say "tests (threads)"
    TSAN_OPTIONS=$crashes ctest --test-dir build/tsan -j "$(nproc)" --output-on-failure \
        -L '^(core|sweep|scheduler)$' || failed+=(tsan)
    [ ${#failed[@]} -eq 0 ] || fail "failed: ${failed[*]}"
}
