# SPDX-License-Identifier: Apache-2.0
# ./dev setup --user PREFIX: everything without root. Compiler and MPI are those on PATH (modules);
# CMake and Ninja come as wheels where they are missing, LibTorch and ECharts as wheels, the
# libraries from the releases in cmake/user-sources.txt, each by its recipe build_NAME
# (user_recipes.sh). Resumable: a library that was built has a file PREFIX/built/NAME-VERSION, and
# is not built again.

opencv_names=" jpeg png tiff opencv "   # what graft-prepare needs and nothing else does

# setup_user PREFIX cpu|cuda with|without: the last says whether OpenCV is wanted.
setup_user() {
    local kind=$2 opencv=$3 before
    need_tools
    mkdir -p "$1" build
    before=$(cat build/user-prefix 2>/dev/null || true)
    use_prefix "$(realpath "$1")"
    user_sources "$opencv"
    fetch_sources
    setup_build_tools
    local row
    for row in "${rows_of_sources[@]}"; do
        # shellcheck disable=SC2086  # name, version, sums, address
        build_library $row
    done
    setup_libtorch "$kind"
    setup_echarts
    [ "$before" = "$prefix" ] || rm -f build/*/CMakeCache.txt   # it has the paths of another place
    echo "$prefix" >build/user-prefix
    say "ready: $prefix ($(du -sh "$prefix" | cut -f1)). Next: ./dev build$(
        [ "$kind" = cpu ] || echo " --cuda")"
}

# use_prefix PREFIX: its programs before others, and downloads beside them: a home on a cluster is
# often too small for LibTorch.
use_prefix() {
    prefix=$1
    export PATH=$1/bin:$PATH GRAFT_CACHE=${wanted_cache:-$1/cache}
    export CC=${CC:-gcc} CXX=${CXX:-g++}   # modules may come with no cc and c++ of their own
    cache=$GRAFT_CACHE
}

need_tools() {
    local tool gcc clang
    for tool in tar make sha256sum python3; do
        command -v "$tool" >/dev/null || fail "no '$tool' here. Load a module that has it."
    done
    for tool in "${CC:-gcc}" "${CXX:-g++}"; do
        command -v "$tool" >/dev/null ||
            fail "no '$tool' on PATH. Load a compiler module (gcc 12 or newer)."
    done
    read -r gcc clang < <(echo __GNUC__ __clang_major__ | "${CXX:-g++}" -E -P -x c++ -)
    [ "$clang" != __clang_major__ ] || [ "$gcc" -ge 12 ] ||
        fail "'$(command -v "${CXX:-g++}")' is gcc $gcc, and graft needs 12 or newer. Load one."
    command -v mpicc >/dev/null ||
        fail "no 'mpicc' on PATH. Load an MPI module (Open MPI 4.1 or newer)."
    mpicc --showme:version 2>/dev/null | grep -q 'Open MPI' ||
        say "'$(command -v mpicc)' is not Open MPI's. Other MPIs are untested."
}

# CMake 3.25 and Ninja: the machine's, else wheels.
setup_build_tools() {
    local tools=$cache/pip found
    found=$({ cmake --version || true; } 2>/dev/null | sed -n 's/^cmake version //p')
    if command -v ninja >/dev/null && printf '%s\n' 3.25 "${found:-0}" | sort -VC; then
        return 0
    fi
    say "CMake and Ninja into $prefix/bin (here: cmake ${found:-none})"
    setup_pip
    "$tools/bin/pip" install --quiet --no-cache-dir --require-hashes --only-binary :all: \
        --requirement cmake/user-python.txt || fail "$(no_wheels)"
    mkdir -p "$prefix/bin"
    ln -sf "$tools"/bin/{cmake,ctest,ninja} "$prefix/bin/"
}

# Where the sources are, and which: `rows_of_sources` has the lines of the table that are wanted.
user_sources() {
    local row name
    sources=${GRAFT_SOURCES:-$prefix/sources}
    rows_of_sources=()
    while read -r row; do
        name=${row%% *}
        [ "$1" = with ] || [[ $opencv_names != *" $name "* ]] || continue
        rows_of_sources+=("$row")
    done < <(grep -v '^#' cmake/user-sources.txt)
}

# Every file that is needed and not there, first: what cannot be loaded is said at once, whole.
fetch_sources() {
    local row name version sums address file missing=()
    mkdir -p "$sources"
    for row in "${rows_of_sources[@]}"; do
        read -r name version sums address <<<"$row"
        file=$sources/$name-$version.tar.gz
        [ -e "$file" ] || [ -e "$prefix/built/$name-$version" ] && continue
        echo "loading $address"
        if download "$address" "$file.part"; then
            mv "$file.part" "$file"
        else
            missing+=("  curl -fLo ${file##*/} $address")
        fi
    done
    [ ${#missing[@]} -eq 0 ] || fail "${#missing[@]} files could not be loaded. Load them where
there is a network, copy them into $sources
and give the same command again:
$(printf '%s\n' "${missing[@]}")"
}

# download ADDRESS FILE
download() {
    if command -v curl >/dev/null; then
        curl -fsSL --connect-timeout 10 -o "$2" "$1"
    elif command -v wget >/dev/null; then
        wget -q --tries 1 --connect-timeout 10 -O "$2" "$1"
    else
        python3 -c 'import sys, urllib.request as web; web.urlretrieve(*sys.argv[1:])' "$1" "$2"
    fi
}

# build_library NAME VERSION SUM[,SUM] ADDRESS
build_library() {
    local name=$1 version=$2 sums=$3 file=$sources/$1-$2.tar.gz sum
    local built=$prefix/built/$name-$version log=$prefix/log/$name.log work=$prefix/build/$name
    [ ! -e "$built" ] || return 0
    sum=$(sha256sum "$file" | cut -d' ' -f1)
    [[ ,$sums, == *",$sum,"* ]] ||
        fail "'$file' is not what was expected (sha256 $sum, not ${sums//,/ or }).
Remove it and give the same command again, or load it by hand from $4"
    say "$name $version"
    rm -rf "$work"
    mkdir -p "$work" "$prefix/built" "$prefix/log" "$prefix/lib" "$prefix/include"
    local start=$SECONDS
    if ! (unpack "$name" "$file" "$work" && cd "$work" && "build_$name") >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        fail "$name could not be built. The whole log is '$log'.
Mend what it says, and give the same command again: what was built is kept."
    fi
    rm -rf "$work"
    touch "$built"
    echo "$((SECONDS - start)) s"
}
