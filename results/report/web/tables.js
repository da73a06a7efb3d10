// SPDX-License-Identifier: Apache-2.0
// The tables of a page: sorted by their headers, filtered by words and conditions, a page at a
// time, and as CSV. Numbers are shown as sheet.cpp shows them; whole in their title.
(function (graft) {
    'use strict';

    var MISSING = '\u2013';

    function significant(value) {
        var size = Math.abs(value);
        if (value === 0) {
            return '0';
        }
        if (size < 1e-3 || size >= 1e7) {
            return value.toExponential(3).replace(/\.?0+e/, 'e').replace('e+', 'e');
        }
        var text = value.toFixed(Math.max(0, 3 - Math.floor(Math.log(size) / Math.LN10 + 1e-12)));
        return text.indexOf('.') < 0 ? text : text.replace(/\.?0+$/, '');
    }

    graft.numberText = function (format, value) {
        if (value === null) {
            return MISSING;
        }
        return format === 'whole' ? String(value) :
            format === 'four' ? value.toFixed(4) : significant(value);
    };

    function cell(column, row) {
        return column.texts ? column.texts[column.codes[row]] : column.values[row];
    }

    function shown(column, row) {
        var value = cell(column, row);
        return column.texts ? value : graft.numberText(column.format, value);
    }

    function whole(column, row) {
        var value = cell(column, row);
        return value === null ? '' : String(value);
    }

    // Missing numbers and empty texts come last, whichever way the rest goes.
    function byColumn(column, way) {
        return function (a, b) {
            var x = cell(column, a), y = cell(column, b);
            var noX = x === null || x === '', noY = y === null || y === '';
            if (noX || noY) {
                return noX - noY || a - b;
            }
            return (x < y ? -way : x > y ? way : 0) || a - b;
        };
    }

    // "mobilenet val_auc>0.9 message='out of memory'": words and conditions that must all hold.
    function terms(text) {
        var found = [];
        var pattern = /([\w.]+)\s*(>=|<=|!=|=|>|<)\s*("[^"]*"|'[^']*'|\S+)|"([^"]*)"|(\S+)/g;
        for (var match = pattern.exec(text); match; match = pattern.exec(text)) {
            found.push(match[1] === undefined ?
                { word: (match[4] === undefined ? match[5] : match[4]).toLowerCase() } :
                { column: match[1], sign: match[2],
                    value: match[3].replace(/^(["'])(.*)\1$/, '$2') });
        }
        return found;
    }

    var signs = {
        '>': function (a, b) { return a > b; }, '<': function (a, b) { return a < b; },
        '>=': function (a, b) { return a >= b; }, '<=': function (a, b) { return a <= b; },
        '=': function (a, b) { return a === b; }, '!=': function (a, b) { return a !== b; }
    };

    function Sheet(element) {
        this.element = element;
        this.cells = element.querySelector('.cells');
        var table = JSON.parse(element.querySelector('script').textContent);
        this.columns = table.columns;
        this.name = table.name || element.id;
        this.count = !this.columns.length ? 0 :
            (this.columns[0].codes || this.columns[0].values).length;
        this.sorted = null;
        this.first = 0;
        this.size = 50;
        this.texts = [];
        this.rows = this.all();
        this.addControls();
        this.addHeaders();
        this.addPager();
        this.body = this.cells.querySelector('tbody');
        this.fill();
    }

    Sheet.prototype.all = function () {
        var rows = [];
        for (var row = 0; row < this.count; ++row) {
            rows.push(row);
        }
        return rows;
    };

    Sheet.prototype.addControls = function () {
        if (this.count <= 8) {
            return;
        }
        var controls = graft.element('div', { 'class': 'controls' }), self = this;
        var label = graft.element('label', {}, 'Filter');
        this.filter = graft.element('input', { type: 'search', spellcheck: 'false',
            autocomplete: 'off', placeholder: 'words, or ' + this.example() });
        this.filter.addEventListener('input', function () { self.apply(); });
        label.appendChild(this.filter);
        controls.appendChild(label);
        this.cells.parentNode.insertBefore(controls, this.cells);
    };

    // A condition that somebody may want to type here.
    Sheet.prototype.example = function () {
        for (var i = 0; i < this.columns.length; ++i) {
            if (this.columns[i].format === 'four') {
                return this.columns[i].name + '>0.9';
            }
        }
        return this.columns[0].name + '=...';
    };

    Sheet.prototype.addHeaders = function () {
        var self = this;
        this.headers = Array.prototype.slice.call(this.cells.querySelectorAll('th'));
        this.headers.forEach(function (header, index) {
            var button = graft.element('button', { type: 'button' }, header.textContent);
            button.addEventListener('click', function () { self.sort(index); });
            header.textContent = '';
            header.appendChild(button);
        });
    };

    Sheet.prototype.addPager = function () {
        var self = this, pager = graft.element('div', { 'class': 'pager' });
        function step(text, by) {
            var button = graft.element('button', { type: 'button' }, text);
            button.addEventListener('click', function () {
                self.first += by * self.size;
                self.fill();
                self.cells.scrollTop = 0;
            });
            pager.appendChild(button);
            return button;
        }
        this.back = step('Previous', -1);
        this.next = step('Next', 1);
        this.status = graft.element('span', { 'class': 'status', role: 'status' });
        pager.appendChild(this.status);
        var csv = graft.element('button', { type: 'button', 'class': 'csv',
            title: 'Download the rows that pass the filter, in this order' }, 'CSV');
        csv.addEventListener('click', function () {
            graft.download(self.element.id + '.csv', 'text/csv', self.csv());
        });
        pager.appendChild(csv);
        this.cells.parentNode.insertBefore(pager, this.cells.nextSibling);
    };

    Sheet.prototype.sort = function (index) {
        var down = this.sorted && this.sorted.index === index && this.sorted.way === 1;
        this.sorted = { index: index, way: down ? -1 : 1 };
        this.headers.forEach(function (header) { header.removeAttribute('aria-sort'); });
        this.headers[index].setAttribute('aria-sort', down ? 'descending' : 'ascending');
        this.apply();
    };

    Sheet.prototype.textOf = function (row) {
        if (this.texts[row] === undefined) {
            this.texts[row] = this.columns.map(function (column) {
                return shown(column, row) + '\n' + whole(column, row);
            }).join('\n').toLowerCase();
        }
        return this.texts[row];
    };

    Sheet.prototype.columnNamed = function (name) {
        for (var i = 0; i < this.columns.length; ++i) {
            if (this.columns[i].name.toLowerCase() === name.toLowerCase()) {
                return this.columns[i];
            }
        }
        return null;
    };

    // Whether a row passes; nothing: the term names no column.
    Sheet.prototype.test = function (term) {
        var self = this;
        if (term.word !== undefined) {
            return function (row) { return self.textOf(row).indexOf(term.word) >= 0; };
        }
        var column = this.columnNamed(term.column), number = Number(term.value);
        if (!column) {
            return null;
        }
        return function (row) {
            var value = cell(column, row);
            if (!column.texts) {
                return value === null ? term.sign === '!=' : signs[term.sign](value, number);
            }
            return signs[term.sign](value.toLowerCase(), term.value.toLowerCase());
        };
    };

    Sheet.prototype.apply = function () {
        var self = this, rows = this.all(), wrong = '';
        terms(this.filter ? this.filter.value : '').forEach(function (term) {
            var test = self.test(term);
            if (test) {
                rows = rows.filter(test);
            } else {
                wrong = 'no column \u201c' + term.column + '\u201d';
            }
        });
        if (this.sorted) {
            rows.sort(byColumn(this.columns[this.sorted.index], this.sorted.way));
        }
        this.rows = rows;
        this.first = 0;
        this.fill(wrong);
    };

    Sheet.prototype.fill = function (wrong) {
        var end = Math.min(this.first + this.size, this.rows.length), lines = [];
        for (var i = this.first; i < end; ++i) {
            lines.push('<tr>' + this.columns.map(this.cellHtml, this.rows[i]).join('') + '</tr>');
        }
        this.body.innerHTML = lines.join('');
        this.back.hidden = this.next.hidden = this.rows.length <= this.size;
        this.back.disabled = this.first === 0;
        this.next.disabled = end >= this.rows.length;
        this.status.className = wrong ? 'status wrong' : 'status';
        this.status.textContent = wrong || this.statusText(end);
    };

    Sheet.prototype.statusText = function (end) {
        var found = this.rows.length, count = graft.tickText(found);
        if (found > this.size) {
            count = graft.tickText(this.first + 1) + ' to ' + graft.tickText(end) + ' of ' + count;
        }
        return count + (found === 1 ? ' row' : ' rows') +
            (found < this.count ? ' (' + graft.tickText(this.count) + ' without the filter)' : '');
    };

    // `this`: the row.
    Sheet.prototype.cellHtml = function (column) {
        return '<td' + (column.texts ? '' : ' class="n"') + ' title="' +
            graft.escaped(whole(column, this)) + '">' + graft.escaped(shown(column, this)) +
            '</td>';
    };

    function quoted(text) {
        return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
    }

    // RFC 4180, numbers in full, as `graft query --format csv` writes them.
    Sheet.prototype.csv = function () {
        var columns = this.columns;
        return [columns.map(function (column) { return quoted(column.name); })].concat(
            this.rows.map(function (row) {
                return columns.map(function (column) { return quoted(whole(column, row)); });
            })).map(function (line) { return line.join(',') + '\n'; }).join('');
    };

    graft.startTables = function () {
        Array.prototype.forEach.call(document.querySelectorAll('.sheet'), function (element) {
            new Sheet(element);
        });
    };
})(graft);
