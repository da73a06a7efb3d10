// SPDX-License-Identifier: Apache-2.0
// Where there is no browser to measure texts: widths of printable ASCII in hundredths of the font's
// size, those of DejaVu Sans, one of the widest fonts that a drawing may be shown in. What is laid
// out by them fits in Helvetica and Arial, too.
echarts.setPlatformAPI({
    measureText: function (text, font) {
        'use strict';
        var widths = [32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64,
            64, 64, 64, 64, 64, 64, 64, 34, 34, 84, 84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 77, 75, 29,
            29, 66, 56, 86, 75, 79, 60, 79, 69, 63, 61, 73, 68, 99, 69, 61, 69, 39, 34, 39, 84, 50,
            50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52, 39, 63,
            59, 82, 59, 59, 52, 64, 34, 64, 84];
        var size = /([\d.]+)px/.exec(font), sum = 0;
        for (var i = 0; i < text.length; ++i) {
            var code = text.charCodeAt(i);
            sum += code < 32 ? 0 : code < 127 ? widths[code - 32] : code < 0x2e80 ? 70 : 100;
        }
        return { width: sum / 100 * (size ? Number(size[1]) : 12) };
    }
});
