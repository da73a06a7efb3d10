# graft_library(NAME SOURCES ... [PUBLIC ...] [PRIVATE ...]): one static library per folder, with
# the alias graft::NAME.
function(graft_library name)
    cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    add_library(graft_${name} STATIC ${ARG_SOURCES})
    add_library(graft::${name} ALIAS graft_${name})
    target_link_libraries(graft_${name} PUBLIC graft_options ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()
