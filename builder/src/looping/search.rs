//! Looking for the loop that suits all sources of a note.
//!
//! For some places of the start, the sound just before it (as long as the cross-fade) is compared
//! with the sound one loop later, for every length of the loop, by normalised correlation through
//! FFTs. A source with an exact cycle wants multiples of it; short of that it is compared as well.

use betwixt_engine::resident::LoopFrames;
use realfft::RealFftPlanner;
use realfft::num_complex::Complex;

use super::fade;
use crate::prepare::Cycle;

/// Places of the start that are tried.
const STARTS: usize = 9;
/// The longest loop; longer ones only make packs bigger.
const LONGEST_SECONDS: f64 = 3.0;
/// What an octave of loop length is worth, in likeness: short loops are heard as loops.
const LONGER: f64 = 0.03;
/// What a seam without any cross-fade is worth, for each source.
const EXACT: f64 = 0.02;

/// A source as the search sees it.
pub(super) struct Candidate<'a> {
    pub(super) sound: &'a [[f32; 2]],
    pub(super) cycle: Option<Cycle>,
}

/// The best loop between `from` and `to`, at least `shortest` long.
pub(super) fn best(
    candidates: &[Candidate],
    from: usize,
    to: usize,
    shortest: usize,
    rate_hz: f64,
) -> Option<LoopFrames> {
    let longest = ((LONGEST_SECONDS * rate_hz) as usize).min(to - from);
    let mut found: Option<(f64, LoopFrames)> = None;
    for i in 0..STARTS {
        let start = from + (to - from - shortest) * i / STARTS;
        let room = longest.min(to - start);
        let fade = fade::length(LoopFrames { start, end: start + room }, rate_hz).max(16).min(start);
        let likenesses: Vec<Vec<f64>> =
            candidates.iter().map(|c| likeness(c.sound, start, fade, shortest..room + 1)).collect();
        for length in shortest..=room {
            let mut sum = 0.0;
            let mut worst = 1.0f64;
            for (candidate, likeness) in candidates.iter().zip(&likenesses) {
                let exact = candidate.cycle.is_some_and(|c| c.divides(length));
                let value = if exact { 1.0 } else { likeness[length - shortest] };
                sum += value + if exact { EXACT } else { 0.0 };
                worst = worst.min(value);
            }
            let octaves = (length as f64 / shortest as f64).log2();
            let score = 0.5 * sum / candidates.len() as f64 + 0.5 * worst + LONGER * octaves;
            if found.is_none_or(|(best, _)| score > best + 1e-9) {
                found = Some((score, LoopFrames { start, end: start + length }));
            }
        }
    }
    found.map(|(_, points)| points)
}

/// For each length of the loop, how much the `fade` frames before `start` resemble those one loop
/// later, −1…1.
fn likeness(sound: &[[f32; 2]], start: usize, fade: usize, lengths: std::ops::Range<usize>) -> Vec<f64> {
    let begin = start - fade;
    // The frame after the last one compared; what lies past the sound is silence.
    let end = start + lengths.end - 1;
    let size = (end - begin + fade).next_power_of_two();
    let mut planner = RealFftPlanner::<f64>::new();
    let (forward, inverse) = (planner.plan_fft_forward(size), planner.plan_fft_inverse(size));
    let at = |n: usize| sound.get(n).copied().unwrap_or([0.0; 2]);
    let mut product = vec![Complex::new(0.0, 0.0); size / 2 + 1];
    for channel in 0..2 {
        let transform = |range: std::ops::Range<usize>| {
            let mut input = forward.make_input_vec();
            for (value, n) in input.iter_mut().zip(range) {
                *value = f64::from(at(n)[channel]);
            }
            let mut spectrum = forward.make_output_vec();
            forward.process(&mut input, &mut spectrum).expect("the buffers are the plan's own");
            spectrum
        };
        let (template, later) = (transform(begin..start), transform(begin..end));
        for (sum, (a, b)) in product.iter_mut().zip(template.iter().zip(&later)) {
            *sum += a.conj() * b;
        }
    }
    // Rounding can leave these two with a trace of an imaginary part, which the inverse refuses.
    product[0].im = 0.0;
    product[size / 2].im = 0.0;
    let mut correlation = inverse.make_output_vec();
    inverse.process(&mut product, &mut correlation).expect("the buffers are the plan's own");

    let power = |n: usize| at(n).iter().map(|s| f64::from(*s).powi(2)).sum::<f64>();
    let own: f64 = (begin..start).map(power).sum();
    let mut other: f64 = (begin + lengths.start..start + lengths.start).map(power).sum();
    let mut out = Vec::with_capacity(lengths.len());
    for length in lengths {
        let energy = own * other.max(0.0);
        out.push(if energy > 1e-24 { correlation[length] / size as f64 / energy.sqrt() } else { 1.0 });
        other += power(start + length) - power(begin + length);
    }
    out
}
