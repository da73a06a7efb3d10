# LibTorch from an unpacked wheel `torch` with the nvidia-* wheels that it needs beside it: the
# folder that holds torch/ and nvidia/, such as any Python environment's site-packages.
#
#   GRAFT_LIBTORCH   that folder: cache variable, else environment variable, else where
#                    `./dev setup` puts it, ${GRAFT_CACHE:-~/.cache/graft}/libtorch-2.7.1-cpu
#                    (-cuda with GRAFT_CUDA)
#   GRAFT_CUDA       also torch_cuda, c10_cuda, the CUDA runtime, NVRTC and NCCL, with their headers
#   GRAFT_GPU_ARCH   the oldest GPUs to serve, 70 for V100: a LibTorch without kernels for them is
#                    refused here, and not by the first trial on a node
#   graft_torch      the target to link
#
# find_package(Torch) is not used: from a CUDA wheel it insists on a CUDA compiler. Without
# GRAFT_CUDA only libtorch_cpu and libc10 are linked, so the folder may lack every CUDA library but
# the two that libtorch_cpu itself names (libcudart, libcupti).
include(FindPackageHandleStandardArgs)

set(_torch_kind cpu)
if(GRAFT_CUDA)
    set(_torch_kind cuda)
endif()
set(_torch_default "$ENV{GRAFT_CACHE}")
if(NOT _torch_default)
    set(_torch_default "$ENV{HOME}/.cache/graft")
endif()
file(STRINGS "${CMAKE_CURRENT_LIST_DIR}/libtorch-${_torch_kind}.txt" _torch_pin REGEX "^torch==")
string(REGEX REPLACE "torch==([0-9.]+).*" "\\1" _torch_pin "${_torch_pin}")
string(APPEND _torch_default "/libtorch-${_torch_pin}-${_torch_kind}")
if(DEFINED ENV{GRAFT_LIBTORCH})
    set(_torch_default "$ENV{GRAFT_LIBTORCH}")
endif()
set(GRAFT_LIBTORCH "${_torch_default}" CACHE PATH "Folder that holds the wheels' torch and nvidia")

# Found again at every configure, so that another GRAFT_LIBTORCH takes effect in an old folder.
macro(_torch_find kind variable)
    unset(${variable} CACHE)
    cmake_language(CALL find_${kind} ${variable} ${ARGN} NO_DEFAULT_PATH)
    list(APPEND _torch_required ${variable})
endmacro()

# CUDA 12 comes as one wheel (and folder) a library, CUDA 13 as a single folder for most.
set(_torch_nvidia cuda_runtime cuda_cupti nccl cublas cudnn cuda_nvrtc cuda_nvcc
    cuda_cccl cufft curand cusolver cusparse cusparselt nvjitlink nvtx cufile cu13)
list(TRANSFORM _torch_nvidia PREPEND "${GRAFT_LIBTORCH}/nvidia/")
set(_torch_nvidia_include ${_torch_nvidia})
list(TRANSFORM _torch_nvidia_include APPEND "/include")
list(TRANSFORM _torch_nvidia APPEND "/lib")
list(APPEND _torch_nvidia "${GRAFT_LIBTORCH}/cusparselt/lib")

set(_torch_root "${GRAFT_LIBTORCH}/torch")
set(_torch_required)
_torch_find(path LIBTORCH_INCLUDE ATen/core/Tensor.h PATHS ${_torch_root}/include)
_torch_find(library LIBTORCH_torch_cpu torch_cpu PATHS ${_torch_root}/lib)
_torch_find(library LIBTORCH_c10 c10 PATHS ${_torch_root}/lib)
_torch_find(path LIBTORCH_CUDART NAMES libcudart.so.12 libcudart.so.13 PATHS ${_torch_nvidia})
_torch_find(path LIBTORCH_CUPTI NAMES libcupti.so.12 libcupti.so.13 PATHS ${_torch_nvidia})
set(_torch_libraries torch_cpu c10)
if(GRAFT_CUDA)
    _torch_find(library LIBTORCH_torch_cuda torch_cuda PATHS ${_torch_root}/lib)
    _torch_find(library LIBTORCH_c10_cuda c10_cuda PATHS ${_torch_root}/lib)
    _torch_find(library LIBTORCH_cudart NAMES libcudart.so.12 libcudart.so.13
        PATHS ${_torch_nvidia})
    _torch_find(library LIBTORCH_nccl NAMES libnccl.so.2 PATHS ${_torch_nvidia})
    _torch_find(library LIBTORCH_nvrtc NAMES libnvrtc.so.12 libnvrtc.so.13
        PATHS ${_torch_nvidia})
    _torch_find(path LIBTORCH_CUDA_INCLUDE cuda_runtime_api.h PATHS ${_torch_nvidia_include})
    _torch_find(path LIBTORCH_NCCL_INCLUDE nccl.h PATHS ${_torch_nvidia_include})
    list(APPEND _torch_libraries torch_cuda c10_cuda cudart nccl nvrtc)
    foreach(header crt/host_defines.h nv/target)
        find_path(_torch_header ${header} PATHS ${_torch_nvidia_include} NO_DEFAULT_PATH NO_CACHE)
        if(NOT _torch_header)
            message(WARNING "${header} is not in '${GRAFT_LIBTORCH}/nvidia': it will be taken from "
                "the system's CUDA, if there is one, of whatever version that is.")
        endif()
        unset(_torch_header)
    endforeach()
