# Programs and plugins are linked aside and renamed into place. A running sweep keeps the file that
# it was started from, and whoever starts one at that moment finds the old or the new program. A
# linker by itself may write over the old file: mold does so unless the file is being executed,
# and for a shared library, or a program that runs on another machine, it cannot know.
foreach(rule CMAKE_CXX_LINK_EXECUTABLE CMAKE_CXX_CREATE_SHARED_MODULE)
    string(REPLACE "<TARGET>" "<TARGET>.new" ${rule} "${${rule}}")
    string(APPEND ${rule} " && ${CMAKE_COMMAND} -E rename <TARGET>.new <TARGET>")
endforeach()
