//! The host's block size is not heard: the same events make the same bits.

use betwixt_engine::event::{EventKind, Expression, NoteAddress, NoteRef};
use betwixt_engine::params::Param;
use betwixt_engine::resident::{LoopFrames, PlayNote, PlayPack};

use crate::stage::{Stage, cell_i16, noise, note, on, pack, set};

/// A dense stream of all kinds of events, repeatable.
pub(crate) fn stream(seed: usize, frames: usize) -> Vec<(usize, EventKind)> {
    let mut events: Vec<(usize, EventKind)> = (0..frames / 60)
        .map(|n| {
            let r = |k: usize| (noise(seed + k, n) + 1.0) / 2.0;
            let frame = (r(0) * frames as f64) as usize;
            let key = 40 + (r(1) * 40.0) as u8;
            let note = NoteRef { id: if r(2) < 0.5 { -1 } else { i32::from(key) }, channel: (r(3) * 3.0) as u8, key };
            let to = NoteAddress { id: None, channel: None, key: Some(key) };
            let channel = note.channel;
            let all: Vec<Param> = Param::all().filter(|p| *p != Param::Bypass).collect();
            let param = all[(r(4) * all.len() as f64) as usize % all.len()];
            let poly: Vec<Param> = Param::all().filter(|p| p.spec().poly).collect();
            let ccs = [1, 7, 10, 11, 64, 64, 66, 67, 74, 121, 123, 120];
            let kind = match (r(5) * 14.0) as usize {
                0..=3 => EventKind::NoteOn { note, velocity: r(6) as f32 },
                4..=5 => EventKind::NoteOff { to },
                6 => EventKind::Param { param, value: param.denormalise(r(6)) },
                7 => EventKind::ParamMod { param, offset: noise(seed + 8, n) as f32 * 0.3 },
                8 => EventKind::NoteMod {
                    to,
                    param: poly[(r(6) * poly.len() as f64) as usize % poly.len()],
                    offset: noise(seed + 8, n) as f32,
                },
                9 => EventKind::PitchBend { channel, value: noise(seed + 9, n) as f32 },
                10 => EventKind::ControlChange {
                    channel,
                    controller: ccs[(r(6) * 12.0) as usize % 12],
                    value: r(7) as f32,
                },
                11 => {
                    let all = [Expression::Volume, Expression::Pan, Expression::Tuning, Expression::Brightness];
                    let which = (r(6) * 4.0) as usize % 4;
                    EventKind::NoteExpression { to, expression: all[which], value: r(7) as f32 }
                }
                12 => EventKind::Choke { to },
                _ => EventKind::PolyPressure { to, value: r(6) as f32 },
            };
            (frame, kind)
        })
        .collect();
    events.sort_by_key(|e| e.0);
    events
}

pub(crate) fn grid() -> std::sync::Arc<betwixt_engine::resident::PlayPack> {
    let notes = [45u8, 60, 72].map(|root| {
        let cells =
            (0..9).map(|c| cell_i16(9000, move |i| [noise(c + usize::from(root), i) * 0.3, noise(c + 50, i) * 0.3]));
        let loop_frames = (root != 60).then_some(LoopFrames { start: 1000, end: 5000 + usize::from(root) });
        PlayNote { keys: (root - 8, root + 7), loop_frames, coherent: root == 45, ..note(root, cells.collect()) }
    });
    pack(3, 3, notes.to_vec())
}

/// Plays the events in blocks of several sizes; all must make the same bits.
pub(crate) fn same_bits(
    pack: &std::sync::Arc<PlayPack>,
    frames: usize,
    events: &[(usize, EventKind)],
    sizes: &[&[usize]],
) -> Stage {
    let mut want: Option<Stage> = None;
    for blocks in sizes {
        let mut stage = Stage::new(pack).in_blocks(blocks);
        stage.play(frames, events);
        assert!(stage.left.iter().chain(&stage.right).all(|v| v.is_finite()));
        let Some(want) = &want else {
            want = Some(stage);
            continue;
        };
        let differs = (0..frames).find(|i| {
            stage.left[*i].to_bits() != want.left[*i].to_bits() || stage.right[*i].to_bits() != want.right[*i].to_bits()
        });
        assert_eq!(differs, None, "blocks of {blocks:?}");
        let sorted = |s: &Stage| {
            let mut ends: Vec<_> = s.ended.iter().map(|(f, n)| (*f, n.id, n.channel, n.key)).collect();
            ends.sort_unstable();
            ends
        };
        assert_eq!(sorted(&stage), sorted(want), "note ends, blocks of {blocks:?}");
    }
    want.unwrap()
}

