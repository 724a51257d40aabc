//! At defaults a note at its root is its sample, bit for bit.

use std::sync::Arc;
use std::time::Instant;

use betwixt_engine::params::Param;
use betwixt_engine::resident::{CellAudio, Frames, LoopFrames, PlayNote, Reader};

use crate::stage::{Stage, cell_f32, cell_i16, noise, note, off, on, pack, set, single};

#[test]
fn a_note_at_its_root_is_its_sample_bit_for_bit() {
    let formula = |i: usize| [noise(1, i), noise(2, i)];
    for cell in [cell_i16(20_000, formula), cell_f32(20_000, formula)] {
        for quality in 0..3 {
            let mut stage = Stage::new(&single(cell.clone(), false)).with(Param::Quality, f64::from(quality));
            stage.play(24_000, &[(0, on(60, 1.0))]);
            let want = match cell.read(&betwixt_engine::resident::Reader::new().enter(), 0..20_000).unwrap() {
                betwixt_engine::resident::Frames::I16(f) => {
                    f.iter().map(|f| f.map(|v| f32::from(v) / 32768.0)).collect::<Vec<_>>()
                }
                betwixt_engine::resident::Frames::F32(f) => f.to_vec(),
            };
            for (i, frame) in want.iter().enumerate() {
                assert_eq!([stage.left[i], stage.right[i]], *frame, "frame {i}");
            }
            assert!(stage.left[20_000..].iter().all(|v| *v == 0.0));
            assert_eq!(stage.engine.sounding(), 0, "the note has ended");
        }
    }
}

#[test]
fn a_note_begins_at_its_very_frame() {
    let pack = single(cell_f32(500, |i| [noise(1, i), noise(2, i)]), false);
    for frame in [0, 1, 7, 15, 16, 17, 127, 128, 1000] {
        let mut stage = Stage::new(&pack);
        stage.play(2000, &[(frame, on(60, 1.0))]);
        assert!(stage.left[..frame].iter().all(|v| *v == 0.0));
        for i in 0..500 {
            assert_eq!(stage.left[frame + i], noise(1, i) as f32, "begun at {frame}, frame {i}");
        }
    }
}

#[test]
fn each_corner_is_its_own_sound() {
    let cells = (0..9).map(|c| cell_i16(2000, move |i| [noise(c, i), noise(c + 20, i)])).collect();
    let pack = pack(3, 3, vec![note(60, cells)]);
    for (x, y, cell) in [(0.0, 0.0, 0), (1.0, 0.0, 2), (0.0, 1.0, 6), (1.0, 1.0, 8), (0.5, 0.5, 4)] {
        let mut stage = Stage::new(&pack);
        stage.play(2000, &[(0, set(Param::X, x)), (0, set(Param::Y, y)), (100, on(60, 1.0))]);
        for i in 0..1900 {
            let want = (noise(cell, i) * 32767.0).round() as f32 / 32768.0;
            assert_eq!(stage.left[100 + i], want, "{x} {y} frame {i}");
        }
    }
}

/// The first `frames` that a cell plays which loops `looped`, written down.
fn written_down(cell: &CellAudio, looped: LoopFrames, frames: usize) -> Arc<CellAudio> {
    let reading = Reader::new().enter();
    let Some(Frames::F32(data)) = cell.read(&reading, 0..cell.frames()) else { panic!("not there") };
    let len = looped.end - looped.start;
    let at = |i: usize| if i < looped.end { i } else { looped.start + (i - looped.start) % len };
    cell_f32(frames, |i| data[at(i)].map(f64::from))
}

#[test]
fn a_loop_of_a_few_frames_sounds_as_if_it_were_written_down() {
    for (start, end) in [(20, 21), (30, 37), (10, 73), (10, 90)] {
        let looped = LoopFrames { start, end };
        let cells: Vec<_> =
            (0..4).map(|seed| cell_f32(100, |i| [noise(seed, i), noise(seed + 4, i)].map(|v| 0.5 * v))).collect();
        let plain: Vec<_> = cells.iter().map(|cell| written_down(cell, looped, 60_000)).collect();
        let short = PlayNote { loop_frames: Some(looped), ..note(60, cells) };
        for key in [60, 47, 96] {
            let play = |note: PlayNote| {
                let mut stage = Stage::new(&pack(2, 2, vec![note])).with(Param::X, 0.3).with(Param::Y, 0.6);
                stage.play(6000, &[(0, on(key, 1.0)), (1000, set(Param::X, 0.9))]);
                stage.left
            };
            let (short, plain) = (play(short.clone()), play(note(60, plain.clone())));
            let most = short.iter().zip(&plain).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(most < 1e-5 && short[5000..].iter().any(|v| *v != 0.0), "{start}..{end} at {key}: {most}");
        }
    }
}

#[test]
fn a_loop_of_one_frame_does_not_cost_many_times_as_much_as_a_long_one() {
    let time = |looped: LoopFrames| {
        let cells = (0..4).map(|seed| cell_i16(5000, |i| [0.01 * noise(seed, i); 2])).collect();
        let note = PlayNote { loop_frames: Some(looped), ..note(60, cells) };
        let mut stage = Stage::new(&pack(2, 2, vec![note])).with(Param::X, 0.5).with(Param::Y, 0.5);
        let chord: Vec<_> = (0..32).map(|_| (0, on(96, 1.0))).collect();
        stage.play(6000, &chord);
        let once = |_| {
            let begun = Instant::now();
            stage.play(2400, &[]);
            begun.elapsed()
        };
        (0..10).map(once).min().unwrap()
    };
    let (short, long) = (time(LoopFrames { start: 4000, end: 4001 }), time(LoopFrames { start: 0, end: 5000 }));
    println!("{short:?} {long:?}");
    assert!(short < 8 * long, "{short:?} against {long:?}");
}

#[test]
fn sound_too_small_to_be_a_normal_number_is_silence() {
    let mut stage = Stage::new(&single(cell_f32(4800, |_| [1e-39; 2]), true));
    stage.play(2000, &[(0, on(60, 1.0))]);
    assert!(stage.left.iter().all(|v| *v == 0.0));
    assert!(f32::MIN_POSITIVE / std::hint::black_box(2.0) > 0.0, "the thread is the host's");
}

#[test]
fn the_meter_recovers_from_what_no_number_holds() {
    let mut stage = Stage::new(&single(cell_f32(4800, |_| [3e38; 2]), true)).with(Param::Gain, 12.0);
    stage.play(2000, &[(0, on(60, 1.0)), (10, on(60, 1.0)), (1000, off(60))]);
    assert!(stage.left.iter().any(|v| v.is_infinite()), "{:?}", &stage.left[..40]);
    stage.play(48_000, &[]);
    assert!(stage.left[40_000..].iter().all(|v| *v == 0.0));
    let peak = |stage: &mut Stage| stage.handle.telemetry().peak_left;
    assert!(peak(&mut stage).is_finite());
}
