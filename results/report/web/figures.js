// SPDX-License-Identifier: Apache-2.0
// The figures of a page: live charts with a legend of buttons, zoom on lines, and their SVG.
(function (graft) {
    'use strict';

    graft.element = function (name, attributes, text) {
        var made = document.createElement(name);
        Object.keys(attributes || {}).forEach(function (key) {
            made.setAttribute(key, attributes[key]);
        });
        if (text !== undefined) {
            made.textContent = text;
        }
        return made;
    };

    graft.download = function (file, type, text) {
        var address = URL.createObjectURL(new Blob([text], { type: type }));
        var link = graft.element('a', { href: address, download: file });
        document.body.appendChild(link);
        link.click();
        link.remove();
        setTimeout(function () { URL.revokeObjectURL(address); }, 10000);
    };

    function Figure(element) {
        this.element = element;
        this.chart = JSON.parse(element.querySelector('script').textContent);
        this.plot = element.querySelector('.plot');
        this.hidden = [];
        this.live = null;
        this.zooming = false;
        this.addTools();
        this.stage = graft.element('div');
        this.plot.textContent = '';
        this.plot.appendChild(this.stage);
    }

    Figure.prototype.button = function (text, title, act) {
        var made = graft.element('button', { type: 'button', title: title }, text);
        made.addEventListener('click', act.bind(this));
        return made;
    };

    Figure.prototype.addTools = function () {
        var head = graft.element('div', { 'class': 'head' });
        var actions = graft.element('div', { 'class': 'actions' });
        this.legend = graft.element('div', { 'class': 'legend', role: 'group',
            'aria-label': 'Series of the figure' });
        if (this.chart.kind === 'lines') {
            this.zoom = this.button('Zoom', 'Drag over the part of the figure to enlarge',
                this.toggleZoom);
            this.zoom.className = 'switch';
            this.zoom.setAttribute('aria-pressed', 'false');
            this.reset = this.button('Reset', 'Show the whole figure again', this.draw);
            this.reset.disabled = true;
            actions.appendChild(this.zoom);
            actions.appendChild(this.reset);
        }
        actions.appendChild(this.button('SVG', 'Download the figure as an SVG file', this.save));
        head.appendChild(this.element.querySelector('h3'));
        head.appendChild(actions);
        this.element.insertBefore(head, this.plot);
        this.element.insertBefore(this.legend, this.plot);
    };

    Figure.prototype.drawLegend = function () {
        var self = this, named = graft.named(this.chart), look = graft.lookNow();
        this.legend.textContent = '';
        (named.length > 1 ? named : []).forEach(function (series) {
            var shown = self.hidden.indexOf(series.name) < 0;
            var made = graft.element('button', { type: 'button', 'aria-pressed': String(shown) });
            made.innerHTML = graft.icon(graft.styleOf(series, look), look,
                graft.hasLines(self.chart));
            made.appendChild(document.createTextNode(series.name));
            made.addEventListener('click', function () {
                self.toggle(series.name);
                made.setAttribute('aria-pressed', String(self.hidden.indexOf(series.name) < 0));
            });
            self.legend.appendChild(made);
        });
    };

    Figure.prototype.toggle = function (name) {
        var at = this.hidden.indexOf(name);
        if (at < 0) {
            this.hidden.push(name);
        } else {
            this.hidden.splice(at, 1);
        }
        this.live.dispatchAction({ type: 'legendToggleSelect', name: name });
    };

    // Hidden tools of ECharts: its own icons have no names and no keyboard.
    function zoomTools() {
        return {
            left: -100, top: -100, itemSize: 1, showTitle: false,
            feature: { dataZoom: { filterMode: 'none',
                brushStyle: { color: 'rgba(90,140,190,0.2)', borderWidth: 0 } } }
        };
    }

    Figure.prototype.setZooming = function (on) {
        this.zooming = on;
        this.zoom.setAttribute('aria-pressed', String(on));
        this.live.dispatchAction({ type: 'takeGlobalCursor', key: 'dataZoomSelect',
            dataZoomSelectActive: on });
    };

    Figure.prototype.toggleZoom = function () {
        this.setZooming(!this.zooming);
    };

    // The whole figure at the present width, with the present colours.
    Figure.prototype.draw = function () {
        var look = graft.lookNow(), width = this.plot.clientWidth;
        if (width < 50) {
            return;  // in a closed part of the page
        }
        this.width = width;
        var scene = graft.scene(this.chart, look, width, this.hidden), option = scene.option;
        option.tooltip = graft.tooltip(this.chart, look);
        this.stage.style.width = Math.max(width, scene.width || 0) + 'px';
        this.stage.style.height = scene.height + 'px';
        if (this.live) {
            this.live.resize();
        } else {
            this.live = echarts.init(this.stage, null, {
                renderer: this.chart.kind === 'panels' ? 'canvas' : 'svg'
            });
            this.live.on('datazoom', this.zoomed.bind(this));
        }
        if (this.zoom) {
            option.toolbox = zoomTools();
        }
        this.live.setOption(option, true);
        if (this.zoom) {
            this.reset.disabled = true;
            this.setZooming(false);
        }
        this.drawLegend();
    };

    Figure.prototype.zoomed = function () {
        this.reset.disabled = false;
        this.setZooming(false);
    };

    Figure.prototype.paper = function () {
        return graft.paper(this.chart, this.element.id, this.hidden);
    };

    Figure.prototype.save = function () {
        graft.download(this.element.getAttribute('data-file'), 'image/svg+xml', this.paper());
    };

    // In print the figure stands as in a paper.
    Figure.prototype.print = function () {
        if (!this.printed) {
            this.printed = graft.element('div', { 'class': 'printed' });
            this.element.insertBefore(this.printed, this.plot);
        }
        this.printed.innerHTML = this.paper();
    };

    graft.startFigures = function () {
        var figures = [];
        Array.prototype.forEach.call(document.querySelectorAll('figure.chart'), function (element) {
            figures.push(new Figure(element));
        });
        figures.forEach(function (figure) { figure.draw(); });
        var waiting = 0;
        window.addEventListener('resize', function () {
            clearTimeout(waiting);
            waiting = setTimeout(function () {
                figures.forEach(function (figure) {
                    if (figure.plot.clientWidth !== figure.width) {
                        figure.draw();
                    }
                });
            }, 150);
        });
        window.addEventListener('beforeprint', function () {
            figures.forEach(function (figure) { figure.print(); });
        });
        return figures;
    };
})(graft);
