# Every outside library, as an imported target. docs/dependencies.md says why each was chosen.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
# CMake's own module, also where it is on its way out: a --user prefix has no BoostConfig.
if(POLICY CMP0167)
    cmake_policy(SET CMP0167 OLD)
endif()
find_package(Boost REQUIRED COMPONENTS program_options)
find_package(MPI REQUIRED COMPONENTS C)
set(HDF5_PREFER_PARALLEL OFF)
find_package(HDF5 REQUIRED COMPONENTS C)
find_package(SQLite3 3.38 REQUIRED)
find_path(TOMLPLUSPLUS_INCLUDE toml++/toml.h REQUIRED)
find_path(NLOHMANN_JSON_INCLUDE nlohmann/json.hpp REQUIRED)
find_path(RANDOM123_INCLUDE Random123/philox.h REQUIRED)
find_path(EIGEN_INCLUDE Eigen/Core PATH_SUFFIXES eigen3 REQUIRED)
find_path(LBFGSPP_INCLUDE LBFGS.h REQUIRED)
find_path(XXHASH_INCLUDE xxhash.h REQUIRED)
find_library(XXHASH_LIBRARY xxhash REQUIRED)
find_path(DUKTAPE_INCLUDE duktape.h REQUIRED)
find_library(DUKTAPE_LIBRARY duktape REQUIRED)
find_package(ECharts REQUIRED)

if(GRAFT_TESTS)
    find_package(benchmark REQUIRED)
endif()
if(GRAFT_PREPARE)
    # Three modules by hand: Debian's OpenCVConfig.cmake comes only with all forty of them.
    find_path(OPENCV_INCLUDE opencv2/imgcodecs.hpp PATH_SUFFIXES opencv4 REQUIRED)
    add_library(opencv_image INTERFACE)
    target_include_directories(opencv_image SYSTEM INTERFACE ${OPENCV_INCLUDE})
    foreach(module core imgproc imgcodecs)
        find_library(OPENCV_${module} opencv_${module} REQUIRED)
    endforeach()
    target_link_libraries(opencv_image INTERFACE ${OPENCV_core} ${OPENCV_imgproc})
    add_library(opencv_codecs INTERFACE)  # for graft-codecs.so alone, and tests
    target_link_libraries(opencv_codecs INTERFACE ${OPENCV_imgcodecs})
    # The one that OpenCV decodes with: two of them in a process would be two sets of symbols.
    find_package(JPEG REQUIRED)
endif()
if(GRAFT_TRAINER)
    find_package(LibTorch REQUIRED)
endif()

# The include folder and library of the serial HDF5, whatever else find_package listed.
add_library(hdf5_c INTERFACE)
target_include_directories(hdf5_c SYSTEM INTERFACE ${HDF5_C_INCLUDE_DIRS})
target_link_libraries(hdf5_c INTERFACE ${HDF5_C_LIBRARIES})

# Headers alone: Eigen, and L-BFGS on top of it.
add_library(eigen INTERFACE)
target_include_directories(eigen SYSTEM INTERFACE ${EIGEN_INCLUDE} ${LBFGSPP_INCLUDE})

add_library(xxhash INTERFACE)
target_include_directories(xxhash SYSTEM INTERFACE ${XXHASH_INCLUDE})
target_link_libraries(xxhash INTERFACE ${XXHASH_LIBRARY})

add_library(duktape INTERFACE)
target_include_directories(duktape SYSTEM INTERFACE ${DUKTAPE_INCLUDE})
target_link_libraries(duktape INTERFACE ${DUKTAPE_LIBRARY} m)
