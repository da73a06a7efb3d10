// SPDX-License-Identifier: Apache-2.0
// Tables of counts: rows are the true classes, columns what was predicted. A cell is the darker
// the larger its share of its row, so that rare classes show as well as frequent ones.
(function (graft) {
    'use strict';

    function mixed(ends, share) {
        return ends[0].map(function (from, i) {
            return Math.round(from + (ends[1][i] - from) * share);
        });
    }

    // Relative luminance (WCAG 2).
    function luminance(colour) {
        var parts = colour.map(function (value) {
            var v = value / 255;
            return v <= 0.03928 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
        });
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    }

    // Black or white, whichever is the farther from the cell's colour.
    function inkOn(colour) {
        var l = luminance(colour);
        return (l + 0.05) / 0.05 > 1.05 / (l + 0.05) ? '#000000' : '#ffffff';
    }

    graft.cellsOfHeat = function (chart) {
        var n = chart.names.length, cells = [];
        for (var row = 0; row < n; ++row) {
            var sum = 0;
            for (var i = 0; i < n; ++i) {
                sum += chart.counts[row * n + i];
            }
            for (var column = 0; column < n; ++column) {
                var count = chart.counts[row * n + column];
                cells.push({ row: row, column: column, count: count, sum: sum,
                    share: sum > 0 ? count / sum : 0 });
            }
        }
        return cells;
    };

    function square(cells, look, side) {
        return {
            type: 'custom', name: 'counts', emphasis: { disabled: true },
            data: cells.map(function (cell) { return [cell.column, cell.row]; }),
            encode: { x: 0, y: 1 },
            renderItem: function (params, api) {
                var cell = cells[params.dataIndex], at = api.coord([cell.column, cell.row]);
                var colour = mixed(look.heat, cell.share), text = String(cell.count);
                var size = Math.min(13, Math.floor((side - 4) / Math.max(2, text.length) * 1.7));
                return {
                    type: 'rect',
                    shape: { x: at[0] - side / 2, y: at[1] - side / 2, width: side, height: side },
                    style: { fill: 'rgb(' + colour.join(',') + ')', stroke: look.ground,
                        lineWidth: 1 },
                    textContent: size < 7 ? undefined : {
                        style: { text: text, fill: inkOn(colour), fontSize: size,
                            fontFamily: look.font }
                    },
                    textConfig: { position: 'inside' }
                };
            }
        };
    }

    function axis(chart, look, name) {
        return {
            type: 'category', data: chart.names, name: name, nameLocation: 'middle',
            nameTextStyle: { color: look.ink, fontFamily: look.font, fontSize: 12 },
            axisLine: { show: false }, axisTick: { show: false },
            axisLabel: { interval: 0, color: look.muted, fontFamily: look.font, fontSize: 12,
                width: 120, overflow: 'truncate' }
        };
    }

    graft.heat = function (chart, look, width, top) {
        var n = chart.names.length, widest = 0;
        chart.names.forEach(function (name) {
            widest = Math.max(widest, graft.widthOf(name, 12, look));
        });
        widest = Math.min(120, Math.ceil(widest));
        var left = widest + 34;
        // Cells of at least 26 pixels: a narrower window scrolls.
        var side = Math.max(26, Math.min(64, Math.floor((width - left - 50) / n)));
        var x = axis(chart, look, 'predicted'), y = axis(chart, look, 'true');
        var aslant = widest > side - 6;
        x.position = 'top';
        x.axisLabel.rotate = aslant ? -50 : 0;
        var above = aslant ? Math.ceil(widest * 0.77 + 12) : 18;
        x.nameGap = above + 8;
        y.inverse = true;
        y.nameGap = widest + 16;
        return {
            option: {
                grid: { left: left, top: top + above + 28, width: side * n, height: side * n,
                    outerBoundsMode: 'none' },
                xAxis: x, yAxis: y, series: [square(graft.cellsOfHeat(chart), look, side)]
            },
            height: top + above + 28 + side * n + 6,
            width: left + side * n + (aslant ? Math.ceil(widest * 0.65) : 8)
        };
    };
})(graft);
