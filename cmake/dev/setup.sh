# SPDX-License-Identifier: Apache-2.0
# ./dev setup: what the build needs from the system and from the Python package index.

packages=(
    g++ cmake ninja-build ccache mold git procps python3 python3-venv
    clang-format-14
    libfmt-dev libspdlog-dev libhdf5-dev libtomlplusplus-dev nlohmann-json3-dev libxxhash-dev
    librandom123-dev
    libeigen3-dev liblbfgspp-dev libboost-dev libboost-program-options-dev duktape-dev
    libsqlite3-dev libopenmpi-dev openmpi-bin
    libopencv-core-dev libopencv-imgproc-dev libopencv-imgcodecs-dev libjpeg-dev
    catch2 libbenchmark-dev hdf5-tools
)

# A real SLURM on this machine, for the tests with the label `slurm`.
slurm_packages=(slurmctld slurmd slurm-client munge libpmix-dev openmpi-bin)

# missing_packages PACKAGE...
missing_packages() {
    local package
    for package in "$@"; do
        # libhdf5-dev is also provided by a parallel HDF5, which does not do here.
        grep -qx "$package" <<<"$installed" || printf '%s ' "$package"
    done
}

# setup_system PACKAGE...
setup_system() {
    if ! command -v apt-get dpkg-query >/dev/null; then
        fail "no apt-get here (not Debian or Ubuntu). './dev setup --user PREFIX' builds the
libraries without root, docs/cluster.md says how; or install what these contain: $*"
    fi
    local installed missing
    installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    local root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null ||
            fail "packages are missing and this is not root: ${missing}.
Ask for them, or use './dev setup --user PREFIX'."
        root=(sudo)
    fi
    say "system packages: $missing"
    "${root[@]}" apt-get update -q
    # shellcheck disable=SC2086  # a list
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends $missing
}

# libtorch_folder cpu|cuda: where cmake/FindLibTorch.cmake looks too.
libtorch_folder() {
    echo "$cache/libtorch-$(sed -n 's/^torch==\([^ ]*\).*/\1/p' "cmake/libtorch-$1.txt")-$1"
}

# A Python of our own: a distribution's may lack pip.
setup_pip() {
    [ ! -x "$cache/pip/bin/pip" ] || return 0
    python3 -m venv "$cache/pip" ||
        fail "'python3 -m venv' does not work with $(command -v python3) ($(python3 --version)).
On a cluster, load a Python module (3.8 or newer)."
}

no_wheels() {
    echo "wheels could not be loaded, see above. What was loaded is kept: give the same command
again. docs/cluster.md says what to do on machines without a network."
}

setup_libtorch() {
    local kind=$1 target
    target=$(libtorch_folder "$kind")
    if [ -n "${GRAFT_LIBTORCH:-}" ] || [ -d "$target" ]; then
        return 0
    fi
    say "LibTorch ($kind) into $target"
    local wheels=$cache/wheels-$kind tools=$cache/pip
    mkdir -p "$wheels"
    setup_pip
    # A second run takes up what is complete.
    "$tools/bin/pip" download --quiet --no-cache-dir --no-deps --require-hashes --dest "$wheels" \
        --only-binary :all: --implementation cp --python-version 3.11 \
        --platform manylinux_2_28_x86_64 --platform manylinux_2_17_x86_64 \
        --platform manylinux2014_x86_64 --requirement "cmake/libtorch-$kind.txt" ||
        fail "$(no_wheels)"
    python3 cmake/unpack_wheels.py "$kind" "$target" "$wheels"/*.whl
    rm -rf "$wheels"
}

# Apache ECharts, one file out of a wheel that brings it along; cmake/FindECharts.cmake looks there.
setup_echarts() {
    local version sum target wheels=$cache/wheels-echarts
    read -r version sum < <(sed -n 's/^# echarts.min.js \([^ ]*\) sha256:/\1 /p' cmake/echarts.txt)
    target=$cache/echarts-$version
    if [ -n "${GRAFT_ECHARTS:-}" ] || [ -s "$target/echarts.min.js" ]; then
        return 0
    fi
    say "ECharts into $target"
    mkdir -p "$wheels" "$target"
    setup_pip
    "$cache/pip/bin/pip" download --quiet --no-cache-dir --no-deps --require-hashes \
        --dest "$wheels" --only-binary :all: --python-version 3.11 \
        --requirement cmake/echarts.txt || fail "$(no_wheels)"
    python3 cmake/unpack_echarts.py "$wheels"/*.whl "$target/echarts.min.js" "$sum"
    rm -rf "$wheels"
}

# A browser without a window for the test of a report's page, which is skipped where there is none.
setup_browser() {
    if command -v chromium-headless-shell || command -v chromium || command -v google-chrome; then
        return 0
    fi >/dev/null
    (setup_system chromium-headless-shell) ||
        say "no browser could be installed: the test of a report's page will be skipped"
}

run_setup() {
    local kind=cpu user='' opencv=with
    while [ $# -gt 0 ]; do
        case $1 in
            --cuda) kind=cuda ;;
            --without-opencv) opencv=without ;;
            --slurm)
                setup_system "${slurm_packages[@]}"
                return
                ;;
            --user)
                [[ ${2:-} == [!-]* ]] || fail "setup: --user needs a directory"
                user=$2
                shift
                ;;
            *) fail "setup: unknown option '$1' (known: --cuda, --slurm, --user PREFIX,
--without-opencv)" ;;
        esac
        shift
    done
    if [ -n "$user" ]; then
        setup_user "$user" "$kind" "$opencv"
        return
    fi
    [ "$opencv" = with ] || fail "setup: --without-opencv goes with --user PREFIX"
    # A prefix made by --user stands in for the system's packages.
    [ -s build/user-prefix ] || setup_system "${packages[@]}"
    setup_libtorch "$kind"
    setup_echarts
}
