//! A SoundFont made by hand: one preset over two instruments' worth of traps.

use std::io::Write;

use betwixt_engine::resident::LoopFrames;
use soundfont::raw::GeneratorType as G;

use super::*;

type Gens<'a> = &'a [(G, i32)];

/// Tables of a SoundFont, put together zone by zone.
#[derive(Default)]
struct Font {
    preset_bags: Vec<(u16, u16)>,
    preset_gens: Vec<u8>,
    inst_bags: Vec<(u16, u16)>,
    inst_gens: Vec<u8>,
    samples: Vec<u8>,
    smpl: Vec<i16>,
    sm24: Option<Vec<u8>>,
}

fn put(out: &mut Vec<u8>, gens: Gens) {
    for (kind, value) in gens {
        out.extend((*kind as u16).to_le_bytes());
        out.extend((*value as u16).to_le_bytes());
    }
}

fn range(low: u8, high: u8) -> i32 {
    i32::from(u16::from_le_bytes([low, high]))
}

fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut out = id.to_vec();
    out.extend((body.len() as u32).to_le_bytes());
    out.extend(body);
    out.resize(out.len().next_multiple_of(2), 0);
    out
}

fn name(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(20, 0);
    bytes
}

impl Font {
    fn preset_zone(&mut self, gens: Gens) {
        self.preset_bags.push(((self.preset_gens.len() / 4) as u16, 0));
        put(&mut self.preset_gens, gens);
    }

    fn inst_zone(&mut self, gens: Gens) {
        self.inst_bags.push(((self.inst_gens.len() / 4) as u16, 0));
        put(&mut self.inst_gens, gens);
    }

    /// A sample of a rising ramp; returns its index.
    fn sample(&mut self, frames: i16, root: u8, correction: i8, kind: u16) -> i32 {
        let start = self.smpl.len() as u32;
        self.smpl.extend((0..frames).map(|n| n * 10));
        self.smpl.extend([0; 46]);
        let index = self.samples.len() / 46;
        self.samples.extend(name("ramp"));
        for v in [start, start + frames as u32, start + 20, start + 80, 44_100] {
            self.samples.extend(v.to_le_bytes());
        }
        self.samples.extend([root, correction as u8]);
        self.samples.extend(0u16.to_le_bytes());
        self.samples.extend(kind.to_le_bytes());
        index as i32
    }

    fn bytes(&self) -> Vec<u8> {
        let list = |form: &[u8; 4], parts: &[Vec<u8>]| chunk(b"LIST", &[form.to_vec(), parts.concat()].concat());
        let bags = |bags: &[(u16, u16)], gens: &[u8]| -> Vec<u8> {
            let end = ((gens.len() / 4) as u16, 0);
            bags.iter().chain([&end]).flat_map(|b| [b.0.to_le_bytes(), b.1.to_le_bytes()].concat()).collect()
        };
        let header = |text: &str, bag: u16, preset: bool| {
            let mut out = name(text);
            if preset {
                out.extend(73u16.to_le_bytes());
                out.extend(0u16.to_le_bytes());
            }
            out.extend(bag.to_le_bytes());
            out.resize(if preset { 38 } else { 22 }, 0);
            out
        };
        let pair = |preset: bool, bags: usize| [header("Ramp", 0, preset), header("end", bags as u16, preset)].concat();
        let with_end = |gens: &[u8]| [gens.to_vec(), vec![0; 4]].concat();
        let mut sdta = vec![chunk(b"smpl", &self.smpl.iter().flat_map(|s| s.to_le_bytes()).collect::<Vec<_>>())];
        sdta.extend(self.sm24.as_ref().map(|low| chunk(b"sm24", low)));
        let body = [
            b"sfbk".to_vec(),
            list(b"INFO", &[chunk(b"ifil", &[2, 0, 4, 0])]),
            list(b"sdta", &sdta),
            list(
                b"pdta",
                &[
                    chunk(b"phdr", &pair(true, self.preset_bags.len())),
                    chunk(b"pbag", &bags(&self.preset_bags, &self.preset_gens)),
                    chunk(b"pmod", &[0; 10]),
                    chunk(b"pgen", &with_end(&self.preset_gens)),
                    chunk(b"inst", &pair(false, self.inst_bags.len())),
                    chunk(b"ibag", &bags(&self.inst_bags, &self.inst_gens)),
                    chunk(b"imod", &[0; 10]),
                    chunk(b"igen", &with_end(&self.inst_gens)),
                    chunk(b"shdr", &[self.samples.clone(), vec![0; 46]].concat()),
                ],
            ),
        ]
        .concat();
        chunk(b"RIFF", &body)
    }

    fn open(&self) -> Result<Preset, ImportError> {
        open(&self.bytes())
    }
}

fn open(bytes: &[u8]) -> Result<Preset, ImportError> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    Preset::open(file.path(), 0, 73)
}

/// One preset zone, one instrument zone, one sample.
fn simple(preset: Gens, inst: Gens) -> Font {
    let mut font = Font::default();
    let sample = font.sample(100, 60, 0, 1);
    font.preset_zone(&[preset, &[(G::Instrument, 0)]].concat());
    font.inst_zone(&[inst, &[(G::SampleID, sample)]].concat());
    font
}

#[test]
fn a_plain_preset_plays_its_sample() {
    let preset = simple(&[], &[(G::SampleModes, 1)]).open().unwrap();
    assert_eq!((preset.name.as_str(), preset.roots()), ("Ramp", vec![60]));
    let r = &preset.note(62).unwrap()[0];
    assert_eq!((r.rate_hz, r.raise_cents, r.gain, r.frames.len()), (44_100.0, 200.0, [1.0, 1.0], 100));
    assert_eq!(r.loop_frames, Some(LoopFrames { start: 20, end: 80 }));
    assert_eq!(r.frames[7], [70.0 / 32_768.0; 2]);
}

