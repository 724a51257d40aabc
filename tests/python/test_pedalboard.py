"""The bundled VST3 in pedalboard, a host that others wrote (JUCE inside).

    test_pedalboard.py PLUGIN.vst3 [PACK.btx]

What a corner and the centre sound like is compared with the samples in the pack itself. The last
line is `N passed, M failed`.
"""

import io
import json
import os
import sys
import time
import unittest
import zipfile

import numpy as np
from pedalboard import load_plugin
from pedalboard.io import AudioFile

ASSETS = os.path.join(os.path.dirname(__file__), "..", "..", "assets")
PLUGIN = sys.argv[1]
NOTE_AT = 0.1


def packs():
    """The pack named on the command line, or the embedded ones, whose files lie in assets/."""
    if len(sys.argv) > 2:
        return [sys.argv[2]]
    return sorted(os.path.join(ASSETS, name) for name in os.listdir(ASSETS) if name.endswith(".btx"))


class Pack:
    """What a pack promises."""

    def __init__(self, path):
        self.archive = zipfile.ZipFile(path)
        self.manifest = json.loads(self.archive.read("pack.json"))
        self.rate = self.manifest["sample_rate"]
        self.columns = self.manifest["grid"]["columns"]
        self.rows = self.manifest["grid"]["rows"]
        # The layer that full velocity plays, at the root nearest to middle C.
        loud = [note for note in self.manifest["notes"] if note.get("velocity", [1, 127])[1] == 127]
        self.note = min(loud, key=lambda note: abs(note["root"] - 60))

    def cell(self, column, row):
        """A cell of that note, as an array of channels by frames."""
        name = self.note["cells"][row * self.columns + column]
        with AudioFile(io.BytesIO(self.archive.read(name))) as file:
            audio = file.read(file.frames)
        return audio if audio.shape[0] == 2 else np.repeat(audio, 2, axis=0)

    def at(self, x, y):
        """What sounds at a point: its four cells, mixed by amplitude where they agree in phase."""
        place = (x * (self.columns - 1), y * (self.rows - 1))
        corner = [min(int(v), max(n - 2, 0)) for v, n in zip(place, (self.columns, self.rows))]
        mix = 0
        for right in (0, 1):
            for up in (0, 1):
                weight = 1.0
                for v, c, step in zip(place, corner, (right, up)):
                    weight *= v - c if step else 1 - (v - c)
                if weight > 0:
                    gain = weight if self.note.get("coherent", True) else np.sqrt(weight)
                    mix = mix + gain * self.cell(corner[0] + right, corner[1] + up)
        return mix


def set_raw(plugin, name, value):
    """Sets a parameter, 0 to 1, by the name that hosts show."""
    for parameter in plugin.parameters.values():
        if parameter.name == name:
            parameter.raw_value = value
            return
    raise AssertionError(f"no parameter is called {name}")


def note(key, start, length):
    return [(bytes([0x90, key, 127]), start), (bytes([0x80, key, 0]), start + length)]


def null_db(wanted, got):
    """How far below `wanted` the difference lies, in dB. Nothing is fitted."""
    error = np.sqrt(np.mean((wanted - got) ** 2))
    return np.inf if error == 0 else 20 * np.log10(np.sqrt(np.mean(wanted**2)) / error)


