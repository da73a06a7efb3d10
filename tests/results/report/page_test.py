#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The sample page as a reader has it: in a real Chromium, light and dark, wide and on a phone.
Skipped where there is no Chromium.

    page_test.py REPORT_SAMPLE
"""
import os
import subprocess
import sys
import tempfile
import unittest

import browser

SAMPLE = sys.argv.pop()
FIGURES = 6

# Elements that reach beyond the window and do not scroll on their own.
TOO_WIDE = """[].filter.call(document.querySelectorAll('body *'), function (element) {
    return element.getBoundingClientRect().right > innerWidth + 1 &&
        !element.closest('.cells, .plot, .unseen, .skip');
}).map(function (element) { return element.outerHTML.slice(0, 80); })"""


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        subprocess.run([SAMPLE, cls.folder.name], check=True)
        cls.address = "file://" + os.path.join(cls.folder.name, "report.html")
        cls.browser = browser.Browser()
        cls.tab = cls.browser.open(cls.address)

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.folder.cleanup()

    def tearDown(self):
        self.assertEqual(self.tab.complaints, [])

    def run_in(self, code, tab=None):
        return (tab or self.tab).run("(function () {" + code + "})()")

    def check_drawn(self, tab):
        self.assertEqual(tab.complaints, [])
        drawn = self.run_in("""return [].map.call(document.querySelectorAll('figure.chart .plot'),
            function (plot) {
                var stage = plot.querySelector('svg, canvas').getBoundingClientRect();
                return stage.width > 100 && stage.height > 100;
            })""", tab)
        self.assertEqual(drawn, [True] * FIGURES)

    def test_every_figure_is_drawn_and_the_console_is_silent(self):
        self.check_drawn(self.tab)

    def test_dark_where_the_system_is_dark_until_the_switch(self):
        tab = self.browser.open(self.address, scheme="dark")
        self.check_drawn(tab)
        ground = "return getComputedStyle(document.body).backgroundColor"
        line = """return document.querySelector('figure.chart .plot').innerHTML
            .indexOf('#56B4E9') > 0"""
        self.assertEqual(self.run_in(ground, tab), "rgb(20, 24, 29)")
        self.assertTrue(self.run_in(line, tab))
        tab.run("document.getElementById('theme').click()")
        self.assertEqual(self.run_in(ground, tab), "rgb(255, 255, 255)")
        self.assertFalse(self.run_in(line, tab))
        self.check_drawn(tab)

    def test_a_phone_shows_everything_without_scrolling_sideways(self):
        tab = self.browser.open(self.address, width=360, height=700)
        self.check_drawn(tab)
        self.assertEqual(tab.run("document.documentElement.scrollWidth"), 360)
        self.assertEqual(tab.run(TOO_WIDE), [])

    def test_headings_landmarks_and_names(self):
        levels = self.run_in("""return [].map.call(document.querySelectorAll('h1,h2,h3,h4'),
            function (heading) { return Number(heading.tagName[1]); })""")
        self.assertEqual(levels[0], 1)
        self.assertEqual(levels.count(1), 1)
        self.assertTrue(all(b <= a + 1 for a, b in zip(levels, levels[1:])), levels)
        for landmark in ("header", "nav[aria-label]", "main", "footer"):
            self.assertEqual(tab_count(self.tab, landmark), 1, landmark)
        self.assertEqual(tab_count(self.tab, ".plot[role=img][aria-label]"), FIGURES)
        nameless = self.run_in("""return [].filter.call(document.querySelectorAll('button'),
            function (button) { return !button.textContent.trim(); }).length""")
        self.assertEqual(nameless, 0)
        dead = self.run_in("""return [].filter.call(document.querySelectorAll('a[href^="#"]'),
            function (a) { return !document.querySelector(a.getAttribute('href')); }).length""")
        self.assertEqual(dead, 0)

    def test_tables_sort_numbers_as_numbers_and_put_missing_last(self):
        column = """var sheet = document.getElementById('trials');
            var index = [].findIndex.call(sheet.querySelectorAll('th'),
                function (th) { return th.textContent === NAME; });
            sheet.querySelectorAll('th button')[index].click();
            return [sheet.querySelectorAll('th')[index].getAttribute('aria-sort'),
                [].map.call(sheet.querySelectorAll('tbody tr'), function (row) {
                    return row.children[index].textContent; })]"""
        for way in ("ascending", "descending"):
            sort, cells = self.run_in(column.replace("NAME", "'value_0'"))
            self.assertEqual((sort, len(cells)), (way, 50))
            numbers = [float(cell) for cell in cells]
            self.assertEqual(numbers, sorted(numbers, reverse=way == "descending"))
            # 99 comes before 101: not as texts.
            self.assertEqual(cells == sorted(cells), False)
        last = """document.querySelectorAll('#trials .pager button')[1].click();"""
        for way in ("ascending", "descending"):
            self.run_in(column.replace("NAME", "'test_auc'"))
            cells = self.run_in(last + last + """return [].map.call(
                document.querySelectorAll('#trials tbody tr'), function (row) {
                    return row.children[6].textContent; })""")
            self.assertEqual(cells[-14:], ["\u2013"] * 14)  # of 130 rows every ninth is missing
            self.assertNotIn("\u2013", cells[:-14])

    def filtered(self, text):
        return self.run_in(f"""var sheet = document.getElementById('trials');
            var field = sheet.querySelector('input');
            field.value = {text!r};
            field.dispatchEvent(new Event('input'));
            return [sheet.querySelector('.status').textContent,
                [].map.call(sheet.querySelectorAll('tbody tr'), function (row) {{
                    return [].map.call(row.children, function (cell) {{
                        return cell.textContent; }}); }})]""")

    def test_tables_filter_by_words_and_conditions(self):
        status, rows = self.filtered("RESNET imagenet test_auc>0.9")
        self.assertGreater(len(rows), 3)
        self.assertTrue(status.startswith(f"{len(rows)} rows (130 without"), status)
        for row in rows:
            self.assertEqual(row[1:3], ["resnet50_v2", "imagenet"])
            self.assertGreater(float(row[6]), 0.9)
        self.assertEqual(len(self.filtered("learning_rate=1e-5 seed<=1")[1]), 26)
        hostile = self.filtered("alert(1)")[1]
        self.assertEqual(len(hostile), 1)
        self.assertIn("</script> & \"quotes\" <b>'x'</b>", hostile[0][5])
        self.assertEqual(self.filtered("nonsense")[1], [])
        self.assertIn("no column \u201cnonsense\u201d", self.filtered("nonsense>3")[0])
        self.assertEqual(self.filtered("")[0], "1 to 50 of 130 rows")

    def test_rows_are_the_same_with_and_without_scripts(self):
        cells = "return document.querySelector('#pairs tbody').innerText.trim()"
        still = self.browser.open(self.address, scripts=False)
        self.assertEqual(self.run_in(cells), self.run_in(cells, still))
        self.assertEqual(tab_count(still, "figure.chart svg"), FIGURES - 1)  # one is too large
        self.assertEqual(tab_count(still, "button"), 0)

    def test_a_series_is_hidden_by_its_button(self):
        code = """var figure = document.getElementById('curves-retina');
            return [figure.querySelectorAll('.legend button')[1].getAttribute('aria-pressed'),
                (figure.querySelector('.plot').innerHTML.match(/#D55E00/g) || []).length]"""
        click = "document.querySelectorAll('#curves-retina .legend button')[1].click()"
        self.run_in(click)
        self.tab.settle()
        self.assertEqual(self.run_in(code), ["false", 0])
        self.run_in(click)
        self.tab.settle()
        shown, paths = self.run_in(code)
        self.assertEqual(shown, "true")
        self.assertGreater(paths, 2)

    def test_lines_zoom_where_the_pointer_draws_and_go_back(self):
        labels = """return [].map.call(document.querySelectorAll('#curves-retina .plot text'),
            function (text) { return text.textContent; })"""
        before = self.run_in(labels)
        box = self.run_in("""var figure = document.getElementById('curves-retina');
            figure.scrollIntoView();
            figure.querySelectorAll('.actions button')[0].click();
            var box = figure.querySelector('.plot svg').getBoundingClientRect();
            return [box.left, box.top]""")
        self.tab.drag(box[0] + 200, box[1] + 100, box[0] + 400, box[1] + 200)
        self.tab.settle()
        zoomed = self.run_in(labels)
        self.assertNotIn("50", zoomed)
        self.assertGreater(len(zoomed), 4)
        self.run_in("document.querySelectorAll('#curves-retina .actions button')[1].click()")
        self.tab.settle()
        self.assertEqual(self.run_in(labels), before)

    def test_tips_say_value_and_interval(self):
        for figure, x, y, words in (
                ("curves-retina", 300, 150, ["epoch", "imagenet", "[0.", "5 seeds"]),
                ("confusion-retina", 165, 150, ["1200", "true none"])):
            box = self.run_in(f"""var figure = document.getElementById('{figure}');
                figure.scrollIntoView();
                var box = figure.querySelector('.plot svg').getBoundingClientRect();
                return [box.left, box.top]""")
            self.tab.move(box[0] + x, box[1] + y)
            self.tab.settle()
            tip = self.run_in(f"""var tip = document.querySelector('#{figure} .tip');
                return tip ? tip.innerText : ''""")
            for word in words:
                self.assertIn(word, tip)

    def test_tips_show_names_as_they_are(self):
        tip = self.run_in("""var box = document.createElement('div'), name = '<b>x</b>"&';
            var series = { name: name, colour: 0, x: [0], y: [1], label: [name] };
            var chart = { kind: 'intervals', x: { categories: [name] }, series: [series] };
            box.innerHTML = graft.tooltip(chart, graft.lookNow()).formatter(
                { seriesIndex: 0, value: [0, 1, 1, 1, 0] });
            var panels = { kind: 'panels', panels: [{ series: [series] }] };
            box.innerHTML += graft.tooltip(panels, graft.lookNow()).formatter(
                { dataIndex: 0, value: [0, 1, 0, 0] });
            var heat = { kind: 'heat', names: [name], counts: [1] };
            box.innerHTML += graft.tooltip(heat, graft.lookNow()).formatter({ dataIndex: 0 });
            return box.textContent""")
        self.assertEqual(tip.count('<b>x</b>"&'), 7)

    def test_the_drawing_of_a_button_is_that_of_the_file(self):
        texts = """function (svg) { return [].map.call(new DOMParser().parseFromString(svg,
            'image/svg+xml').querySelectorAll('text'), function (text) {
                return text.textContent; }); }"""
        file = os.path.join(self.folder.name, "figures", "speedup.svg")
        with open(file, encoding="utf-8") as opened:
            written = opened.read()
        code = f"""var texts = {texts}, figure = document.getElementById('speedup');
            var chart = JSON.parse(figure.querySelector('script').textContent);
            return [texts(graft.paper(chart, 'speedup', [])), texts(WRITTEN)]"""
        live, kept = self.run_in(code.replace("WRITTEN", repr(written)))
        self.assertEqual(live, kept)
        self.assertIn("speedup (times)", live)

    def test_in_print_figures_stand_as_in_a_paper(self):
        tab = self.browser.open(self.address, scheme="dark")
        tab.call("Page.printToPDF")  # what comes before it is done as before a real print
        tab.media("dark", "print")
        seen = self.run_in("""return [].map.call(document.querySelectorAll('.plot, .printed svg'),
            function (part) { return part.getBoundingClientRect().width > 0; })""", tab)
        self.assertEqual(seen, [True, False] * FIGURES)  # .printed stands before .plot
        self.assertEqual(tab.complaints, [])


def tab_count(tab, selector):
    return tab.run(f"document.querySelectorAll({selector!r}).length")


if __name__ == "__main__":
    if not browser.program():
        print("skipped: no Chromium here (./dev setup installs one)")
        sys.exit(77)
    unittest.main()