#[test]
fn generators_of_the_preset_are_added_and_ranges_intersect() {
    let font = simple(
        &[(G::KeyRange, range(40, 70)), (G::InitialAttenuation, 50), (G::FineTune, 5), (G::OverridingRootKey, 10)],
        &[(G::KeyRange, range(50, 90)), (G::InitialAttenuation, 100), (G::FineTune, 7), (G::OverridingRootKey, 64)],
    );
    let preset = font.open().unwrap();
    assert_eq!(preset.zones[0].keys, (50, 70));
    let r = &preset.note(64).unwrap()[0];
    assert_eq!(r.raise_cents, 12.0, "the preset's own root key is illegal");
    // 150 centibels at 0.4 are 6 dB.
    assert!((20.0 * r.gain[0].log10() + 6.0).abs() < 1e-3);
    assert_eq!(preset.note(20).unwrap()[0].raise_cents, -4388.0, "keys outside take the nearest zone");
}

#[test]
fn a_global_zone_gives_defaults_and_plays_nothing() {
    let mut font = Font::default();
    let (a, b) = (font.sample(100, 60, -3, 1), font.sample(50, 72, 0, 1));
    font.preset_zone(&[(G::Instrument, 0)]);
    font.inst_zone(&[(G::CoarseTune, 1), (G::Pan, -500)]);
    font.inst_zone(&[(G::KeyRange, range(0, 65)), (G::SampleID, a)]);
    font.inst_zone(&[(G::KeyRange, range(66, 127)), (G::Pan, 500), (G::SampleID, b)]);
    let preset = font.open().unwrap();
    assert_eq!(preset.zones.len(), 2);
    let (low, high) = (&preset.note(60).unwrap()[0], &preset.note(72).unwrap()[0]);
    assert_eq!((low.raise_cents, low.gain), (97.0, [1.0, 0.0]));
    assert_eq!((high.raise_cents, high.gain), (100.0, [0.0, 1.0]));
}

#[test]
fn zones_panned_apart_sound_together_and_other_velocities_do_not() {
    let mut font = Font::default();
    let (left, right, soft) = (font.sample(100, 60, 0, 4), font.sample(100, 60, 0, 2), font.sample(100, 60, 0, 1));
    font.preset_zone(&[(G::Instrument, 0)]);
    font.inst_zone(&[(G::VelRange, range(64, 127)), (G::Pan, -500), (G::SampleID, left)]);
    font.inst_zone(&[(G::VelRange, range(64, 127)), (G::Pan, 500), (G::SampleID, right)]);
    font.inst_zone(&[(G::VelRange, range(0, 63)), (G::SampleID, soft)]);
    let gains: Vec<_> = font.open().unwrap().note(60).unwrap().iter().map(|r| r.gain).collect();
    assert_eq!(gains, [[1.0, 0.0], [0.0, 1.0]]);
}

#[test]
fn offsets_loops_and_envelopes_are_followed() {
    let font = simple(
        &[(G::AttackVolEnv, 1200)],
        &[
            (G::SampleModes, 3),
            (G::StartAddrsOffset, 10),
            (G::EndAddrsOffset, -5),
            (G::EndloopAddrsOffset, 4),
            (G::AttackVolEnv, -1200),
            (G::SustainVolEnv, 120),
        ],
    );
    let r = &font.open().unwrap().note(60).unwrap()[0];
    assert_eq!(r.frames.len(), 85);
    assert_eq!(r.frames[0][0], 100.0 / 32_768.0);
    assert_eq!(r.loop_frames, Some(LoopFrames { start: 10, end: 74 }));
    assert_eq!((r.envelope.attack_seconds, r.envelope.sustain_drop_db), (1.0, 12.0));
    let unlooped = simple(&[], &[(G::SampleModes, 2)]).open().unwrap();
    assert_eq!(unlooped.note(60).unwrap()[0].loop_frames, None);
}

#[test]
fn low_bytes_make_24_bits_only_when_they_fit() {
    let mut font = simple(&[], &[]);
    font.sm24 = Some(vec![128; font.smpl.len()]);
    assert_eq!(font.open().unwrap().note(60).unwrap()[0].frames[7][0], (70.5) / 32_768.0);
    font.sm24 = Some(vec![128; font.smpl.len() - 20]);
    assert_eq!(font.open().unwrap().note(60).unwrap()[0].frames[7][0], 70.0 / 32_768.0);
}

#[test]
fn a_missing_preset_is_named_with_those_that_there_are() {
    let bytes = simple(&[], &[]).bytes();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&bytes).unwrap();
    let error = Preset::open(file.path(), 1, 2).err().unwrap().to_string();
    assert!(error.contains("no preset 1:2; it has 0:73 Ramp"), "{error}");
}

#[test]
fn damaged_fonts_are_refused_and_nothing_panics() {
    let good = simple(&[], &[(G::SampleModes, 1)]).bytes();
    assert!(open(b"RIFX").is_err() && open(&[]).is_err());
    for cut in (0..good.len()).step_by(7) {
        let _ = open(&good[..cut]).map(|p| p.note(60));
    }
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0xff;
        let _ = open(&bad).map(|p| p.note(60));
    }
    // A sample outside the data, an unknown sample type.
    let mut font = simple(&[], &[]);
    font.samples[24..28].copy_from_slice(&1_000_000u32.to_le_bytes());
    assert!(font.open().unwrap().note(60).is_ok(), "cut to what is there");
    font.samples[44] = 0x40;
    assert!(font.open().err().unwrap().to_string().contains("unknown type 0x0040"));
}
