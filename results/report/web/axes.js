// SPDX-License-Identifier: Apache-2.0
// Axes, references, legends: what line and interval charts have in common. A logarithmic axis is
// a linear one of logarithms with ticks at 1, 2 and 5: ECharts' own has ticks at powers of ten
// alone, of which the range of a speedup often holds one.
(function (graft) {
    'use strict';

    // A value's place on the axis; null: none.
    graft.placed = function (axis, value) {
        if (!graft.known(value) || (axis.log && value <= 0)) {
            return null;
        }
        return axis.log ? Math.log(value) / Math.LN10 : value;
    };

    function decades(low, high) {
        var ticks = [], steps = high - low < 1 ? [1, 1.5, 2, 3, 4, 5, 7] :
            high - low < 3 ? [1, 2, 5] : [1];
        for (var power = Math.floor(low); power <= Math.ceil(high); ++power) {
            for (var i = 0; i < steps.length; ++i) {
                var tick = power + Math.log(steps[i]) / Math.LN10;
                if (tick >= low - 1e-9 && tick <= high + 1e-9) {
                    ticks.push(tick);
                }
            }
        }
        return ticks;
    }

    function common(axis, look) {
        return {
            axisLine: { show: true, onZero: false, lineStyle: { color: look.axis, width: 1 } },
            axisLabel: { color: look.muted, fontFamily: look.font, fontSize: 12,
                hideOverlap: true },
            axisTick: { show: false },
            splitLine: { show: false },
            nameTextStyle: { color: look.ink, fontFamily: look.font, fontSize: 12 },
            name: axis.label
        };
    }

    function logarithmic(option, axis, extent) {
        var pad = Math.max(0.02, (extent[1] - extent[0]) * 0.05);
        option.min = axis.low > 0 ? Math.log(axis.low) / Math.LN10 : extent[0] - pad;
        option.max = axis.high > 0 ? Math.log(axis.high) / Math.LN10 : extent[1] + pad;
        var ticks = decades(option.min, option.max);
        option.axisTick.customValues = option.axisLabel.customValues = ticks;
        option.axisLabel.formatter = function (value) {
            return graft.tickText(Number(Math.pow(10, value).toPrecision(6)));
        };
    }

    // Least and greatest place among lists of values; [0, 1] of none.
    graft.extentOf = function (axis, lists) {
        var low = Infinity, high = -Infinity;
        for (var i = 0; i < lists.length; ++i) {
            for (var j = 0; lists[i] && j < lists[i].length; ++j) {
                var place = graft.placed(axis, lists[i][j]);
                if (place !== null) {
                    low = Math.min(low, place);
                    high = Math.max(high, place);
                }
            }
        }
        return low <= high ? [low, high] : [0, 1];
    };

    // Places on the y axis that it must reach besides the series' own: references, and room for
    // the arrows of bounds.
    graft.reach = function (chart) {
        var lists = [];
        chart.series.forEach(function (series) { lists.push(series.y, series.low, series.high); });
        lists.push(chart.references.map(function (reference) { return reference.y; }));
        var extent = graft.extentOf(chart.y, lists), room = (extent[1] - extent[0] || 1) * 0.14;
        var places = [];
        chart.references.forEach(function (reference) {
            places.push(graft.placed(chart.y, reference.y));
        });
        chart.series.forEach(function (series) {
            (series.bound || []).forEach(function (bound, i) {
                var place = graft.placed(chart.y, series.y[i]);
                if (bound && place !== null) {
                    places.push(place + bound * room);
                }
            });
        });
        return places.filter(function (place) { return place !== null; });
    };

    // Least and greatest place that the y axis shows.
    function yExtent(chart) {
        var lists = [];
        chart.series.forEach(function (series) { lists.push(series.y, series.low, series.high); });
        var extent = graft.extentOf(chart.y, lists);
        return graft.extentOf({}, [extent, graft.reach(chart)]);
    }

    graft.yAxis = function (chart, look) {
        var option = common(chart.y, look);
        option.type = 'value';
        option.scale = true;
        option.axisLine.show = false;
        option.splitLine = { show: true, lineStyle: { color: look.rule, width: 1 } };
        option.nameLocation = 'end';
        option.nameGap = 12;
        option.nameTextStyle.align = 'left';
        if (chart.y.categories) {
            option.type = 'category';
            option.data = chart.y.categories;
            option.axisLabel.interval = 0;
        } else if (chart.y.log) {
            logarithmic(option, chart.y, yExtent(chart));
        } else {
            var extent = yExtent(chart);
            option.axisLabel.formatter = tickFormatter(extent[1] - extent[0]);
            option.splitNumber = 5;
            option.min = graft.known(chart.y.low) ? chart.y.low : undefined;
            option.max = graft.known(chart.y.high) ? chart.y.high : undefined;
        }
        return option;
    };

    // Whether `value` is a round number beside the range it ends.
    function isRound(value, range) {
        var step = Math.pow(10, Math.floor(Math.log(range) / Math.LN10)) / 2;
        return Math.abs(value / step - Math.round(value / step)) < 1e-9;
    }

    function linearX(option, axis, extent) {
        var range = extent[1] - extent[0] || 1;
        option.min = graft.known(axis.low) ? axis.low : extent[0] - range * 0.02;
        option.max = graft.known(axis.high) ? axis.high : extent[1] + range * 0.02;
        option.axisLabel.formatter = tickFormatter(extent[1] - extent[0]);
        option.axisLabel.showMinLabel = isRound(option.min, range);
        option.axisLabel.showMaxLabel = isRound(option.max, range);
    }

    // Names of categories stand side by side, in two lines, or aslant; `room`: pixels of the plot.
    function categories(option, names, look, room) {
        var each = room / names.length, widest = 0;
        names.forEach(function (name) {
            name.split(' ').forEach(function (word) {
                widest = Math.max(widest, graft.widthOf(word, 12, look));
            });
        });
        option.type = 'category';
        option.data = names;
        option.axisLabel.interval = 0;
        option.axisLabel.hideOverlap = false;
        var lines = 1;
        if (widest <= each - 4) {
            option.axisLabel.width = each - 4;
            option.axisLabel.overflow = 'break';
            option.axisLabel.lineHeight = 15;
            names.forEach(function (name) {
                lines = Math.max(lines, Math.ceil(graft.widthOf(name, 12, look) / (each - 10)));
            });
            return 14 * lines;
        }
        names.forEach(function (name) {
            widest = Math.max(widest, graft.widthOf(name, 12, look));
        });
        var shown = Math.min(widest, 150);
        option.axisLabel.rotate = 40;
        option.axisLabel.width = 150;
        option.axisLabel.overflow = 'truncate';
        return Math.ceil(shown * 0.65 + 12);
    }

    // Numbers of one axis have equally many decimals, but where a zoom asks for more.
    function tickFormatter(range) {
        var decimals = Math.max(0, -Math.floor(Math.log((range || 1) / 5) / Math.LN10 + 0.02));
        return function (value) {
            var text = value.toFixed(Math.min(decimals, 9));
            return decimals > 3 || Math.abs(Number(text) - value) > 1e-6 * range ||
                Math.abs(value) >= 1e4 ? graft.tickText(value) : text.replace('-', '\u2212');
        };
    }

    // The axis and, as `labels`, the pixels below it that its labels take.
    graft.xAxis = function (chart, look, room) {
        var option = common(chart.x, look), labels = 14;
        option.type = 'value';
        option.axisTick = { show: true, length: 4, lineStyle: { color: look.axis } };
        if (chart.x.categories) {
            option.axisTick.show = false;
            labels = categories(option, chart.x.categories, look, room);
        } else {
            var extent = graft.extentOf(chart.x,
                chart.series.map(function (series) { return series.x; }));
            (chart.x.log ? logarithmic : linearX)(option, chart.x, extent);
        }
        option.nameLocation = 'middle';
        option.nameGap = labels + 14;
        return { option: option, labels: labels };
    };

    // Pixels that the labels of the y axis take.
    graft.labelsWidth = function (chart, look) {
        var extent = yExtent(chart), widest = 22;
        (chart.y.categories || []).forEach(function (name) {
            widest = Math.max(widest, graft.widthOf(name, 12, look));
        });
        if (!chart.y.log && !chart.y.categories) {
            var step = Math.pow(10, Math.floor(Math.log((extent[1] - extent[0]) / 5 || 1) /
                Math.LN10));
            [extent[0] - step, extent[1] + step].forEach(function (end) {
                var text = graft.tickText(Math.round(end / step) * step);
                widest = Math.max(widest, graft.widthOf(text, 12, look));
            });
        }
        return Math.ceil(widest) + 12;
    };

    function referenceLine(reference, place, label, look) {
        return {
            type: 'line', name: '', silent: true, symbol: 'none', data: [],
            tooltip: { show: false }, z: 2,
            markLine: {
                silent: true, symbol: 'none', animation: false,
                precision: -1,  // else lines stand at values of two decimals
                lineStyle: { color: look.muted, width: 1, type: [3, 3] },
                label: {
                    formatter: reference.name.replace(/[{}]/g, ''), color: look.muted,
                    fontFamily: look.font, fontSize: 11, textBorderWidth: 2,
                    textBorderColor: look.ground, position: label.position,
                    offset: [0, label.offset], distance: label.distance
                },
                data: [{ yAxis: place }]
            }
        };
    }

    // Thin dashed lines across the plot with their names, to the right of it where there is room.
    // Names that would touch are moved apart.
    graft.references = function (chart, look, outside) {
        var extent = yExtent(chart), close = (extent[1] - extent[0] || 1) * 0.05;
        var known = chart.references.map(function (reference) {
            return { reference: reference, place: graft.placed(chart.y, reference.y) };
        }).filter(function (line) { return line.place !== null; });
        known.sort(function (a, b) { return a.place - b.place; });
        return known.map(function (line, i) {
            var above = i + 1 < known.length && known[i + 1].place - line.place < close;
            var below = i > 0 && line.place - known[i - 1].place < close;
            return referenceLine(line.reference, line.place, outside ?
                { position: 'end', offset: (above ? 6 : 0) - (below ? 6 : 0), distance: 4 } :
                { position: above ? 'insideEndBottom' : 'insideEndTop', offset: 0, distance: 2 },
                look);
        });
    };

    // The names to the right of the plot: how many pixels, 0 where they stand in it.
    graft.referenceRoom = function (chart, look, width) {
        var widest = 0;
        chart.references.forEach(function (reference) {
            widest = Math.max(widest, graft.widthOf(reference.name, 11, look));
        });
        return width >= 520 && widest > 0 && widest <= 140 ? Math.ceil(widest) + 6 : 0;
    };
})(graft);
