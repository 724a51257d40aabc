//! What the morph is measured on: presets of General MIDI, in pairs and in fours.

/// A preset of bank 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::bench) struct Preset {
    pub(in crate::bench) name: &'static str,
    pub(in crate::bench) program: u16,
}

const fn gm(name: &'static str, program: u16) -> Preset {
    Preset { name, program }
}

const PIANO: Preset = gm("piano", 0);
const ELECTRIC_PIANO: Preset = gm("electric piano", 4);
const CELESTA: Preset = gm("celesta", 8);
const GLOCKENSPIEL: Preset = gm("glockenspiel", 9);
const VIBRAPHONE: Preset = gm("vibraphone", 11);
const MARIMBA: Preset = gm("marimba", 12);
const TUBULAR_BELLS: Preset = gm("tubular bells", 14);
const ORGAN: Preset = gm("organ", 16);
const CHURCH_ORGAN: Preset = gm("church organ", 19);
const ACCORDION: Preset = gm("accordion", 21);
const NYLON_GUITAR: Preset = gm("nylon guitar", 24);
const DISTORTION_GUITAR: Preset = gm("distortion guitar", 30);
const ACOUSTIC_BASS: Preset = gm("acoustic bass", 32);
const FINGER_BASS: Preset = gm("finger bass", 33);
const SYNTH_BASS: Preset = gm("synth bass 1", 38);
const VIOLIN: Preset = gm("violin", 40);
const CELLO: Preset = gm("cello", 42);
const PIZZICATO: Preset = gm("pizzicato", 45);
const HARP: Preset = gm("harp", 46);
const TIMPANI: Preset = gm("timpani", 47);
const STRINGS: Preset = gm("strings", 48);
const CHOIR: Preset = gm("choir", 52);
const VOICE: Preset = gm("voice", 53);
const TRUMPET: Preset = gm("trumpet", 56);
const TROMBONE: Preset = gm("trombone", 57);
const TUBA: Preset = gm("tuba", 58);
const HORN: Preset = gm("French horn", 60);
const BRASS: Preset = gm("brass section", 61);
const ALTO_SAX: Preset = gm("alto sax", 65);
const OBOE: Preset = gm("oboe", 68);
const BASSOON: Preset = gm("bassoon", 70);
const CLARINET: Preset = gm("clarinet", 71);
const FLUTE: Preset = gm("flute", 73);
const PAN_FLUTE: Preset = gm("pan flute", 75);
const SHAKUHACHI: Preset = gm("shakuhachi", 77);
const SQUARE_LEAD: Preset = gm("square lead", 80);
const SAW_LEAD: Preset = gm("saw lead", 81);
const WARM_PAD: Preset = gm("warm pad", 89);
const SITAR: Preset = gm("sitar", 104);
const KALIMBA: Preset = gm("kalimba", 108);
const STEEL_DRUMS: Preset = gm("steel drums", 114);
const BREATH: Preset = gm("breath noise", 121);
const SEASHORE: Preset = gm("seashore", 122);

/// Two presets at a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) a: Preset,
    pub(super) b: Preset,
    pub(super) key: u8,
    pub(super) pitched: bool,
    /// One of those over which medians are taken.
    pub(super) main: bool,
}

impl Pair {
    pub(super) fn name(&self) -> String {
        format!("{}–{}", self.a.name, self.b.name)
    }

    const fn further(self) -> Pair {
        Pair { main: false, ..self }
    }

    const fn unpitched(self) -> Pair {
        Pair { pitched: false, ..self }
    }
}

const fn pair(a: Preset, b: Preset, key: u8) -> Pair {
    Pair { a, b, key, pitched: true, main: true }
}

/// The 24 main pairs and 8 further ones.
pub(super) const PAIRS: &[Pair] = &[
    pair(FLUTE, OBOE, 72),
    pair(CLARINET, VIOLIN, 60),
    pair(ORGAN, CHOIR, 60),
    pair(CELLO, TROMBONE, 48),
    pair(ALTO_SAX, VOICE, 60),
    pair(HORN, OBOE, 60),
    pair(WARM_PAD, CHOIR, 60),
    pair(SQUARE_LEAD, BASSOON, 48),
    pair(PIANO, NYLON_GUITAR, 60),
    pair(MARIMBA, KALIMBA, 72),
    pair(GLOCKENSPIEL, CELESTA, 84),
    pair(TUBULAR_BELLS, STEEL_DRUMS, 60),
    pair(FINGER_BASS, SYNTH_BASS, 36),
    pair(ACOUSTIC_BASS, TUBA, 28),
    pair(PIZZICATO, MARIMBA, 60),
    pair(PIANO, ORGAN, 60),
    pair(NYLON_GUITAR, FLUTE, 72),
    pair(MARIMBA, VIOLIN, 60),
    pair(PIANO, CHOIR, 60),
    pair(SITAR, SAW_LEAD, 48),
    pair(TUBULAR_BELLS, FLUTE, 72),
    pair(SHAKUHACHI, PAN_FLUTE, 72),
    pair(SEASHORE, CHOIR, 60).unpitched(),
    pair(TIMPANI, ACOUSTIC_BASS, 36).unpitched(),
    pair(TRUMPET, STRINGS, 60).further(),
    pair(CHURCH_ORGAN, BRASS, 48).further(),
    pair(ACCORDION, SAW_LEAD, 60).further(),
    pair(PIANO, HARP, 48).further(),
    pair(VIBRAPHONE, ELECTRIC_PIANO, 60).further(),
    pair(HARP, STRINGS, 60).further(),
    pair(DISTORTION_GUITAR, TRUMPET, 60).further(),
    pair(SEASHORE, BREATH, 60).unpitched().further(),
];

/// Four presets at a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Set {
    pub(super) name: &'static str,
    /// At (0, 0), (1, 0), (0, 1), (1, 1).
    pub(super) corners: [Preset; 4],
    pub(super) key: u8,
}

pub(super) const SETS: &[Set] = &[
    Set { name: "S1", corners: [PIANO, ORGAN, STRINGS, TRUMPET], key: 60 },
    Set { name: "S2", corners: [FLUTE, NYLON_GUITAR, CHOIR, VIBRAPHONE], key: 72 },
    Set { name: "S3", corners: [GLOCKENSPIEL, MARIMBA, SQUARE_LEAD, CELLO], key: 60 },
    Set { name: "S4", corners: [FINGER_BASS, TUBA, ACOUSTIC_BASS, TIMPANI], key: 36 },
];

/// Pairs whose second sound is sharpened by 25 cents before it is given to the morph.
pub(super) const DETUNED: &[Pair] = &[pair(TRUMPET, OBOE, 60), pair(ORGAN, SAW_LEAD, 60)];

/// Pairs whose timbre and dynamics are taken apart.
pub(super) const HYBRIDS: &[Pair] = &[pair(VIOLIN, MARIMBA, 60), pair(PIANO, ORGAN, 60)];

/// Pairs past whose ends the pad reaches.
pub(super) const PAST: &[Pair] =
    &[pair(CLARINET, VIOLIN, 60), pair(FLUTE, OBOE, 72), pair(PIANO, ORGAN, 60), pair(MARIMBA, VIOLIN, 60)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_24_main_pairs_and_8_further_ones_and_none_twice() {
        assert_eq!(PAIRS.iter().filter(|p| p.main).count(), 24);
        assert_eq!(PAIRS.iter().filter(|p| !p.main).count(), 8);
        for (n, p) in PAIRS.iter().enumerate() {
            assert!(PAIRS[..n].iter().all(|q| q.name() != p.name()), "{}", p.name());
        }
    }
}
