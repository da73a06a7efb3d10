# SPDX-License-Identifier: Apache-2.0
# ./dev setup --user PREFIX: the libraries without root, from conda-forge by the conda client that
# is on PATH. Compiler and MPI come from the machine (on a cluster: from modules); OpenCV is left
# out, so graft-prepare is not built. docs/cluster.md has the other ways.

conda_packages=(
    cmake ninja ccache mold pkg-config python=3.11 fmt spdlog 'hdf5=*=nompi*' tomlplusplus xxhash
    libboost-devel catch2 benchmark
)

setup_user() {
    local prefix conda
    for conda in micromamba mamba conda none; do
        command -v "$conda" >/dev/null && break
    done
    [ "$conda" != none ] ||
        fail "no conda client here (micromamba, mamba or conda). Load its module, or build the
libraries by hand into PREFIX as docs/cluster.md says: ${conda_packages[*]}"
    mkdir -p "$(dirname "$1")" build
    prefix=$(realpath "$1")
    if [ ! -d "$prefix/conda-meta" ]; then
        say "conda-forge packages into $prefix"
        "$conda" create -y -p "$prefix" -c conda-forge --override-channels \
            "${conda_packages[@]}"
    fi
    [ -e "$prefix/include/Random123/philox.h" ] ||
        fail "conda-forge has no Random123. Copy the folder include/Random123 of its release (1.09
or newer, headers only) to $prefix/include, and run './dev setup --user $1' again."
    echo "$prefix" >build/user-prefix
    PATH=$prefix/bin:$PATH setup_libtorch cpu
}
