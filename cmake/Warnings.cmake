# Warnings and sanitizers of every target of the project, as one interface target.
add_library(graft_options INTERFACE)
target_compile_options(graft_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
    -Woverloaded-virtual -Wimplicit-fallthrough)
# gcc 12 sees overlaps that cannot be in "text" + std::string (its bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(graft_options INTERFACE -Wno-restrict)
endif()
target_include_directories(graft_options INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
if(GRAFT_SANITIZE)
    # Undefined behaviour ends the program: a test must not pass with a message alone.
    target_compile_options(graft_options INTERFACE -fsanitize=${GRAFT_SANITIZE}
        -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(graft_options INTERFACE -fsanitize=${GRAFT_SANITIZE})
endif()
