#!/usr/bin/env python3
"""Makes the committed font subsets from the published fonts.

    pip install fonttools
    npm pack @expo-google-fonts/inter@0.4.2 @expo-google-fonts/newsreader@0.4.1 @phosphor-icons/web@2.1.2
    (unpack them into inter/, newsreader/ and phosphor/ below SOURCES)
    python3 subset.py SOURCES

Inter and Newsreader: Latin, Latin Extended-A, punctuation, arrows and the signs that values use. The Medium face,
which shows all values, gets its tabular digits on 0-9, because epaint shapes without OpenType features.
Phosphor: only the icons in ICONS, and filled those in FILLED; keep these tables and src/theme/icon.rs the same.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

TEXT = [
    *range(0x20, 0x7F), *range(0xA0, 0x180), 0x1E9E,
    *range(0x2009, 0x200B), *range(0x2010, 0x2016), *range(0x2018, 0x201F), 0x2020, 0x2022, 0x2026, 0x2030,
    0x2032, 0x2033, 0x2039, 0x203A, 0x202F, 0x20AC, 0x2122, *range(0x2190, 0x2194), 0x21E7, 0x2212, 0x2215, 0x221E,
    0x2248, 0x2260, 0x2264, 0x2265, 0x266D, 0x266F, 0xD7, 0x25CF, 0x25CB, 0x2318, 0x2325,
]
ICONS = {
    "caret-right": 0xE13A, "caret-down": 0xE136, "gear-six": 0xE272,
    "arrow-u-up-left": 0xE08A, "arrow-u-up-right": 0xE08C, "folder-open": 0xE256, "warning": 0xE4E0, "check": 0xE182,
    "x": 0xE4F6, "magnet": 0xE680, "polygon": 0xE6D0, "push-pin": 0xE3E2, "dots-three": 0xE1FE, "plus": 0xE3D4,
    "minus": 0xE32A, "heart": 0xE2A8, "caret-left": 0xE138, "caret-up": 0xE13C, "magnifying-glass": 0xE30C, "trash": 0xE4A6,
    "dice-five": 0xE1EE, "dots-three-vertical": 0xE208, "sparkle": 0xE6A2,
}
FILLED = {"heart": 0xE2A8}
FACES = [
    ("inter/400Regular/Inter_400Regular.ttf", "Inter-Regular.ttf"),
    ("inter/500Medium/Inter_500Medium.ttf", "Inter-Medium.ttf"),
    ("inter/600SemiBold/Inter_600SemiBold.ttf", "Inter-SemiBold.ttf"),
    ("newsreader/500Medium/Newsreader_500Medium.ttf", "Newsreader-Medium.ttf"),
    ("newsreader/500Medium_Italic/Newsreader_500Medium_Italic.ttf", "Newsreader-MediumItalic.ttf"),
]


def tabular(font: TTFont) -> None:
    """Maps the digits to their tabular forms in every cmap."""
    table = font["GSUB"].table
    lookups = {i for f in table.FeatureList.FeatureRecord if f.FeatureTag == "tnum" for i in f.Feature.LookupListIndex}
    forms = {}
    for i in lookups:
        for sub in table.LookupList.Lookup[i].SubTable:
            forms.update(getattr(sub, "ExtSubTable", sub).mapping)
    for cmap in font["cmap"].tables:
        for code in range(0x30, 0x3A):
            glyph = cmap.cmap.get(code)
            if glyph in forms:
                cmap.cmap[code] = forms[glyph]


def cut(source: Path, target: Path, codes, features) -> None:
    options = subset.Options()
    options.layout_features = features
    options.hinting = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.notdef_outline = True
    options.glyph_names = False
    font = subset.load_font(str(source), options)
    if target.name == "Inter-Medium.ttf":
        tabular(font)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=codes.values() if isinstance(codes, dict) else codes)
    cutter.subset(font)
    subset.save_font(font, str(target), options)
    print(target.name, target.stat().st_size)


def main() -> None:
    sources, here = Path(sys.argv[1]), Path(__file__).parent
    for source, target in FACES:
        cut(sources / source, here / target, TEXT, ["kern", "mark", "mkmk", "ccmp", "locl"])
    cut(sources / "phosphor/src/regular/Phosphor.ttf", here / "Phosphor-Subset.ttf", ICONS, [])
    cut(sources / "phosphor/src/fill/Phosphor-Fill.ttf", here / "Phosphor-Fill-Subset.ttf", FILLED, [])
    for name in ["inter", "newsreader"]:
        (here / f"OFL-{name}.txt").write_text((sources / name / "LICENSE_FONT").read_text())
    (here / "MIT-phosphor.txt").write_text((sources / "phosphor/LICENSE").read_text())


main()
