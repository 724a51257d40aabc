//! Every path computes what the plain one does.

mod response;

use super::positions::Motion;
use super::*;
use crate::resident::Frames;

fn noise(seed: u32) -> impl Iterator<Item = f32> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    })
}

#[test]
fn every_path_interpolates_alike() {
    let tables = Tables::shared();
    let left: Vec<f32> = noise(1).take(2048).collect();
    let right: Vec<f32> = noise(2).take(2048).collect();
    let mut lengths = std::collections::BTreeSet::new();
    for quality in [Quality::Eco, Quality::Normal, Quality::Best] {
        for semitones in [-30.0, -2.65, 0.0, 0.35, 1.9, 3.4, 7.35, 13.0, 40.0, 72.0] {
            let step = ((semitones / 12.0_f64).exp2() * 4_294_967_296.0) as u64;
            let table = tables.get(tables.choose(quality, step));
            lengths.insert(table.taps());
            for from in [0, 3] {
                let motion = Motion { position: 40 << 32 | 0x1234_5678, step, bend: step as i64 / -1000, from };
                let mut plain = TickFrames::SILENCE;
                interpolate(Simd::SCALAR, table, (&left, &right), &[motion], std::slice::from_mut(&mut plain));
                for simd in Simd::available() {
                    let mut got = TickFrames::SILENCE;
                    interpolate(simd, table, (&left, &right), &[motion], std::slice::from_mut(&mut got));
                    for i in 0..TICK_FRAMES {
                        assert!((got.left[i] - plain.left[i]).abs() < 2e-6, "{} {semitones} {i}", simd.name());
                        assert!((got.right[i] - plain.right[i]).abs() < 2e-6, "{} {semitones} {i}", simd.name());
                    }
                }
            }
        }
    }
    assert_eq!(Vec::from_iter(lengths), [8, 16, 24, 32, 40, 48], "lengths that were compared");
}

#[test]
fn every_path_mixes_alike_whatever_the_storages() {
    let ints: Vec<Vec<[i16; 2]>> = (0..8)
        .map(|k| {
            noise(k).zip(noise(k + 50)).take(200).map(|(l, r)| [(l * 32767.0) as i16, (r * 32767.0) as i16]).collect()
        })
        .collect();
    let floats: Vec<Vec<[f32; 2]>> =
        (0..8).map(|k| noise(k + 9).zip(noise(k + 70)).take(200).map(|(l, r)| [l, r]).collect()).collect();
    for frames in [1, 7, 8, 16, 19, 130] {
        for (i16s, f32s) in [(0, 0), (1, 0), (0, 1), (2, 2), (3, 1), (4, 0), (0, 4), (4, 4), (5, 0), (0, 7), (8, 0)] {
            let layers: Vec<Layer<'_>> = (0..i16s)
                .map(|k| Frames::I16(&ints[k][k..k + frames]))
                .chain((0..f32s).map(|k| Frames::F32(&floats[k][k..k + frames])))
                .enumerate()
                .map(|(k, frames)| Layer { frames, weight: 0.1 + 0.1 * k as f32, slope: 1e-3 * (k as f32 - 2.0) })
                .collect();
            let mut want = [vec![9.0; frames], vec![9.0; frames]];
            for i in 0..frames {
                let mut sum = [0f64; 2];
                for l in &layers {
                    let w = f64::from(l.weight) + f64::from(l.slope) * i as f64;
                    let frame = match l.frames {
                        Frames::I16(f) => f[i].map(|v| f64::from(v) / 32768.0),
                        Frames::F32(f) => f[i].map(f64::from),
                    };
                    sum[0] += w * frame[0];
                    sum[1] += w * frame[1];
                }
                (want[0][i], want[1][i]) = (sum[0] as f32, sum[1] as f32);
            }
            for simd in Simd::available() {
                let (mut left, mut right) = (vec![5.0; frames], vec![5.0; frames]);
                mix(simd, &mut left, &mut right, &layers);
                for i in 0..frames {
                    assert!((left[i] - want[0][i]).abs() < 2e-6, "{} {i16s}+{f32s} of {frames}: {i}", simd.name());
                    assert!((right[i] - want[1][i]).abs() < 2e-6, "{} {i16s}+{f32s} of {frames}: {i}", simd.name());
                }
            }
        }
    }
}

#[test]
fn a_constant_keeps_its_level_at_every_ratio_and_phase() {
    let tables = Tables::shared();
    let ones = vec![1.0f32; 2048];
    for (quality, most) in [(Quality::Eco, 1e-3), (Quality::Normal, 5e-5), (Quality::Best, 2e-6)] {
        for semitones in [-24.0, 0.4, 1.0, 3.0, 7.0, 12.0, 24.0, 60.0] {
            let step = ((semitones / 12.0_f64).exp2() * 4_294_967_296.0) as u64;
            let table = tables.get(tables.choose(quality, step));
            let motion = Motion { position: 100 << 32 | 99, step, bend: 0, from: 0 };
            let mut out = TickFrames::SILENCE;
            interpolate(Simd::detect(), table, (&ones, &ones), &[motion], std::slice::from_mut(&mut out));
            for value in out.left.iter().chain(&out.right) {
                assert!((value - 1.0).abs() < most, "{quality:?} {semitones}: {value}");
            }
        }
    }
}
