//! A point that moves every few frames, for all notes and for some, makes the same bits in blocks of every
//! size: also where a span of many ticks follows it, and where no block is as long as a tick.

use betwixt_engine::event::{EventKind, NoteAddress, NoteRef};
use betwixt_engine::params::Param;

use crate::blocks::{grid, same_bits};
use crate::stage::{noise, set};

const FRAMES: usize = 12_000;
/// Frames between two moves of the point.
const EVERY: usize = 4;

fn start(id: i32) -> EventKind {
    let key = 45 + 5 * id as u8;
    EventKind::NoteOn { note: NoteRef { id, channel: (id % 3) as u8, key }, velocity: 0.8 }
}

/// Notes that begin at odd frames while X and Y move at audio rate: the parameters, their modulation, and
/// that of single notes, with wheels and bends of some channels in between.
fn events(seed: usize) -> Vec<(usize, EventKind)> {
    let mut events: Vec<_> = (0..6).map(|id| (id * 1_237, start(id as i32))).collect();
    for (n, at) in (0..FRAMES).step_by(EVERY).enumerate() {
        let value = noise(seed, n) as f32;
        let param = if n % 2 == 0 { Param::X } else { Param::Y };
        events.push(match n % 3 {
            0 => (at, set(param, 0.5 + 0.5 * f64::from(value))),
            _ => (at, EventKind::ParamMod { param, offset: 0.3 * value }),
        });
        let id = (noise(seed + 1, n) * 3.0 + 3.0) as i32;
        let to = match n % 5 {
            0 => NoteAddress { key: Some(45 + 5 * id as u8), ..NoteAddress::default() },
            1 => NoteAddress { channel: Some((id % 3) as u8), ..NoteAddress::default() },
            _ => NoteAddress { id: Some(id), ..NoteAddress::default() },
        };
        // It rests for a while, and comes back.
        if at / 2_000 % 2 == 0 {
            events.push((at + 1, EventKind::NoteMod { to, param, offset: 0.4 * value }));
        }
        let channel = (n % 2) as u8;
        match n % 97 {
            0 => events.push((at + 2, EventKind::PitchBend { channel, value })),
            30 => events.push((at + 2, EventKind::ControlChange { channel, controller: 1, value: value.abs() })),
            60 => events.push((at + 3, EventKind::ControlChange { channel, controller: 10, value: value.abs() })),
            _ => {}
        }
    }
    events.sort_by_key(|event| event.0);
    events
}

#[test]
fn a_point_at_audio_rate_gives_the_same_bits() {
    let pack = grid();
    // Following with and without a glide, latched with and without, and with the wheel on X.
    let cases = [(0.0, 0.0, 0.0), (20.0, 0.0, 1.0), (0.0, 1.0, 0.0), (20.0, 1.0, 1.0), (300.0, 0.0, 2.0)];
    for (seed, (glide_ms, mode, wheel)) in cases.into_iter().enumerate() {
        let sets = [
            (Param::GlideXy, glide_ms),
            (Param::XyMode, mode),
            (Param::ModWheel, wheel),
            (Param::Loop, 2.0),
            (Param::Release, 0.2),
        ];
        let mut all: Vec<_> = sets.map(|(param, value)| (0, set(param, value))).to_vec();
        all.extend(events(10 * seed));
        let stage =
            same_bits(&pack, FRAMES, &all, &[&[7], &[1], &[16], &[32], &[40, 8], &[128], &[100, 3], &[441], &[4096]]);
        let heard = stage.left.iter().filter(|v| v.abs() > 1e-4).count();
        assert!(heard > FRAMES / 2, "it is no silence: {heard}");
    }
}

/// A note that has long been still, moved from the second tick of a short block on.
#[test]
fn a_single_note_moves_in_the_middle_of_a_short_block() {
    let to = NoteAddress { id: Some(2), ..NoteAddress::default() };
    let moves = (3_204..9_000).step_by(640);
    let moved = moves.map(|at| (at, EventKind::NoteMod { to, param: Param::X, offset: 0.4 * noise(at, 1) as f32 }));
    let mut events = vec![(0, set(Param::GlideXy, 0.0)), (0, set(Param::X, 0.3)), (0, start(2))];
    events.extend(moved);
    same_bits(&grid(), 9_000, &events, &[&[7], &[32], &[16], &[128]]);
}
