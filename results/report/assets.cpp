// SPDX-License-Identifier: Apache-2.0
#include "results/report/assets.hpp"

#include <cstddef>

// The names of assets.S: each a file's first byte, and the one after its last.
extern "C" {
extern const char graft_echarts_begin[], graft_echarts_end[];
extern const char graft_charts_begin[], graft_charts_end[];
extern const char graft_measure_begin[], graft_measure_end[];
extern const char graft_page_begin[], graft_page_end[];
extern const char graft_style_begin[], graft_style_end[];
}

namespace graft::results::report {

namespace {

std::string_view between(const char* begin, const char* end) {
    return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

std::string_view echarts_script() {
    return between(graft_echarts_begin, graft_echarts_end);
}
std::string_view chart_script() {
    return between(graft_charts_begin, graft_charts_end);
}
std::string_view measure_script() {
    return between(graft_measure_begin, graft_measure_end);
}
std::string_view page_script() {
    return between(graft_page_begin, graft_page_end);
}
std::string_view page_style() {
    return between(graft_style_begin, graft_style_end);
}

}  // namespace graft::results::report