#[test]
fn every_block_size_gives_the_same_bits() {
    let pack = grid();
    for seed in 0..6 {
        let frames = 20_000;
        let mut events = stream(seed * 100, frames);
        // Bypass once in a while, in the middle.
        events.push((frames - 3000, set(Param::Bypass, 1.0)));
        events.push((frames - 1000, set(Param::Bypass, 0.0)));
        events.sort_by_key(|e| e.0);
        let sizes: [&[usize]; 9] =
            [&[128], &[1], &[3], &[16], &[127], &[1000], &[8192], &[1, 17, 64, 5, 333], &[255, 257]];
        let stage = same_bits(&pack, frames, &events, &sizes);
        let heard = stage.left.iter().filter(|v| v.abs() > 1e-4).count();
        assert!(heard > frames / 3, "seed {seed}: the stream is no silence: {heard}");
    }
}

/// Where nothing but the point moves, ticks are computed in runs; never in blocks shorter than a tick.
#[test]
fn calm_playing_gives_the_same_bits_too() {
    let pack = grid();
    for seed in 0..6 {
        let frames = 60_000;
        let mut events: Vec<_> = stream(seed * 100, frames).into_iter().step_by(23).collect();
        events.extend([45, 52, 60, 66, 72].map(|key| (0, on(key, 0.8))));
        events.extend((0..frames).step_by(700).map(|at| {
            let param = if at % 1400 == 0 { Param::X } else { Param::Y };
            (at, set(param, (noise(seed, at) + 1.0) / 2.0))
        }));
        // What is taken up in the middle of a run.
        events.extend([(0, 1.0), (3_000, 2.0), (30_000, 1.0)].map(|(at, value)| (at, set(Param::Loop, value))));
        events.extend([(14_000, 2.0), (24_000, 0.0)].map(|(at, value)| (at, set(Param::Quality, value))));
        events.sort_by_key(|e| e.0);
        same_bits(&pack, frames, &events, &[&[7], &[128], &[16], &[32], &[40, 8], &[1000], &[441]]);
    }
}

/// Runs of ticks in which all that follows controllers moves, and all that is done to the sound is on.
#[test]
fn moving_playing_gives_the_same_bits_too() {
    let pack = grid();
    let frames = 40_000;
    let moving = |at: usize, k: usize| noise(at, k);
    for (seed, filter) in [(0, 0.0), (1, 1.0), (2, 2.0), (3, 3.0)] {
        let mut events: Vec<_> = [45, 52, 60, 66, 72].map(|key| (seed * 5, on(key, 0.8))).to_vec();
        let sets = [
            (Param::Filter, filter),
            (Param::FilterEnv, 40.0),
            (Param::FilterKey, 50.0),
            (Param::Resonance, 60.0),
            (Param::Decay, 0.4),
            (Param::Sustain, 30.0),
            (Param::Release, 0.5),
            (Param::Loop, 2.0),
            (Param::ModWheel, seed as f64),
        ];
        events.extend(sets.map(|(param, value)| (0, set(param, value))));
        for (step, at) in (0..frames).step_by(150 + 37 * seed).enumerate() {
            let value = moving(seed, step);
            let part = (value + 1.0) / 2.0;
            events.push((at, set(if step % 2 == 0 { Param::X } else { Param::Y }, part)));
            // Some of it rests in each second quarter.
            let kind = if (at / 10_000) % 2 == 0 { step % 7 } else { step % 2 };
            events.push((
                at,
                match kind {
                    0 => EventKind::PitchBend { channel: 0, value: value as f32 },
                    1 => EventKind::ControlChange { channel: 0, controller: 10, value: part as f32 },
                    2 => EventKind::ControlChange { channel: 0, controller: 7, value: part as f32 },
                    3 => EventKind::ControlChange { channel: 0, controller: 1, value: part as f32 },
                    4 => set(Param::Width, part * 200.0),
                    5 => set(Param::Cutoff, Param::Cutoff.denormalise(part)),
                    _ => set(Param::Resonance, part * 100.0),
                },
            ));
        }
        events.push((20_000, set(Param::Filter, 0.0)));
        events.push((25_000, set(Param::Filter, filter)));
        for key in [45, 52, 60] {
            let to = NoteAddress { id: None, channel: None, key: Some(key) };
            events.push((30_000 + usize::from(key), EventKind::NoteOff { to }));
        }
        events.sort_by_key(|e| e.0);
        let stage =
            same_bits(&pack, frames, &events, &[&[7], &[128], &[16], &[32], &[40, 8], &[1000], &[441], &[4096]]);
        let heard = stage.left.iter().filter(|v| v.abs() > 1e-4).count();
        assert!(heard > frames / 3, "filter {filter}: it is no silence: {heard}");
    }
}

