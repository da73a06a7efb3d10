# Programs and plugins are linked aside and renamed into place. A running sweep keeps the file that
# it was started from, and whoever starts a trainer during the build finds the old or the new
# program, never none or a part. (binutils 2.40 and mold 1.10 make a new file by themselves, seen by
# its inode, but under the final name from the first byte on.)
foreach(rule CMAKE_CXX_LINK_EXECUTABLE CMAKE_CXX_CREATE_SHARED_MODULE)
    string(REPLACE "<TARGET>" "<TARGET>.new" ${rule} "${${rule}}")
    string(APPEND ${rule} " && ${CMAKE_COMMAND} -E rename <TARGET>.new <TARGET>")
endforeach()
