//! Measuring a loop's seam: is there a click where the end meets the start?

use betwixt_engine::resident::LoopFrames;

use crate::lpc::residual;

/// Order of the linear prediction.
const ORDER: usize = 24;
/// Frames round the seam that may hold a click, each side.
const NEAR_SECONDS: f64 = 0.003;

/// How far the loudest unpredictable moment within 3 ms of the seam stands above what is usual (the
/// 99.9 % point of the LPC residual elsewhere in the loop), in dB, for the worse channel. 0 or less
/// is inaudible as a click; a raw cut has 20 to 40.
pub fn click_db(sound: &[[f32; 2]], points: LoopFrames, rate_hz: f64) -> f64 {
    let span = points.end - points.start;
    let near = (NEAR_SECONDS * rate_hz) as usize;
    let mut worst = f64::NEG_INFINITY;
    for channel in 0..2 {
        let once: Vec<f64> = sound[points.start..points.end].iter().map(|f| f64::from(f[channel])).collect();
        let unrolled: Vec<f64> = (0..3 * span).map(|n| once[n % span]).collect();
        let residual = residual::<ORDER>(&unrolled);
        let peak = |range: std::ops::Range<usize>| residual[range].iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let at_seam = peak(2 * span - near.min(span / 4)..2 * span + near.min(span / 4));
        let mut elsewhere: Vec<f64> =
            residual[span + near.min(span / 4)..2 * span - near.min(span / 4)].iter().map(|v| v.abs()).collect();
        elsewhere.sort_by(f64::total_cmp);
        let usual = elsewhere[elsewhere.len() * 999 / 1000];
        // Under the noise of 16 bits nothing clicks.
        if at_seam > 1e-5 {
            worst = worst.max(20.0 * (at_seam / usual.max(1e-9)).log10());
        }
    }
    worst
}
