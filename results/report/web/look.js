// SPDX-License-Identifier: Apache-2.0
// Charts of a report, by ECharts. ES5 throughout: the same files run in browsers and, for SVG
// files, in Duktape. Each file adds to `graft`; charts.js is the entry.
var graft = {};

(function (graft) {
    'use strict';

    // Okabe and Ito's first four colours, then four that were chosen to stay apart from them and
    // from each other as people without one kind of cone see them (distances of at least 7.6 in
    // 100 x OKLab after Machado et al. 2009), with a contrast of at least 3 to the ground.
    var light = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#5C0012', '#15197C', '#48531C',
        '#A13170'];
    var dark = ['#56B4E9', '#E69F00', '#009E73', '#FB5C99', '#C6FBCF', '#9B61EA', '#C1E319',
        '#9F7100'];

    // No names in quotes: ECharts writes them into an attribute as they are.
    var system = 'system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif';

    // heat: the ends of the scale of a table of counts, as [red, green, blue].
    graft.looks = {
        light: {
            ink: '#1b1f24', muted: '#57606a', rule: '#dfe3e8', axis: '#8c959f', ground: '#ffffff',
            palette: light, font: system, heat: [[255, 255, 255], [0, 84, 140]], paper: false
        },
        dark: {
            ink: '#e6eaee', muted: '#a5afb9', rule: '#30363d', axis: '#6e7781', ground: '#14181d',
            palette: dark, font: system, heat: [[26, 32, 39], [110, 190, 240]], paper: false
        },
        paper: {
            ink: '#000000', muted: '#333333', rule: '#e3e3e3', axis: '#666666', ground: '#ffffff',
            palette: light, font: 'Helvetica, Arial, Liberation Sans, sans-serif',
            heat: [[255, 255, 255], [0, 84, 140]], paper: true
        }
    };

    // Corners of marks in the unit circle, about: square, triangle, diamond, triangle on its tip,
    // cross, pentagon, star. The first mark is the circle.
    var corners = [null,
        [[-0.86, -0.86], [0.86, -0.86], [0.86, 0.86], [-0.86, 0.86]],
        [[0, -1], [1, 0.84], [-1, 0.84]],
        [[0, -1.15], [1.15, 0], [0, 1.15], [-1.15, 0]],
        [[-1, -0.84], [1, -0.84], [0, 1]],
        [[-0.34, -1], [0.34, -1], [0.34, -0.34], [1, -0.34], [1, 0.34], [0.34, 0.34], [0.34, 1],
            [-0.34, 1], [-0.34, 0.34], [-1, 0.34], [-1, -0.34], [-0.34, -0.34]],
        [[0, -1.05], [1, -0.32], [0.62, 0.85], [-0.62, 0.85], [-1, -0.32]],
        [[0, -1.2], [0.3, -0.4], [1.15, -0.37], [0.48, 0.15], [0.7, 0.97], [0, 0.5], [-0.7, 0.97],
            [-0.48, 0.15], [-1.15, -0.37], [-0.3, -0.4]]];
    var dashes = [[], [9, 3], [2, 2], [9, 3, 2, 3]];

    // How a series looks: its colour, mark and dash follow from its index; with more series than
    // colours the marks move on by one, so that no pair of both comes twice.
    graft.styleOf = function (series, look) {
        var count = look.palette.length, index = Math.abs(series.colour || 0);
        return {
            colour: look.palette[index % count],
            mark: (index + Math.floor(index / count)) % corners.length,
            dash: series.dashed ? [4, 4] : dashes[index % dashes.length],
            hollow: !!series.dashed
        };
    };

    function rounded(value) {
        return Math.round(value * 10) / 10;
    }

    // The mark around (x, y) as the data of an SVG path.
    graft.markPath = function (mark, x, y, radius) {
        if (!corners[mark]) {
            var arc = 'a' + radius + ',' + radius + ',0,0,1,', d = rounded(2 * radius);
            return 'M' + rounded(x - radius) + ',' + rounded(y) + arc + d + ',0' + arc + -d + ',0Z';
        }
        return 'M' + corners[mark].map(function (corner) {
            return rounded(x + corner[0] * radius) + ',' + rounded(y + corner[1] * radius);
        }).join('L') + 'Z';
    };

    // Any number of equal marks as one shape.
    echarts.graphic.registerShape('graftMarks', echarts.graphic.extendShape({
        shape: { mark: 0, radius: 1, points: [] },
        buildPath: function (path, shape) {
            var outline = corners[shape.mark], r = shape.radius;
            for (var i = 0; i < shape.points.length; ++i) {
                var x = rounded(shape.points[i][0]), y = rounded(shape.points[i][1]);
                if (!outline) {
                    path.moveTo(x + r, y);
                    path.arc(x, y, r, 0, 2 * Math.PI);
                }
                for (var j = 0; outline && j < outline.length; ++j) {
                    path[j === 0 ? 'moveTo' : 'lineTo'](rounded(x + outline[j][0] * r),
                        rounded(y + outline[j][1] * r));
                }
                path.closePath();
            }
        }
    }));

    graft.symbolOf = function (style) {
        return 'path://' + graft.markPath(style.mark, 5, 5, 5);
    };

    graft.itemStyle = function (style, look) {
        return style.hollow ?
            { color: look.ground, borderColor: style.colour, borderWidth: 1.5 } :
            { color: style.colour, borderColor: look.ground, borderWidth: 0.75 };
    };

    graft.known = function (value) {
        return typeof value === 'number' && isFinite(value);
    };

    // Pixels that a text takes, about.
    graft.widthOf = function (text, size, look) {
        return echarts.format.getTextRect(text, size + 'px ' + look.font).width;
    };

    graft.escaped = function (text) {
        return String(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
            .replace(/"/g, '&quot;').replace(/'/g, '&#39;');
    };

    function grouped(text) {
        var parts = text.split('.');
        parts[0] = parts[0].replace(/\B(?=(\d{3})+$)/g, ',');
        return parts.join('.');
    }

    // "1e-5", "12,000", "0.85", "3.2 M"
    graft.tickText = function (value) {
        if (value === 0) {
            return '0';
        }
        var size = Math.abs(value);
        var text = size < 1e-3 ? value.toExponential(2).replace(/\.?0+e/, 'e') :
            size >= 1e6 ? grouped(String(Number((value / 1e6).toPrecision(4)))) + ' M' :
                grouped(String(Number(value.toPrecision(6))));
        return text.replace(/^-/, '\u2212');
    };

    // Four decimals, or four digits where those would say nothing.
    graft.valueText = function (value) {
        if (!graft.known(value)) {
            return '\u2013';
        }
        var size = Math.abs(value);
        if (Math.round(value) === value && size < 1e7) {
            return graft.tickText(value);
        }
        return size < 1e-3 || size >= 1e4 ? graft.tickText(Number(value.toPrecision(4))) :
            value.toFixed(4).replace('-', '\u2212');
    };
})(graft);
