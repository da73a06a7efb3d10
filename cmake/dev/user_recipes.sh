# SPDX-License-Identifier: Apache-2.0
# How `./dev setup --user` builds each library of cmake/user-sources.txt, in its unpacked folder,
# into $prefix. Steps are joined by &&: the shell's -e is off where a failure is caught.

# unpack NAME FILE FOLDER: of Boost's 60,000 files only those that are used. tar knows the
# compression by itself, whatever the file is called.
unpack() {
    local members=()
    [ "$1" != boost ] || members=(--wildcards '*/boost/*' '*/libs/program_options/src/*')
    tar -xf "$2" -C "$3" --strip-components=1 "${members[@]}"
}

# with_cmake OPTION...: shared libraries that find each other. CMake 4 refuses what these releases
# ask for without the policy's lower bound.
with_cmake() {
    cmake -S . -B build-graft -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON \
        -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib \
        -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_INSTALL_RPATH="$prefix/lib" \
        -DCMAKE_POLICY_VERSION_MINIMUM=3.5 "$@" &&
        cmake --build build-graft &&
        cmake --install build-graft
}

build_zlib() { ./configure --prefix="$prefix" && make && make install; }
build_fmt() { with_cmake -DFMT_TEST=OFF -DFMT_DOC=OFF; }
build_spdlog() { with_cmake -DSPDLOG_FMT_EXTERNAL=ON -DSPDLOG_BUILD_EXAMPLE=OFF; }
build_tomlplusplus() { cp -r include/toml++ "$prefix/include/"; }
build_nlohmann_json() { cp -r include/nlohmann "$prefix/include/"; }
build_xxhash() { make PREFIX="$prefix" && make PREFIX="$prefix" install; }
build_random123() { cp -r include/Random123 "$prefix/include/"; }
# One file of C.
build_duktape() {
    cp src/duktape.h src/duk_config.h "$prefix/include/" &&
        "$CC" -std=c99 -O2 -fPIC -c src/duktape.c && ar rcs "$prefix/lib/libduktape.a" duktape.o
}
build_eigen() { cp -r Eigen "$prefix/include/"; }
build_lbfgspp() { cp -r include/LBFGS* "$prefix/include/"; }
build_catch2() { with_cmake -DBUILD_TESTING=OFF -DCATCH_INSTALL_DOCS=OFF; }
build_benchmark() {
    with_cmake -DBENCHMARK_ENABLE_TESTING=OFF -DBENCHMARK_ENABLE_WERROR=OFF
}

# The C library alone: serial, safe with threads as Debian's is. Not by CMake: 1.10.8 stops at a
# check under CMake 3.31.
build_hdf5() {
    LDFLAGS=-Wl,-rpath,$prefix/lib ./configure --prefix="$prefix" --with-zlib="$prefix" \
        --enable-threadsafe --disable-hl --disable-static --disable-tests --disable-tools \
        --enable-build-mode=production &&
        make -j "${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}" && make install
}

build_sqlite() {
    ./configure --prefix="$prefix" --disable-static --disable-readline &&
        make -j "${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}" && make install
}

# Headers and one small library, without Boost's own build program. A release has its headers in
# boost/, its repository (and Debian's package) in libs/*/include.
build_boost() {
    local folder
    for folder in boost libs/*/include/boost libs/numeric/*/include/boost; do
        [ ! -d "$folder" ] || cp -r "$folder" "$prefix/include/" || return 1
    done
    "$CXX" -O2 -fPIC -I"$prefix/include" -c libs/program_options/src/*.cpp &&
        ar rcs "$prefix/lib/libboost_program_options.a" ./*.o
}

# Without nasm it decodes the same pixels, more slowly. It takes a relative lib for one of its own.
build_jpeg() {
    with_cmake -DENABLE_STATIC=OFF -DWITH_TURBOJPEG=OFF -DCMAKE_INSTALL_LIBDIR="$prefix/lib"
}
build_png() { with_cmake -DPNG_STATIC=OFF -DPNG_TESTS=OFF; }
build_tiff() {
    with_cmake -Dtiff-tools=OFF -Dtiff-tests=OFF -Dtiff-contrib=OFF -Dtiff-docs=OFF -Dcxx=OFF \
        -Dlzma=OFF -Dzstd=OFF -Dwebp=OFF -Djbig=OFF -Dlerc=OFF -Dlibdeflate=OFF
}

# Three modules, the image libraries above, and nothing that happens to be on the machine.
build_opencv() {
    local without=(ADE EIGEN FFMPEG GSTREAMER GTK IPP ITT JASPER LAPACK OPENCL OPENEXR OPENJPEG
        PROTOBUF QUIRC TBB V4L VA VTK WEBP 1394)
    local off=("${without[@]/#/-DWITH_}")
    off=("${off[@]/%/=OFF}")
    with_cmake -DBUILD_LIST=core,imgproc,imgcodecs "${off[@]}" \
        -DBUILD_TESTS=OFF -DBUILD_PERF_TESTS=OFF -DBUILD_EXAMPLES=OFF -DBUILD_opencv_apps=OFF \
        -DBUILD_JAVA=OFF -DBUILD_ZLIB=OFF -DBUILD_JPEG=OFF -DBUILD_PNG=OFF -DBUILD_TIFF=OFF
}