endif()

if(EXISTS "${_torch_root}/version.py")
    file(STRINGS "${_torch_root}/version.py" _torch_line REGEX "^__version__ = ")
    string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" LibTorch_VERSION "${_torch_line}")
endif()
find_package_handle_standard_args(LibTorch
    REQUIRED_VARS ${_torch_required}
    VERSION_VAR LibTorch_VERSION
    REASON_FAILURE_MESSAGE "No LibTorch (${_torch_kind}) in GRAFT_LIBTORCH '${GRAFT_LIBTORCH}'. \
Run './dev setup' (with '--cuda' for GPUs), or name the folder that holds torch/ and nvidia/.")

if(LibTorch_FOUND)
    file(STRINGS "${LIBTORCH_c10}" _torch_abi REGEX "__cxx11" LIMIT_COUNT 1)
    if(NOT _torch_abi)
        message(FATAL_ERROR "LibTorch '${LIBTORCH_c10}' has the C++ ABI from before GCC 5 (wheels "
            "up to 2.6 do). Take torch 2.7 or newer.")
    endif()
    file(STRINGS "${_torch_root}/version.py" _torch_line REGEX "^cuda: ")
    string(REGEX MATCH "[0-9]+\\.[0-9]+" _torch_cuda_version "${_torch_line}")
    if(GRAFT_GPU_ARCH AND GRAFT_GPU_ARCH LESS 75 AND _torch_cuda_version VERSION_GREATER_EQUAL 13)
        message(FATAL_ERROR "LibTorch '${GRAFT_LIBTORCH}' is for CUDA ${_torch_cuda_version}, "
            "which has no kernels for sm_${GRAFT_GPU_ARCH} (V100 is sm_70). Take a wheel for CUDA "
            "12.6, as './dev setup --cuda' does.")
    endif()
endif()

if(LibTorch_FOUND AND NOT TARGET graft_torch)
    add_library(graft_torch INTERFACE)
    foreach(name ${_torch_libraries})
        add_library(LibTorch::${name} SHARED IMPORTED)
        set_target_properties(LibTorch::${name} PROPERTIES IMPORTED_LOCATION "${LIBTORCH_${name}}")
        target_link_libraries(graft_torch INTERFACE LibTorch::${name})
    endforeach()
    # Newer wheels bring headers of another fmt than the one that we link: ours come first.
    if(EXISTS "${LIBTORCH_INCLUDE}/fmt")
        find_path(_torch_fmt fmt/format.h REQUIRED NO_CACHE)
        file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/fmt-first")
        file(CREATE_LINK "${_torch_fmt}/fmt" "${CMAKE_BINARY_DIR}/fmt-first/fmt" SYMBOLIC)
        target_include_directories(graft_torch SYSTEM INTERFACE "${CMAKE_BINARY_DIR}/fmt-first")
        unset(_torch_fmt)
    endif()
    # SYSTEM folders come before /usr/local/include, where another CUDA's headers may lie.
    target_include_directories(graft_torch SYSTEM INTERFACE ${LIBTORCH_INCLUDE}
        ${LIBTORCH_INCLUDE}/torch/csrc/api/include)
    if(GRAFT_CUDA)
        foreach(folder ${_torch_nvidia_include})
            if(EXISTS ${folder})
                target_include_directories(graft_torch SYSTEM INTERFACE ${folder})
            endif()
        endforeach()
        target_compile_definitions(graft_torch INTERFACE GRAFT_CUDA=1)
    endif()
    target_compile_definitions(graft_torch INTERFACE _GLIBCXX_USE_CXX11_ABI=1)
    # --no-as-needed: torch_cuda registers its kernels when loaded, and no symbol of it is named.
    # --disable-new-dtags: RPATH, unlike RUNPATH, also serves what LibTorch opens later by dlopen.
    target_link_options(graft_torch INTERFACE -Wl,--no-as-needed -Wl,--disable-new-dtags)
    foreach(folder ${_torch_nvidia})
        if(EXISTS ${folder})
            target_link_options(graft_torch INTERFACE -Wl,-rpath-link,${folder})
        endif()
    endforeach()
endif()
