// SPDX-License-Identifier: Apache-2.0
// Files that are kept in the program. GRAFT_ECHARTS: the path of echarts.min.js.

    .section .rodata, "a", @progbits

    .global graft_echarts_begin, graft_echarts_end
graft_echarts_begin:
    .incbin GRAFT_ECHARTS
graft_echarts_end:

    .global graft_charts_begin, graft_charts_end
graft_charts_begin:
    .incbin "look.js"
    .incbin "axes.js"
    .incbin "lines.js"
    .incbin "intervals.js"
    .incbin "panels.js"
    .incbin "heat.js"
    .incbin "charts.js"
graft_charts_end:

    .global graft_measure_begin, graft_measure_end
graft_measure_begin:
    .incbin "measure.js"
graft_measure_end:

    .global graft_page_begin, graft_page_end
graft_page_begin:
    .incbin "tips.js"
    .incbin "figures.js"
    .incbin "tables.js"
    .incbin "page.js"
graft_page_end:

    .global graft_style_begin, graft_style_end
graft_style_begin:
    .incbin "page.css"
graft_style_end:

    .section .note.GNU-stack, "", @progbits
