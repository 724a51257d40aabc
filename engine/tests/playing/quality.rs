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

/// What a quality promises: least SNR and least level, greatest alias, in dB.
struct Bar {
    name: &'static str,
    /// Least SNR of tones up to 10 kHz, shifted up, down, and near the root.
    snr: [f64; 3],
    /// Least SNR of the tones above.
    snr_high: [f64; 3],
    /// Of 10 kHz up, 13 kHz down, 16 kHz near the root, relative to 1 kHz.
    levels: [f64; 3],
    alias: f64,
}

const BARS: [Bar; 3] = [
    Bar { name: "eco", snr: [60.0; 3], snr_high: [60.0, 35.0, 35.0], levels: [-2.0, -0.5, -1.5], alias: -30.0 },
    Bar { name: "normal", snr: [95.0; 3], snr_high: [95.0; 3], levels: [-0.5, -0.1, -1.5], alias: -80.0 },
    Bar { name: "best", snr: [118.0; 3], snr_high: [118.0; 3], levels: [-0.5, -0.1, -0.5], alias: -110.0 },
];

/// Semitones, their sign in the table, the tones in kHz, and the one whose level is asked for.
type Shift = (f64, char, &'static [f64], f64);

const SHIFTS: [Shift; 3] = [
    (7.35, '+', &[1.0, 3.0, 6.0, 10.0, 13.0], 10.0),
    (-5.2, '-', &[1.0, 3.0, 6.0, 10.0, 13.0, 16.0], 13.0),
    (0.35, '~', &[1.0, 3.0, 6.0, 10.0, 13.0, 16.0], 16.0),
];

#[test]
fn shifted_tones_are_as_clean_and_as_bright_as_each_quality_promises() {
    let columns = |f: &dyn Fn(&Shift) -> String| SHIFTS.iter().map(f).collect::<Vec<_>>().join(" | ");
    let tones = |shift: &Shift| shift.2.iter().map(|k| format!("{k}{}", shift.1)).collect::<Vec<_>>().join(" | ");
    let level_names = columns(&|shift| format!("{}{}", shift.3, shift.1));
    println!("SNR in dB by kHz of the source (+ up 7.35 semitones, - down 5.2, ~ up 0.35), alias of 17 kHz up, levels");
    println!("| quality | {} | alias | level {level_names} |", columns(&tones));
    let mut missed = Vec::new();
    for (quality, bar) in BARS.iter().enumerate() {
        let (mut row, mut levels) = (String::new(), String::new());
        let mut must = |met: bool, what: String| {
            if !met {
                missed.push(format!("{}: {what}", bar.name));
            }
        };
        for (case, (semitones, sign, tones, level_of)) in SHIFTS.into_iter().enumerate() {
            let unit = shifted(quality as f64, 1000.7, semitones).1;
            for &tone in tones {
                let (snr, amplitude, _) = shifted(quality as f64, tone * 1000.0 + 0.7, semitones);
                row += &format!(" {snr:.0} |");
                let least = if tone > 10.0 { bar.snr_high[case] } else { bar.snr[case] };
                must(snr >= least, format!("SNR of {tone}{sign} is {snr:.1} dB, not {least}"));
                if tone == level_of {
                    let level = db(amplitude / unit);
                    levels += &format!(" {level:.2} |");
                    let least = bar.levels[case];
                    must(level >= least, format!("level of {tone}{sign} is {level:.2} dB, not {least}"));
                }
            }
        }
        let unit = shifted(quality as f64, 1000.7, 7.35).1;
        let alias = db(shifted(quality as f64, 17_000.7, 7.35).2 * 2f64.sqrt() / unit);
        must(alias <= bar.alias, format!("alias is {alias:.1} dB, not {}", bar.alias));
        println!("| {} |{row} {alias:.0} |{levels}", bar.name);
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn changing_the_quality_in_a_note_does_not_click() {
    let pack = single(cell_i16(96_000, sine(300.0, 0.5)), true);
    let mut stage = Stage::new(&pack);
    let events: Vec<_> = (0..9).map(|i| (3000 + 2000 * i, set(Param::Quality, (i % 3) as f64))).collect();
    stage.play(24_000, &[&[(0, on(63, 1.0))][..], &events].concat());
    // Eco's images are of this size too, so each quality is asked how much it bends by itself.
    let still = [0.0, 1.0, 2.0].map(|quality| {
        let mut still = Stage::new(&pack).with(Param::Quality, quality);
        bend(&still.play(24_000, &[(0, on(63, 1.0))]).left[50..])
    });
    let most = 1.05 * still.into_iter().fold(0.0, f64::max);
    assert!(bend(&stage.left[50..]) < most, "{} against {still:?}", bend(&stage.left[50..]));
}

#[test]
fn changing_the_quality_in_a_note_fades_to_the_other_level() {
    // 11 semitones up the qualities differ by 2 dB at 12 kHz. Four frames of 12 kHz add up to
    // nothing, unless its level changes between them.
    let tone = 12_000.0 / (11.0_f64 / 12.0).exp2();
    let pack = single(cell_f32(120_000, sine(tone, 0.5)), false);
    let mut stage = Stage::new(&pack);
    let events: Vec<_> = (0..9).map(|i| (3000 + 2000 * i, set(Param::Quality, (i % 3) as f64))).collect();
    stage.play(24_000, &[&[(0, on(71, 1.0))][..], &events].concat());
    let most = stage.left[50..].windows(4).fold(0.0, |a: f32, four| a.max(four.iter().sum::<f32>().abs()));
    let levels = [4000, 6000].map(|from| rms(&stage.left[from..from + 960]));
    assert!(levels[1] > 1.15 * levels[0], "eco and normal are alike: {levels:?}");
    assert!(most < 0.03, "{most}");
}

#[test]
fn a_pitch_that_passes_all_bands_does_not_click() {
    let pack = single(cell_i16(960_000, sine(300.0, 0.5)), true);
    let mut stage = Stage::new(&pack).with(Param::Mode, 2.0).with(Param::Glide, 1.0);
    stage.play(60_000, &[(0, on(48, 1.0)), (4000, on(84, 1.0))]);
    let still = 0.5 * (std::f64::consts::TAU * 1200.0 / 48_000.0).powi(2);
    assert!(bend(&stage.left[50..]) < 1.1 * still, "{} against {still}", bend(&stage.left[50..]));
}