/// Where fewer than four sounds are mixed: on edges and in corners of the pad, in packs of one line, and
/// where cells stand twice.
#[test]
fn edges_and_single_lines_give_the_same_bits_too() {
    let frames = 20_000;
    for (n, (columns, rows, repeats)) in
        [(3, 1, 1), (1, 3, 1), (1, 1, 1), (3, 3, 1), (2, 2, 4), (4, 3, 2)].into_iter().enumerate()
    {
        let notes = [45u8, 72].map(|root| {
            let cell =
                |c: usize| cell_i16(9000, move |i| [noise(c + usize::from(root), i) * 0.3, noise(c + 50, i) * 0.3]);
            let sounds: Vec<_> = (0..columns * rows).step_by(repeats).map(cell).collect();
            let cells = (0..columns * rows).map(|c| sounds[c / repeats].clone()).collect();
            let loop_frames = Some(LoopFrames { start: 1000, end: 5000 + usize::from(root) });
            PlayNote { keys: (root - 9, root + 17), loop_frames, coherent: root == 45, ..note(root, cells) }
        });
        let mut events: Vec<_> = [45, 52, 60, 72].map(|key| (3, on(key, 0.8))).to_vec();
        events.extend((0..frames).step_by(230).flat_map(|at| {
            // It rests in corners, runs along edges, and crosses the middle.
            [Param::X, Param::Y].map(|param| {
                let value = 1.6 * noise(n + 7 * param as usize, at / 3);
                (at, set(param, (0.5 + value).clamp(0.0, 1.0)))
            })
        }));
        // It glides there, or jumps.
        events.push((0, set(Param::GlideXy, if n % 2 == 0 { 3.0 } else { 0.0 })));
        events.sort_by_key(|e| e.0);
        let pack = pack(columns, rows, notes.to_vec());
        let stage =
            same_bits(&pack, frames, &events, &[&[7], &[128], &[16], &[32], &[40, 8], &[1000], &[441], &[4096]]);
        let heard = stage.left.iter().filter(|v| v.abs() > 1e-4).count();
        assert!(heard > frames / 2, "{columns} x {rows}: it is no silence: {heard}");
    }
}

/// Far below its root a note reads less than a frame in some ticks: nothing is mixed in them.
#[test]
fn very_low_playing_gives_the_same_bits_too() {
    let frames = 20_000;
    let cells = (0..4).map(|c| cell_i16(9000, move |i| [noise(c, i) * 0.3, noise(c + 50, i) * 0.3])).collect();
    let looped = Some(LoopFrames { start: 0, end: 9000 });
    let pack = pack(2, 2, vec![PlayNote { keys: (0, 127), loop_frames: looped, ..note(96, cells) }]);
    let mut events: Vec<_> = [36, 50, 61, 75, 83, 84].map(|key| (0, on(key, 0.8))).to_vec();
    events.extend((0..frames).step_by(50).map(|at| {
        let param = if at % 100 == 0 { Param::X } else { Param::Y };
        (at, set(param, 0.5 + 0.4 * noise(1, at)))
    }));
    let stage = same_bits(&pack, frames, &events, &[&[7], &[128], &[16], &[32], &[40, 8], &[1000]]);
    let heard = stage.left.iter().filter(|v| v.abs() > 1e-4).count();
    assert!(heard > frames / 2, "it is no silence: {heard}");
}

#[test]
fn after_a_reset_the_same_events_make_the_same_bits() {
    let pack = grid();
    let mut stage = Stage::new(&pack);
    let events: Vec<_> =
        stream(7, 8000).into_iter().filter(|(_, kind)| !matches!(kind, EventKind::Param { .. })).collect();
    stage.play(8000, &events);
    stage.engine.reset();
    stage.play(8000, &events);
    let (first, again) = stage.left.split_at(8000);
    assert_eq!(first, again);
}
