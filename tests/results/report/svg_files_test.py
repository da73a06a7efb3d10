#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Figures as SVG files, read by a real XML parser: well-formed, with words, and with every mark.

    svg_files_test.py REPORT_SAMPLE
"""
import os
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

SAMPLE = sys.argv.pop()
SVG = "{http://www.w3.org/2000/svg}"
BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"


def numbers_of(shape):
    return re.findall(r"-?[\d.]+", shape.get("points") or shape.get("d"))


class Figures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        subprocess.run([SAMPLE, cls.folder.name], check=True)
        figures = os.path.join(cls.folder.name, "figures")
        cls.roots = {name[:-4]: xml.parse(os.path.join(figures, name)).getroot()
                     for name in os.listdir(figures)}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def shapes(self, figure, **attributes):
        return [shape for name in ("path", "polyline", "polygon")
                for shape in self.roots[figure].iter(SVG + name)
                if all((shape.get(key) or "").lower() == value
                       for key, value in attributes.items())]

    def words(self, figure):
        return ["".join(text.itertext()).strip() for text in self.roots[figure].iter(SVG + "text")]

    def test_every_figure_is_an_image_with_words(self):
        self.assertEqual(len(self.roots), 6)
        for name, root in self.roots.items():
            self.assertEqual(root.tag, SVG + "svg")
            self.assertEqual(root.get("role"), "img")
            self.assertTrue(root.find(SVG + "title").text, name)
            self.assertTrue(root.find(SVG + "desc").text, name)
            self.assertRegex(root.get("viewBox"), r"^0 0 \d+ \d+$")

    def test_nothing_of_a_live_page_is_left(self):
        for name, root in self.roots.items():
            for element in root.iter():
                self.assertNotIn(element.tag, (SVG + "style", SVG + "script", SVG + "image"), name)
                left = [key for key in element.attrib if key == "class" or "ecmeta" in key]
                self.assertEqual(left, [], name)

    def test_clip_paths_are_there_and_named_after_the_figure(self):
        for name, root in self.roots.items():
            known = {element.get("id") for element in root.iter() if element.get("id")}
            for element in root.iter():
                clip = element.get("clip-path")
                if clip:
                    self.assertIn(re.fullmatch(r"url\(#(.*)\)", clip).group(1), known)
            self.assertTrue(all(identity.startswith(name + "-") for identity in known), known)

    def test_lines_have_a_band_each_and_marks_on_some_points(self):
        for colour, dash in ((BLUE, ""), (ORANGE, "9,3"), (GREEN, "2,2")):
            lines = [line for line in self.shapes("curves-retina", stroke=colour, fill="none")
                     if len(numbers_of(line)) == 2 * 53]
            self.assertEqual(len(lines), 1, colour)
            self.assertEqual(lines[0].get("stroke-dasharray") or "", dash)
            bands = [band for band in self.shapes("curves-retina", fill=colour)
                     if len(numbers_of(band)) == 2 * 2 * 53]
            self.assertEqual(len(bands), 1, colour)
            self.assertIsNotNone(bands[0].get("fill-opacity"))
            # Of 53 points every seventh, and the mark of the legend.
            marks = len(self.shapes("curves-retina", fill=colour)) - 1
            self.assertIn(marks, (7 + 1, 8 + 1), colour)
        self.assertIn("floor", self.words("curves-retina"))

    def test_a_reference_stands_at_its_value(self):
        heights = {"".join(text.itertext()).strip():
                   float(re.search(r"translate\(\S+ ([\d.]+)\)", text.get("transform")).group(1))
                   for text in self.roots["curves-retina"].iter(SVG + "text")}
        per_unit = (heights["0.50"] - heights["0.90"]) / 0.4
        self.assertAlmostEqual(heights["floor"], heights["0.50"] + 0.0143 * per_unit, delta=0.6)

    def test_intervals_have_whiskers_with_caps_and_arrows(self):
        # Three intervals of three strokes and an arrow of two, in each of two series.
        for colour in (BLUE, GREEN):
            self.assertEqual(len(self.shapes("speedup", stroke=colour, fill="none")), 3 * 3 + 2)
            # Four marks and that of the legend.
            self.assertEqual(len(self.shapes("speedup", fill=colour)), 4 + 1)
        words = self.words("speedup")
        for word in ("pcam", "cats_vs_dogs", "speedup (times)", "equal", "imagenet", "0.5", "5"):
            self.assertIn(word, words)

    def test_panels_have_every_point(self):
        # A path for each class in each of three panels, with a mark for each of 330 points.
        for colour in (BLUE, ORANGE, GREEN):
            found = [path for path in self.shapes("tsne", fill=colour)
                     if len(re.findall("M", path.get("d"))) == 330]
            self.assertEqual(len(found), 3)
        self.assertIn("none <&>", self.words("tsne"))
        self.assertEqual(self.words("tsne").count("neighbours 0.91, linear probe 0.93"), 3)

    def test_a_table_of_counts_has_every_count(self):
        numbers = [word for word in self.words("confusion-retina") if word.isdigit()]
        self.assertEqual(len(numbers), 25)
        self.assertIn("1200", numbers)
        self.assertIn("true", self.words("confusion-retina"))


if __name__ == "__main__":
    unittest.main()
