// SPDX-License-Identifier: Apache-2.0
// graft.scene(chart, look, width): what ECharts shall draw of a chart's description, and how high.
// graft.paper(chart, hidden): the chart as an SVG for a paper.
(function (graft) {
    'use strict';

    // Series by name, each once: those of the legend.
    graft.named = function (chart) {
        var seen = {}, list = [];
        var all = chart.series || [];
        (chart.panels || []).forEach(function (panel) { all = all.concat(panel.series); });
        all.forEach(function (series) {
            if (series.name && !Object.prototype.hasOwnProperty.call(seen, series.name)) {
                seen[series.name] = true;
                list.push(series);
            }
        });
        return list;
    };

    // Drawn as marks alone, or as a line with marks.
    graft.hasLines = function (chart) { return chart.kind === 'lines'; };

    function legend(chart, look, hidden) {
        var selected = {};
        hidden.forEach(function (name) { selected[name] = false; });
        return {
            show: look.paper && graft.named(chart).length > 1, left: 0, top: 4, padding: 0,
            itemGap: 16, itemWidth: graft.hasLines(chart) ? 28 : 12, itemHeight: 10,
            selected: selected, inactiveWidth: 0,
            textStyle: { color: look.ink, fontFamily: look.font, fontSize: 12 },
            data: graft.named(chart).filter(function (series) {
                return hidden.indexOf(series.name) < 0;
            }).map(function (series) {
                var style = graft.styleOf(series, look);
                var item = { name: series.name, itemStyle: graft.itemStyle(style, look) };
                if (!graft.hasLines(chart)) {
                    item.icon = graft.symbolOf(style);
                }
                return item;
            })
        };
    }

    // Pixels that the legend takes, by the rule of ECharts: left to right, then the next row.
    function legendHeight(chart, option, look, width) {
        if (!option.show) {
            return 0;
        }
        var rows = 1, x = 0;
        option.data.forEach(function (item) {
            var wide = option.itemWidth + 5 + graft.widthOf(item.name, 12, look);
            if (x > 0 && x + wide > width) {
                ++rows;
                x = 0;
            }
            x += wide + option.itemGap;
        });
        return rows * 26 + 4;
    }

    // What counts for the range of the axis, though no series has it: references, room for arrows.
    function anchors(chart) {
        var x = chart.x.categories ? 0 :
            graft.extentOf(chart.x, chart.series.map(function (series) { return series.x; }))[0];
        return {
            type: 'scatter', name: '', silent: true, symbolSize: 0, tooltip: { show: false },
            data: graft.reach(chart).map(function (place) { return [x, place]; })
        };
    }

    function plane(chart, look, width, top, series) {
        var left = graft.labelsWidth(chart, look), right = graft.referenceRoom(chart, look, width);
        var x = graft.xAxis(chart, look, width - left - Math.max(right, 12));
        var head = top + (chart.y.label ? 28 : 8), foot = x.labels + (chart.x.label ? 36 : 16);
        var body = Math.max(220, Math.min(340, Math.round(width * 0.5)));
        return {
            option: {
                grid: { left: left, right: Math.max(right, 12), top: head, height: body,
                    outerBoundsMode: 'none' },
                xAxis: x.option, yAxis: graft.yAxis(chart, look),
                series: series.concat(graft.references(chart, look, right > 0), [anchors(chart)])
            },
            height: head + body + foot
        };
    }

    function drawn(chart, look, width, top) {
        switch (chart.kind) {
        case 'lines':
            return plane(chart, look, width, top, graft.lines(chart, look));
        case 'intervals':
            return plane(chart, look, width, top, graft.intervals(chart, look));
        case 'panels':
            return graft.panels(chart, look, width, top);
        default:
            return graft.heat(chart, look, width, top);
        }
    }

    graft.scene = function (chart, look, width, hidden) {
        var keys = legend(chart, look, hidden || []);
        var scene = drawn(chart, look, width, legendHeight(chart, keys, look, width));
        scene.option.legend = keys;
        scene.option.animation = false;
        scene.option.aria = { enabled: false };
        scene.option.backgroundColor = look.paper ? look.ground : 'transparent';
        scene.option.textStyle = { fontFamily: look.font };
        return scene;
    };

    // Without what only a live chart needs; names of clip paths begin with `id`, so that several
    // drawings can stand in one page.
    function tidied(svg, id) {
        return svg.replace(/<style[^]*?<\/style>/g, '').replace(/<[^>]*>/g, function (tag) {
            return tag.replace(/ (class|pointer-events|ecmeta_\w+)="[^"]*"/g, '')
                .replace(/\bzr\d+-/g, id + '-');
        });
    }

    graft.paper = function (chart, id, hidden) {
        var width = chart.kind === 'panels' ? 760 : 640;
        var scene = graft.scene(chart, graft.looks.paper, width, hidden);
        var stage = echarts.init(null, null, {
            renderer: 'svg', ssr: true, width: scene.width || width, height: scene.height
        });
        stage.setOption(scene.option);
        var svg = tidied(stage.renderToSVGString(), id);
        stage.dispose();
        return svg;
    };
})(graft);
