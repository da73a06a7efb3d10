# Apache ECharts as one script, which a report carries along; it runs in no program of ours but in
# browsers and, for SVG files, in Duktape.
#
#   GRAFT_ECHARTS   echarts.min.js: cache variable, else environment variable, else where
#                   `./dev setup` puts it, ${GRAFT_CACHE:-~/.cache/graft}/echarts-6.0.0/
#
# Whichever it is, it must be the very file that cmake/echarts.txt names by its sum.
include(FindPackageHandleStandardArgs)

file(STRINGS "${CMAKE_CURRENT_LIST_DIR}/echarts.txt" _echarts_pin REGEX "^# echarts.min.js ")
string(REGEX REPLACE ".* ([0-9.]+) sha256:([0-9a-f]+)" "\\1;\\2" _echarts_pin "${_echarts_pin}")
list(POP_FRONT _echarts_pin ECharts_VERSION _echarts_sum)

set(_echarts_default "$ENV{GRAFT_CACHE}")
if(NOT _echarts_default)
    set(_echarts_default "$ENV{HOME}/.cache/graft")
endif()
string(APPEND _echarts_default "/echarts-${ECharts_VERSION}/echarts.min.js")
if(DEFINED ENV{GRAFT_ECHARTS})
    set(_echarts_default "$ENV{GRAFT_ECHARTS}")
endif()
set(GRAFT_ECHARTS "${_echarts_default}" CACHE FILEPATH "Apache ECharts, echarts.min.js")

set(_echarts_file "")
if(EXISTS "${GRAFT_ECHARTS}")
    file(SHA256 "${GRAFT_ECHARTS}" _echarts_found)
    if(NOT _echarts_found STREQUAL _echarts_sum)
        message(FATAL_ERROR "'${GRAFT_ECHARTS}' is not ECharts ${ECharts_VERSION} "
            "(sha256 ${_echarts_found}). Remove it and run ./dev setup.")
    endif()
    set(_echarts_file "${GRAFT_ECHARTS}")
endif()
find_package_handle_standard_args(ECharts REQUIRED_VARS _echarts_file VERSION_VAR ECharts_VERSION
    REASON_FAILURE_MESSAGE "'${GRAFT_ECHARTS}' is not there. Run ./dev setup")
