// SPDX-License-Identifier: Apache-2.0
// Starts what moves in a page: the switch between light and dark, figures, tables.
(function (graft) {
    'use strict';

    var KEY = 'graft-theme', root = document.documentElement;
    var system = window.matchMedia('(prefers-color-scheme: dark)');

    function isDark() {
        var chosen = root.getAttribute('data-theme');
        return chosen ? chosen === 'dark' : system.matches;
    }

    graft.lookNow = function () {
        return isDark() ? graft.looks.dark : graft.looks.light;
    };

    // A browser may keep nothing of a page that is a file.
    function remembered() {
        try {
            return localStorage.getItem(KEY);
        } catch (error) {
            return null;
        }
    }

    function remember(theme) {
        try {
            localStorage.setItem(KEY, theme);
        } catch (error) {
            return;
        }
    }

    var chosen = remembered();
    if (chosen === 'dark' || chosen === 'light') {
        root.setAttribute('data-theme', chosen);
    }
    var button = graft.element('button', { type: 'button', 'class': 'theme', id: 'theme' });
    document.querySelector('header').appendChild(button);
    var figures = graft.startFigures();
    graft.startTables();

    function show() {
        button.textContent = isDark() ? 'Light colours' : 'Dark colours';
        figures.forEach(function (figure) { figure.draw(); });
    }

    button.textContent = isDark() ? 'Light colours' : 'Dark colours';
    button.addEventListener('click', function () {
        var theme = isDark() ? 'light' : 'dark';
        root.setAttribute('data-theme', theme);
        remember(theme);
        show();
    });
    system.addEventListener('change', show);
})(graft);
