// SPDX-License-Identifier: Apache-2.0
// What is shown beside the pointer. Every text is escaped: it may come from a file or a message.
(function (graft) {
    'use strict';

    var MOST = 16;  // rows of one tip

    // The sample of a series: a line where lines are drawn, and its mark.
    graft.icon = function (style, look, line) {
        var width = line ? 30 : 12, item = graft.itemStyle(style, look);
        return '<svg width="' + width + '" height="12" aria-hidden="true">' + (line ?
            '<path d="M0,6H30" fill="none" stroke="' + style.colour + '" stroke-width="2" ' +
            'stroke-dasharray="' + style.dash.join(',') + '"/>' : '') +
            '<path d="' + graft.markPath(style.mark, width / 2, 6, 4.5) + '" fill="' + item.color +
            '" stroke="' + item.borderColor + '" stroke-width="' + item.borderWidth + '"/></svg>';
    };

    function interval(series, i) {
        var bound = series.bound ? series.bound[i] : 0;
        var words = (bound > 0 ? 'at least ' : bound < 0 ? 'at most ' : '') +
            graft.valueText(series.y[i]);
        if (series.low && graft.known(series.low[i]) && graft.known(series.high[i])) {
            words += ' [' + graft.valueText(series.low[i]) + ', ' +
                graft.valueText(series.high[i]) + ']';
        }
        return words;
    }

    function row(chart, look, series, i) {
        return '<tr><td>' + graft.icon(graft.styleOf(series, look), look, graft.hasLines(chart)) +
            '</td><td>' + graft.escaped(series.name) + '</td><td>' + interval(series, i) +
            '</td><td>' + graft.escaped(series.label ? series.label[i] : '') + '</td></tr>';
    }

    function box(head, rows) {
        var more = rows.length - MOST;
        return '<div class="tip"><b>' + graft.escaped(head) + '</b><table>' +
            rows.slice(0, MOST).join('') + '</table>' +
            (more > 0 ? 'and ' + more + ' more' : '') + '</div>';
    }

    function place(axis, value) {
        return axis.categories ? axis.categories[value] :
            (axis.label ? axis.label + ' ' : '') + graft.tickText(value);
    }

    function ofLines(chart, look, params) {
        var head = '', rows = [];
        params.forEach(function (param) {
            var series = chart.series[param.seriesIndex];
            if (param.seriesType === 'line' && series && graft.known(series.y[param.dataIndex])) {
                head = place(chart.x, series.x[param.dataIndex]);
                rows.push(row(chart, look, series, param.dataIndex));
            }
        });
        return rows.length ? box(head, rows) : '';
    }

    function ofIntervals(chart, look, param) {
        var series = chart.series[param.seriesIndex], index = param.value[4];
        return !series ? '' :
            box(place(chart.x, series.x[index]), [row(chart, look, series, index)]);
    }

    function ofPanels(chart, look, param) {
        var panel = chart.panels[param.value[2]], series = panel.series[param.value[3]];
        var label = series.label ? series.label[param.dataIndex] : '';
        return '<div class="tip">' + graft.icon(graft.styleOf(series, look), look, false) + ' ' +
            graft.escaped(series.name) + (label ? '<br>' + graft.escaped(label) : '') + '</div>';
    }

    function ofHeat(chart, param) {
        var cell = graft.cellsOfHeat(chart)[param.dataIndex];
        return '<div class="tip"><b>' + cell.count + '</b> of ' + cell.sum + ' true ' +
            graft.escaped(chart.names[cell.row]) + ' predicted as ' +
            graft.escaped(chart.names[cell.column]) + ' (' + Math.round(100 * cell.share) +
            ' %)</div>';
    }

    graft.tooltip = function (chart, look) {
        var kinds = { lines: ofLines, intervals: ofIntervals, panels: ofPanels };
        return {
            trigger: chart.kind === 'lines' ? 'axis' : 'item', confine: true, transitionDuration: 0,
            backgroundColor: look.ground, borderColor: look.axis, borderWidth: 1, padding: 8,
            textStyle: { color: look.ink, fontFamily: look.font }, extraCssText: 'box-shadow:none',
            axisPointer: { type: 'line', lineStyle: { color: look.axis, type: 'solid' } },
            formatter: function (params) {
                return chart.kind === 'heat' ? ofHeat(chart, params) :
                    kinds[chart.kind](chart, look, params);
            }
        };
    };
})(graft);
