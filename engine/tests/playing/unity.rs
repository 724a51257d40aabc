//! At defaults a note at its root is its sample, bit for bit.

use betwixt_engine::params::Param;

use crate::stage::{Stage, cell_f32, cell_i16, noise, note, on, pack, set, single};

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
