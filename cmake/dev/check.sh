# SPDX-License-Identifier: Apache-2.0
# ./dev format and lint.

sources() { git ls-files -co --exclude-standard '*.cpp' '*.hpp'; }

run_format() {
    sources | xargs -r clang-format-14 -i
}

run_lint() {
    tests/style/run || exit 1
    if ! command -v clang-tidy >/dev/null; then
        echo "lint: clang-tidy is not installed, its checks are left out"
        return 0
    fi
    mkdir -p build
    configure release
    git ls-files '*.cpp' ':!tests/style' |
        xargs -r -n 1 -P "$(nproc)" clang-tidy --quiet -p build/release
}
