# Warnings and sanitizers of every target of the project, as one interface target.
add_library(graft_options INTERFACE)
target_compile_options(graft_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
    -Woverloaded-virtual -Wimplicit-fallthrough)
target_include_directories(graft_options INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
if(GRAFT_SANITIZE)
    target_compile_options(graft_options INTERFACE -fsanitize=${GRAFT_SANITIZE}
        -fno-omit-frame-pointer)
    target_link_options(graft_options INTERFACE -fsanitize=${GRAFT_SANITIZE})
endif()
