// SPDX-License-Identifier: Apache-2.0
// Panels of points: squares of one size in rows, with no numbers on their axes, which mean nothing.
(function (graft) {
    'use strict';

    var GAP = 18, HEAD = 42;

    // Columns, the side of a square, and where each stands, for `width` pixels.
    function layout(count, width) {
        var most = Math.max(1, Math.floor((width + GAP) / (200 + GAP)));
        var columns = Math.min(count, most);
        // No row with one panel alone where another division has none.
        while (columns > 2 && count % columns === 1) {
            --columns;
        }
        var side = Math.floor((width - 2 - GAP * (columns - 1)) / columns);
        return { columns: columns, side: Math.min(side, count === 1 ? 420 : 340) };
    }

    // The middle and half the side of a square that holds every point.
    function frame(panel) {
        var x = graft.extentOf({}, panel.series.map(function (series) { return series.x; }));
        var y = graft.extentOf({}, panel.series.map(function (series) { return series.y; }));
        return {
            x: (x[0] + x[1]) / 2, y: (y[0] + y[1]) / 2,
            half: Math.max(x[1] - x[0], y[1] - y[0], 1e-9) * 0.54
        };
    }

    function axis(index, middle, half, look) {
        var line = { show: false };
        return {
            gridIndex: index, type: 'value', min: middle - half, max: middle + half,
            axisLine: line, axisTick: line, axisLabel: line, splitLine: line
        };
    }

    function text(content, x, y, size, colour, look, width) {
        return {
            text: content.replace(/[{}]/g, ''), left: x, top: y, padding: 0,
            textStyle: {
                color: colour, fontFamily: look.font, fontSize: size,
                fontWeight: size > 12 ? 600 : 400, width: width, overflow: 'truncate'
            }
        };
    }

    // In a page each point can be pointed at.
    function scattered(series, index, style, item, size, place) {
        item.opacity = 0.75;
        item.borderWidth = style.hollow ? 1 : 0;
        return {
            type: 'scatter', name: series.name, xAxisIndex: index, yAxisIndex: index,
            symbol: graft.symbolOf(style), symbolSize: 2 * size, itemStyle: item,
            emphasis: { disabled: true }, progressive: 0,
            data: series.x.map(function (x, i) { return [x, series.y[i], index, place]; })
        };
    }

    // One path for all points of a series: a drawing of thousands of them stays small, and quick.
    function inOnePath(series, index, style, item, size) {
        return {
            type: 'custom', name: series.name, xAxisIndex: index, yAxisIndex: index,
            silent: true, itemStyle: { color: style.colour }, encode: { x: 0, y: 1 },
            data: series.x.length ? [[series.x[0], series.y[0]]] : [],
            renderItem: function (params, api) {
                // Both axes are linear: two points of the plane give all others.
                var zero = api.coord([0, 0]), one = api.coord([1, 1]);
                return {
                    type: 'graftMarks',
                    shape: {
                        mark: style.mark, radius: size,
                        points: series.x.map(function (x, i) {
                            return [zero[0] + x * (one[0] - zero[0]),
                                zero[1] + series.y[i] * (one[1] - zero[1])];
                        })
                    },
                    style: {
                        fill: item.color, opacity: 0.75, lineWidth: style.hollow ? 1 : 0,
                        stroke: style.hollow ? item.borderColor : null
                    }
                };
            }
        };
    }

    function points(series, index, look, many, place) {
        var style = graft.styleOf(series, look), item = graft.itemStyle(style, look);
        return (look.paper ? inOnePath : scattered)(series, index, style, item,
            many ? 2.2 : 3.2, place);
    }

    graft.panels = function (chart, look, width, above) {
        var top = above + 8, plan = layout(chart.panels.length, width), option = {
            grid: [], xAxis: [], yAxis: [], series: [], title: []
        };
        chart.panels.forEach(function (panel, index) {
            var left = 1 + (index % plan.columns) * (plan.side + GAP);
            var y = top + Math.floor(index / plan.columns) * (plan.side + HEAD + GAP);
            var around = frame(panel), count = 0;
            panel.series.forEach(function (series) { count += series.x.length; });
            option.title.push(text(panel.title, left, y, 13, look.ink, look, plan.side),
                text(panel.note, left, y + 19, 12, look.muted, look, plan.side));
            option.grid.push({
                left: left, top: y + HEAD, width: plan.side, height: plan.side, show: true,
                borderColor: look.axis, borderWidth: 1, backgroundColor: 'transparent',
                outerBoundsMode: 'none'
            });
            option.xAxis.push(axis(index, around.x, around.half, look));
            option.yAxis.push(axis(index, around.y, around.half, look));
            panel.series.forEach(function (series, place) {
                option.series.push(points(series, index, look, count > 400, place));
            });
        });
        var rows = Math.ceil(chart.panels.length / plan.columns);
        return { option: option, height: top + rows * (plan.side + HEAD + GAP) - GAP + 2 };
    };
})(graft);