class Host(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pack = Pack(packs()[0])
        if len(sys.argv) > 2:
            os.environ["BETWIXT_PACK"] = os.path.abspath(sys.argv[2])
        # Time of the processor, not of the clock: other work on the machine is no fault of ours.
        begun = time.process_time()
        cls.plugin = load_plugin(PLUGIN)
        cls.load_seconds = time.process_time() - begun
        print(f"loaded in {cls.load_seconds:.2f} s of processor time, {len(cls.plugin.parameters)} parameters")
        for name in ("Attack", "Pad Glide"):
            set_raw(cls.plugin, name, 0.0)
        set_raw(cls.plugin, "Quality", 1.0)
        # The factory pack is loaded in the background; a live host plays silence meanwhile.
        for _ in range(100):
            if np.any(np.abs(cls.render(0.0, 0.0, 0.3)) > 1e-4):
                return
            time.sleep(0.1)
        raise AssertionError("ten seconds after loading, a note is still silent")

    @classmethod
    def render(cls, x, y, seconds=1.2):
        """The root note at a point, from its first frame on."""
        set_raw(cls.plugin, "X", x)
        set_raw(cls.plugin, "Y", y)
        rate = cls.pack.rate
        audio = cls.plugin(note(cls.pack.note["root"], NOTE_AT, 10.0), NOTE_AT + seconds, rate, reset=True)
        return audio[:, round(NOTE_AT * rate) :]

    def sounds_like(self, wanted, got):
        frames = min(wanted.shape[1], got.shape[1], self.pack.rate)
        depth = null_db(wanted[:, :frames], got[:, :frames])
        self.assertGreaterEqual(depth, 60.0, f"null of {depth:.1f} dB over {frames} frames")
        return depth

    def test_loading_takes_seconds_and_not_a_minute(self):
        self.assertLess(self.load_seconds, 20.0)

    def test_a_corner_is_the_sound_of_its_cell(self):
        for column, row in ((0, 0), (1, 0), (0, 1), (1, 1)):
            with self.subTest(x=column, y=row):
                cell = self.pack.cell(column * (self.pack.columns - 1), row * (self.pack.rows - 1))
                self.sounds_like(cell, self.render(float(column), float(row)))

    def test_the_corners_are_four_different_sounds(self):
        corners = [self.render(x, y) for x in (0.0, 1.0) for y in (0.0, 1.0)]
        for i, one in enumerate(corners):
            for other in corners[i + 1 :]:
                self.assertLess(null_db(one, other), 20.0)

    def test_the_centre_is_the_mix(self):
        self.sounds_like(self.pack.at(0.5, 0.5), self.render(0.5, 0.5))

    def test_between_cells_lies_the_mix_of_four(self):
        self.sounds_like(self.pack.at(0.3, 0.65), self.render(0.3, 0.65))

    def test_a_glide_of_x_in_a_held_note_has_no_clicks(self):
        set_raw(self.plugin, "Pad Glide", 0.2)
        try:
            set_raw(self.plugin, "X", 0.0)
            set_raw(self.plugin, "Y", 0.5)
            rate, step = self.pack.rate, 0.01
            root = self.pack.note["root"]
            parts = [self.plugin([(bytes([0x90, root, 127]), 0.0)], 0.5, rate, reset=True)]
            for i in range(1, 101):
                set_raw(self.plugin, "X", i / 100)
                parts.append(self.plugin([], step, rate, reset=False))
            parts.append(self.plugin([], 0.5, rate, reset=False))
        finally:
            set_raw(self.plugin, "Pad Glide", 0.0)
        audio = np.concatenate(parts, axis=1)[0]
        # A click is a kink: far more second difference in a moment than the sounds themselves have.
        kinks = np.abs(np.diff(audio, 3))
        still = max(kinks[rate // 10 : rate // 2].max(), kinks[-rate // 2 :].max())
        moving = kinks[rate // 2 : -rate // 2].max()
        self.assertGreater(np.abs(audio[rate // 2 :]).max(), 0.001, "nothing sounds")
        self.assertLess(moving, 1.5 * still, "a kink while the point moved")

    def test_notes_of_other_keys_are_in_tune(self):
        root = self.pack.note["root"]
        high = min(root + 12, 127)
        set_raw(self.plugin, "X", 0.0)
        set_raw(self.plugin, "Y", 0.0)
        rate = self.pack.rate
        pitches = []
        for key in (root, high):
            audio = self.plugin(note(key, 0.0, 10.0), 1.0, rate, reset=True)[0][rate // 4 :]
            pitches.append(lag_hz(audio, rate, 440.0 * 2 ** ((key - 69) / 12)))
        cents = 1200 * np.log2(pitches[1] / pitches[0])
        self.assertLess(abs(cents - 100 * (high - root)), 10.0, f"{cents:.1f} cents up")


def lag_hz(audio, rate, near_hz):
    """The pitch nearest to a frequency, by autocorrelation."""
    size = 1 << (2 * len(audio) - 1).bit_length()
    spectrum = np.fft.rfft(audio, size)
    lags = np.fft.irfft(np.abs(spectrum) ** 2, size)
    low, high = int(rate / near_hz / 1.06), int(rate / near_hz * 1.06) + 2
    best = low + int(np.argmax(lags[low:high]))
    before, top, after = lags[best - 1 : best + 2]
    return rate / (best + 0.5 * (before - after) / (before - 2 * top + after))


def main():
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Host)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    failed = len({test.id() for test, _ in result.failures + result.errors})
    print(f"{max(result.testsRun - failed, 0)} passed, {failed} failed", flush=True)
    # What the plugin's threads do at the interpreter's end is no part of these tests.
    os._exit(0 if result.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
