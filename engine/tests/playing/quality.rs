//! How clean the pitch is shifted: a tone is played as the peers' job has it, a sine is fitted, and
//! what is left is noise. (`betwixt-bench dump` gives the same to outside scripts.)

use betwixt_engine::params::Param;

use crate::measure::{bend, db, fit, rms};
use crate::stage::{RATE, Stage, cell_f32, cell_i16, on, set, sine, single};

const PEAK: f64 = 0.891_250_938; // -1 dBFS

/// SNR in dB, amplitude and rms of a tone shifted by `semitones`.
fn shifted(quality: f64, tone: f64, semitones: f64) -> (f64, f64, f64) {
    let pack = single(cell_f32(150_000, sine(tone, PEAK)), false);
    let whole = semitones.round();
    let mut stage = Stage::new(&pack).with(Param::Quality, quality).with(Param::Fine, (semitones - whole) * 100.0);
    stage.play(62_400, &[(0, on((60.0 + whole) as u8, 1.0))]);
    let part = &stage.left[24_000..];
    let (amplitude, rest) = fit(part, tone * (semitones / 12.0).exp2(), RATE);
    (db(amplitude / 2f64.sqrt() / rest), amplitude, rms(part))
}

#[test]
fn shifted_tones_are_as_clean_as_each_quality_promises() {
    // Least SNR in dB up to 10 kHz up, 13 kHz down, 16 kHz near; greatest alias; droop at 10+, 13-, 16~.
    let names = ["eco", "normal", "best"];
    let floors = [(14.0, 20.0, 10.0, 1.0), (95.0, 95.0, 90.0, -80.0), (118.0, 118.0, 115.0, -110.0)];
    println!(
        "| quality | 1+ | 3+ | 6+ | 10+ | 13+ | 1- | 3- | 6- | 10- | 13- | 16- | 10~ | 16~ | alias | level 10+ | 13- | 16~ |"
    );
    for (quality, name) in names.into_iter().enumerate() {
        let (mut row, mut levels) = (String::new(), Vec::new());
        let mut least = [f64::MAX; 3];
        let cases: [(f64, &[f64], f64); 3] = [
            (7.35, &[1000.7, 3000.7, 6000.7, 10_000.7, 13_000.7], 10_001.0),
            (-5.2, &[1000.7, 3000.7, 6000.7, 10_000.7, 13_000.7, 16_000.7], 13_001.0),
            (0.35, &[10_000.7, 16_000.7], 16_001.0),
        ];
        for (case, (semitones, tones, band)) in cases.into_iter().enumerate() {
            let reference = shifted(quality as f64, 1000.7, semitones).1;
            for tone in tones {
                let (snr, amplitude, _) = shifted(quality as f64, *tone, semitones);
                row += &format!(" {snr:.0} |");
                if *tone < band {
                    least[case] = least[case].min(snr);
                }
                if [(0, 10_000.7), (1, 13_000.7), (2, 16_000.7)].contains(&(case, *tone)) {
                    levels.push(db(amplitude / reference));
                }
            }
        }
        let reference = shifted(quality as f64, 1000.7, 7.35).1;
        let alias = db(shifted(quality as f64, 17_000.7, 7.35).2 * 2f64.sqrt() / reference);
        println!("| {name} |{row} {alias:.0} | {:.1} | {:.1} | {:.1} |", levels[0], levels[1], levels[2]);
        let (up, down, near, most_alias) = floors[quality];
        assert!(least[0] >= up && least[1] >= down && least[2] >= near, "{name}: {least:?}");
        assert!(alias <= most_alias, "{name}: alias {alias}");
        assert!(quality == 0 || levels.iter().all(|l| *l > -2.0), "{name} is dull: {levels:?}");
    }
}

#[test]
fn changing_the_quality_in_a_note_does_not_click() {
    let pack = single(cell_i16(96_000, sine(300.0, 0.5)), true);
    let mut stage = Stage::new(&pack);
    let events: Vec<_> = (0..9).map(|i| (3000 + 2000 * i, set(Param::Quality, (i % 3) as f64))).collect();
    stage.play(24_000, &[&[(0, on(63, 1.0))][..], &events].concat());
    let still = 0.5 * (std::f64::consts::TAU * 357.0 / 48_000.0).powi(2);
    assert!(bend(&stage.left[50..]) < 1.2 * still, "{} against {still}", bend(&stage.left[50..]));
}

#[test]
fn a_pitch_that_passes_all_bands_does_not_click() {
    let pack = single(cell_i16(960_000, sine(300.0, 0.5)), true);
    let mut stage = Stage::new(&pack).with(Param::Mode, 2.0).with(Param::Glide, 1.0);
    stage.play(60_000, &[(0, on(48, 1.0)), (4000, on(84, 1.0))]);
    let still = 0.5 * (std::f64::consts::TAU * 1200.0 / 48_000.0).powi(2);
    assert!(bend(&stage.left[50..]) < 1.1 * still, "{} against {still}", bend(&stage.left[50..]));
}
