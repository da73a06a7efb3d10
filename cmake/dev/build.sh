# SPDX-License-Identifier: Apache-2.0
# ./dev build and what needs a build first: demo.

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
