//! The same clip sounds the same on every path of the inner loops and in blocks of every size: notes,
//! bends, pedals, curves of the point, filter, pitch shifts up and down, all qualities.

use betwixt_engine::event::EventKind;
use betwixt_engine::kernel::Simd;
use betwixt_engine::params::Param;
use betwixt_engine::resident::{LoopFrames, PlayNote, PlayPack};

use crate::stage::{Stage, cell_f32, cell_i16, key, noise, note, off, on, pack, set};

const FRAMES: usize = 120_000;
/// Largest difference of two samples, where full scale is 1.
const MOST: f32 = 1e-6;

/// 3 × 3 cells, 16 bit and float, looped and not.
fn grid() -> std::sync::Arc<PlayPack> {
    let tone = |root: u8, cell: usize, i: usize| {
        let period = 40_000.0 / (f64::from(root) - 20.0);
        let phase = std::f64::consts::TAU * i as f64 / period;
        let harmonics = (1..=6).map(|h| (phase * h as f64 + cell as f64).sin() / h as f64 / (1.0 + cell as f64 / 4.0));
        0.2 * harmonics.sum::<f64>() + 0.01 * noise(cell + usize::from(root), i)
    };
    let notes = [45u8, 60, 72].map(|root| {
        let cells = (0..9).map(|c| {
            let formula = move |i| [tone(root, c, i), tone(root, c + 3, i)];
            if c % 2 == 0 { cell_i16(30_000, formula) } else { cell_f32(30_000, formula) }
        });
        let loop_frames = (root != 60).then_some(LoopFrames { start: 9_000, end: 25_000 + usize::from(root) });
        PlayNote { keys: (root - 8, root + 7), loop_frames, coherent: root != 72, ..note(root, cells.collect()) }
    });
    pack(3, 3, notes.to_vec())
}

/// What is played: chords that come and go while the point runs along curves, with bends and a filter
/// that opens and closes.
fn clip() -> Vec<(usize, EventKind)> {
    let mut events = vec![
        (0, set(Param::Filter, 1.0)),
        (0, set(Param::Resonance, 40.0)),
        (0, set(Param::Attack, 0.004)),
        (0, set(Param::Release, 0.1)),
        (40_000, set(Param::Quality, 2.0)),
        (60_000, set(Param::Filter, 0.0)),
        (80_000, set(Param::Quality, 0.0)),
        (90_000, set(Param::Filter, 3.0)),
    ];
    for at in 0..30 {
        let (from, key) = (at * 3_701, 36 + (at * 17 % 50) as u8);
        events.push((from, on(key, 0.3 + 0.7 * (at % 5) as f32 / 4.0)));
        events.push((from + 9_000 + at * 131, off(key)));
    }
    for at in (0..FRAMES).step_by(160) {
        let turn = at as f64 / 48_000.0 * std::f64::consts::TAU;
        events.push((at, set(Param::X, 0.5 + 0.45 * (turn * 1.3).cos())));
        events.push((at + 7, set(Param::Y, 0.5 + 0.45 * (turn * 0.7).sin())));
        events.push((at + 31, set(Param::Cutoff, 2_000.0 + 1_800.0 * (turn * 2.1).sin())));
        events.push((at + 50, EventKind::PitchBend { channel: 0, value: (turn * 0.9).sin() as f32 }));
    }
    // A point at audio rate for a while.
    for at in (50_000..56_000).step_by(5) {
        events.push((at, EventKind::ParamMod { param: Param::X, offset: 0.2 * (at as f32 * 0.05).sin() }));
    }
    events.push((100_000, EventKind::Choke { to: betwixt_engine::event::NoteAddress::default() }));
    events.push((100_100, EventKind::NoteOn { note: key(64), velocity: 1.0 }));
    events.sort_by_key(|e| e.0);
    events
}

#[test]
fn all_paths_and_all_block_sizes_sound_the_same() {
    let (pack, clip) = (grid(), clip());
    let play = |simd: Simd, blocks: &[usize]| {
        let mut stage = Stage::new(&pack).in_blocks(blocks);
        stage.engine.set_simd(simd);
        stage.play(FRAMES, &clip);
        [stage.left, stage.right].concat()
    };
    let want = play(Simd::SCALAR, &[128]);
    let peak = want.iter().fold(0f32, |a, v| a.max(v.abs()));
    let heard = want.iter().filter(|v| v.abs() > 1e-3).count();
    assert!(peak > 0.2 && peak < 4.0 && heard > want.len() / 2, "no lively clip: peak {peak}, {heard} samples heard");
    for simd in Simd::available() {
        for blocks in [&[128][..], &[1], &[16], &[1_000], &[4096], &[31, 480, 7]] {
            let got = play(simd, blocks);
            let worst = want.iter().zip(&got).map(|(a, b)| (a - b).abs()).fold(0f32, f32::max);
            println!("{} in blocks of {blocks:?}: {worst:e}", simd.name());
            assert!(worst <= MOST, "{} in blocks of {blocks:?} differs by {worst:e}", simd.name());
        }
    }
}
