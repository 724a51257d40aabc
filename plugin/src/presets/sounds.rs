//! Each factory preset is played: it is heard, does not clip, and is like no other.

use std::time::Duration;

use betwixt_engine::engine::{Engine, EngineConfig};
use betwixt_engine::event::{Event, EventKind, NoteAddress, NoteRef};
use betwixt_engine::loader::{Loader, PackSource};
use betwixt_engine::params::Param;
use realfft::RealFftPlanner;

use super::{FACTORY, load};
use crate::library::{Place, find};
use betwixt_editor::model::PresetKey;

const RATE_HZ: f64 = 48_000.0;
const BLOCK: usize = 480;
/// Frames until the keys come up, and in all.
const HELD: usize = 76_800;
const ALL: usize = 124_800;
/// Windows of the envelope.
const WINDOW: usize = 4800;
/// Bands of the spectrum: thirds of octaves from 50 Hz.
const BANDS: usize = 26;
/// Presets nearer than this, in dB of mean difference, are the same to an ear in a hurry.
const NEAR_DB: f32 = 1.5;

/// What a preset sounds like: levels in dB, of moments and of bands, each without the overall level.
struct Portrait {
    name: &'static str,
    peak: f32,
    loudest_db: f32,
    shape: Vec<f32>,
}

/// A chord of three, as loud as keys go, held for 1.6 s.
fn play(name: &'static str) -> Portrait {
    let preset = load(&PresetKey::Factory(name.to_owned())).unwrap();
    let reference = preset.pack().expect("a factory preset names its pack");
    let Some(Place::Embedded(bytes)) = find(&reference, None) else { panic!("{name}: its pack is not ours") };
    let near = (preset.value(Param::X), preset.value(Param::Y));
    let load = Loader::shared().open(PackSource::Memory(bytes), near, Box::new(|_| {}));
    let pack = load.wait_playable(Duration::from_secs(60)).unwrap().expect("a pack");
    let config = EngineConfig { sample_rate_hz: RATE_HZ, max_block_frames: BLOCK, seed: 1 };
    let (mut engine, mut handle) = Engine::new(config);
    engine.set_offline(true);
    for param in Param::all() {
        engine.set_param(param, preset.value(param));
    }
    assert!(handle.send_pack(pack.play.clone()).is_ok(), "an empty engine takes a pack");

    let (mut left, mut right) = (vec![0.0f32; ALL], vec![0.0f32; ALL]);
    for (i, (l, r)) in left.chunks_mut(BLOCK).zip(right.chunks_mut(BLOCK)).enumerate() {
        let keys = [48u8, 55, 64];
        let events: Vec<Event> = match i * BLOCK {
            0 => keys
                .map(|key| EventKind::NoteOn { note: NoteRef { id: -1, channel: 0, key }, velocity: 1.0 })
                .map(|kind| Event { frame: 0, kind })
                .into(),
            HELD => keys
                .map(|key| EventKind::NoteOff { to: NoteAddress { id: None, channel: Some(0), key: Some(key) } })
                .map(|kind| Event { frame: 0, kind })
                .into(),
            _ => Vec::new(),
        };
        engine.process(l, r, &events);
    }
    portrait(name, &left, &right)
}

fn portrait(name: &'static str, left: &[f32], right: &[f32]) -> Portrait {
    let peak = left.iter().chain(right).fold(0.0f32, |peak, v| peak.max(v.abs()));
    let mid: Vec<f32> = left.iter().zip(right).map(|(l, r)| (l + r) / 2.0).collect();
    let db = |power: f32| 10.0 * power.max(1e-8).log10();
    let moments: Vec<f32> =
        mid.chunks(WINDOW).map(|w| db(w.iter().map(|v| v * v).sum::<f32>() / w.len() as f32)).collect();
    let fft = RealFftPlanner::<f32>::new().plan_fft_forward(ALL);
    let (mut time, mut spectrum) = (mid, fft.make_output_vec());
    fft.process(&mut time, &mut spectrum).unwrap();
    let mut bands = [0.0f32; BANDS];
    for (bin, value) in spectrum.iter().enumerate() {
        let hz = bin as f64 * RATE_HZ / ALL as f64;
        let band = ((hz / 50.0).log2() * 3.0).floor();
        if let Some(band) = bands.get_mut(band.max(-1.0) as usize).filter(|_| band >= 0.0) {
            *band += value.norm_sqr();
        }
    }
    let total: f32 = bands.iter().sum();
    let loudest_db = moments.iter().copied().fold(f32::MIN, f32::max);
    let moments = moments.iter().map(|moment| (moment - loudest_db).max(-50.0));
    let bands = bands.iter().map(|band| db(band / total.max(1e-12)).max(-50.0));
    Portrait { name, peak, loudest_db, shape: moments.chain(bands).collect() }
}

/// Mean difference in dB.
fn distance(a: &Portrait, b: &Portrait) -> f32 {
    a.shape.iter().zip(&b.shape).map(|(a, b)| (a - b).abs()).sum::<f32>() / a.shape.len() as f32
}

#[test]
fn every_factory_preset_is_heard_does_not_clip_and_is_like_no_other() {
    assert!(FACTORY.len() >= 24, "{} factory presets", FACTORY.len());
    let all: Vec<Portrait> = FACTORY.iter().map(|(name, _)| play(name)).collect();
    let mut wrong = Vec::new();
    for (i, one) in all.iter().enumerate() {
        let nearest = all.iter().filter(|other| other.name != one.name);
        let near = nearest.map(|other| (distance(one, other), other.name)).min_by(|a, b| a.0.total_cmp(&b.0));
        let (apart, other) = near.expect("there are others");
        println!(
            "{:22} peak {:5.2}, loudest {:6.1} dB, {apart:4.1} dB from {other}",
            one.name, one.peak, one.loudest_db
        );
        if one.loudest_db < -36.0 || one.peak < 0.02 {
            wrong.push(format!("{} is hardly heard: {:.1} dB", one.name, one.loudest_db));
        }
        if !one.peak.is_finite() || one.peak >= 1.0 {
            wrong.push(format!("{} clips: {:.2}", one.name, one.peak));
        }
        if i > 0 && apart < NEAR_DB {
            wrong.push(format!("{} is {apart:.2} dB from {other}", one.name));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
