// SPDX-License-Identifier: Apache-2.0
// Interval charts: for each point a mark, and a whisker with caps from low to high; an arrow where
// the interval ends only because nothing beyond was measured.
(function (graft) {
    'use strict';

    var ARROW = 26;  // pixels

    function stroke(style, width) {
        return { stroke: style.colour, lineWidth: width || 1.75, fill: null };
    }

    function path(points, style) {
        return { type: 'polyline', shape: { points: points }, style: stroke(style) };
    }

    // up: 1 or -1
    function arrow(x, y, up, style) {
        var tip = y - up * ARROW;
        return [path([[x, y], [x, tip]], style),
            path([[x - 4, tip + up * 6], [x, tip], [x + 4, tip + up * 6]], style)];
    }

    function whisker(x, low, high, style) {
        return [path([[x, low], [x, high]], style), path([[x - 4, low], [x + 4, low]], style),
            path([[x - 4, high], [x + 4, high]], style)];
    }

    function mark(x, y, style, look) {
        var item = graft.itemStyle(style, look);
        return {
            type: 'path', shape: { pathData: graft.markPath(style.mark, x, y, 4.5) },
            style: { fill: item.color, stroke: item.borderColor, lineWidth: item.borderWidth }
        };
    }

    // low, high: on the axis, or null. The interval of a bound is that of its arrow.
    function parts(cell, x, api, style) {
        var at = function (value) { return api.coord([cell.x, value])[1]; };
        var shapes = [];
        if (cell.low !== null && cell.high !== null) {
            shapes = whisker(x, at(cell.low), at(cell.high), style);
        }
        return cell.bound ? shapes.concat(arrow(x, at(cell.y), cell.bound, style)) : shapes;
    }

    function cellsOf(chart, series) {
        return series.x.map(function (x, i) {
            return {
                x: chart.x.categories ? x : graft.placed(chart.x, x),
                y: graft.placed(chart.y, series.y[i]),
                low: graft.placed(chart.y, series.low ? series.low[i] : null),
                high: graft.placed(chart.y, series.high ? series.high[i] : null),
                bound: series.bound ? series.bound[i] : 0, index: i
            };
        }).filter(function (cell) { return cell.y !== null && cell.x !== null; });
    }

    // place: its number among `count` series that stand side by side.
    function drawn(chart, series, style, look, side) {
        var cells = cellsOf(chart, series);
        return {
            type: 'custom', name: series.name, z: 3, clip: false, emphasis: { disabled: true },
            itemStyle: { color: style.colour },
            data: cells.map(function (cell) {
                return [cell.x, cell.y, cell.low === null ? cell.y : cell.low,
                    cell.high === null ? cell.y : cell.high, cell.index];
            }),
            encode: { x: 0, y: [1, 2, 3] },
            renderItem: function (params, api) {
                var cell = cells[params.dataIndex], point = api.coord([cell.x, cell.y]);
                var x = point[0] + side.offset(api);
                var shapes = parts(cell, x, api, style);
                return {
                    type: 'group',
                    children: side.marks ? shapes.concat([mark(x, point[1], style, look)]) : shapes
                };
            }
        };
    }

    // Of a line chart: the arrows alone.
    graft.arrows = function (chart, series, style, look) {
        var bounded = {
            name: series.name, x: [], y: [], bound: []
        };
        series.x.forEach(function (x, i) {
            if (series.bound[i]) {
                bounded.x.push(x);
                bounded.y.push(series.y[i]);
                bounded.bound.push(series.bound[i]);
            }
        });
        var option = drawn(chart, bounded, style, look,
            { offset: function () { return 0; }, marks: false });
        option.silent = true;
        option.tooltip = { show: false };
        return option;
    };

    graft.intervals = function (chart, look) {
        var count = chart.series.length;
        return chart.series.map(function (series, index) {
            return drawn(chart, series, graft.styleOf(series, look), look, {
                marks: true,
                offset: function (api) {
                    var band = chart.x.categories ? Math.abs(api.size([1, 0])[0]) : 40;
                    return (index - (count - 1) / 2) * Math.min(22, 0.76 * band / count);
                }
            });
        });
    };
})(graft);
