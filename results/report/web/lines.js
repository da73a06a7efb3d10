// SPDX-License-Identifier: Apache-2.0
// Line charts: lines with marks and a translucent band from low to high.
(function (graft) {
    'use strict';

    // marked(i): whether point i has a mark.
    function cells(chart, series, marked) {
        return series.x.map(function (x, i) {
            var y = graft.placed(chart.y, series.y[i]);
            var cell = [chart.x.categories ? x : graft.placed(chart.x, x), y === null ? '-' : y];
            return marked(i) ? cell : { value: cell, symbol: 'none' };
        });
    }

    // Runs of points whose interval is known: [[x, low, high], ...] for each.
    function runs(chart, series) {
        var found = [], run = [];
        for (var i = 0; series.low && i < series.x.length; ++i) {
            var low = graft.placed(chart.y, series.low[i]);
            var high = graft.placed(chart.y, series.high[i]);
            if (low !== null && high !== null) {
                run.push([chart.x.categories ? series.x[i] : graft.placed(chart.x, series.x[i]),
                    low, high]);
            } else if (run.length) {
                found.push(run);
                run = [];
            }
        }
        return run.length ? found.concat([run]) : found;
    }

    // One polygon for each run, each drawn with the run's first point. A point alone has a bar.
    function band(chart, series, style, look) {
        var all = [], starts = {};
        runs(chart, series).forEach(function (run) {
            starts[all.length] = run;
            all = all.concat(run);
        });
        return {
            type: 'custom', name: series.name, silent: true, z: 1, data: all, clip: true,
            encode: { x: 0, y: [1, 2] }, tooltip: { show: false },
            itemStyle: { color: style.colour },
            renderItem: function (params, api) {
                var run = starts[params.dataIndex];
                if (!run) {
                    return null;
                }
                var points = run.map(function (p) { return api.coord([p[0], p[2]]); });
                run.slice().reverse().forEach(function (p) {
                    points.push(api.coord([p[0], p[1]]));
                });
                var bar = run.length === 1;
                return {
                    type: 'polygon', shape: { points: points },
                    style: {
                        fill: style.colour, opacity: bar ? 0.6 : look.paper ? 0.16 : 0.18,
                        stroke: bar ? style.colour : null, lineWidth: bar ? 1.5 : 0
                    }
                };
            }
        };
    }

    function line(chart, series, style, look, index) {
        // Marks on every point of a short line, on some of a long one, not the same for all series.
        var step = Math.max(1, Math.ceil(series.x.length / 8));
        var shift = Math.floor(step * (index % 4) / 4);
        return {
            type: 'line', name: series.name, z: 3, clip: true,
            data: cells(chart, series, function (i) { return i % step === shift; }),
            showSymbol: true, showAllSymbol: true, symbol: graft.symbolOf(style), symbolSize: 8,
            lineStyle: { color: style.colour, width: 2,
                type: style.dash.length ? style.dash : 'solid' },
            itemStyle: graft.itemStyle(style, look), emphasis: { disabled: true },
            connectNulls: false
        };
    }

    graft.lines = function (chart, look) {
        var bands = [], lines = [];
        chart.series.forEach(function (series, index) {
            var style = graft.styleOf(series, look);
            if (series.low) {
                bands.push(band(chart, series, style, look));
            }
            if (series.bound) {
                bands.push(graft.arrows(chart, series, style, look));
            }
            lines.push(line(chart, series, style, look, index));
        });
        return lines.concat(bands);  // a legend takes the first of a name
    };
})(graft);
