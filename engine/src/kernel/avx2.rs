//! AVX2 and FMA: eight frames of a mix at once, eight taps of a kernel at once.

use std::arch::x86_64::*;

use super::TickFrames;
use super::mixing::Group;
use super::positions::{Motion, Positions};
use super::scalar;
use super::table::Table;
use crate::limits::TICK_FRAMES;

/// See [`super::mix`].
///
/// # Safety
/// The processor has AVX2 and FMA; from `from` on every source of the group has as many frames as
/// `left` and `right`.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn mix_i16(left: &mut [f32], right: &mut [f32], group: &Group<'_, i16>) {
    // SAFETY: passed on.
    let done = unsafe {
        match group.count {
            1 => mix_i16_of::<1>(left, right, group),
            2 => mix_i16_of::<2>(left, right, group),
            3 => mix_i16_of::<3>(left, right, group),
            _ => mix_i16_of::<4>(left, right, group),
        }
    };
    if done < left.len() {
        scalar::mix(left, right, group, done, f32::from);
    }
}

/// Weights of eight frames, and their change to the next eight; `lanes` says which frame is where.
#[target_feature(enable = "avx2,fma")]
fn ramps<T, const K: usize>(group: &Group<'_, T>, lanes: __m256, scale: f32) -> ([__m256; K], [__m256; K]) {
    let mut weights = [_mm256_setzero_ps(); K];
    let mut steps = weights;
    for k in 0..K {
        weights[k] =
            _mm256_fmadd_ps(lanes, _mm256_set1_ps(scale * group.slopes[k]), _mm256_set1_ps(scale * group.weights[k]));
        steps[k] = _mm256_set1_ps(8.0 * scale * group.slopes[k]);
    }
    (weights, steps)
}

#[target_feature(enable = "avx2,fma")]
unsafe fn mix_i16_of<const K: usize>(left: &mut [f32], right: &mut [f32], group: &Group<'_, i16>) -> usize {
    let lanes = _mm256_setr_ps(0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0);
    let (mut weights, steps) = ramps::<_, K>(group, lanes, 1.0 / 65_536.0);
    let high_half = _mm256_set1_epi32(0xFFFF_0000_u32 as i32);
    let whole = left.len() & !7;
    for i in (0..whole).step_by(8) {
        // SAFETY: i + 8 <= whole <= the length of everything.
        unsafe {
            let (to_left, to_right) = (left.as_mut_ptr().add(i), right.as_mut_ptr().add(i));
            let (mut l, mut r) = if group.add {
                (_mm256_loadu_ps(to_left), _mm256_loadu_ps(to_right))
            } else {
                (_mm256_setzero_ps(), _mm256_setzero_ps())
            };
            for k in 0..K {
                // A frame is one 32-bit word: left in its low half, right in its high half.
                let words = _mm256_loadu_si256(group.sources[k].as_ptr().add(group.from + i).cast());
                // Both as the high half of a word, 65536 times too large: the weights make up for it.
                let (low, high) = (_mm256_slli_epi32::<16>(words), _mm256_and_si256(words, high_half));
                l = _mm256_fmadd_ps(weights[k], _mm256_cvtepi32_ps(low), l);
                r = _mm256_fmadd_ps(weights[k], _mm256_cvtepi32_ps(high), r);
                weights[k] = _mm256_add_ps(weights[k], steps[k]);
            }
            _mm256_storeu_ps(to_left, l);
            _mm256_storeu_ps(to_right, r);
        }
    }
    whole
}

/// See [`super::mix`].
///
/// # Safety
/// As [`mix_i16`].
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn mix_f32(left: &mut [f32], right: &mut [f32], group: &Group<'_, f32>) {
    // SAFETY: passed on.
    let done = unsafe {
        match group.count {
            1 => mix_f32_of::<1>(left, right, group),
            2 => mix_f32_of::<2>(left, right, group),
            3 => mix_f32_of::<3>(left, right, group),
            _ => mix_f32_of::<4>(left, right, group),
        }
    };
    if done < left.len() {
        scalar::mix(left, right, group, done, |x| x);
    }
}

#[target_feature(enable = "avx2,fma")]
unsafe fn mix_f32_of<const K: usize>(left: &mut [f32], right: &mut [f32], group: &Group<'_, f32>) -> usize {
    // Shuffling inside the halves leaves the frames in this order until the end.
    let lanes = _mm256_setr_ps(0.0, 1.0, 4.0, 5.0, 2.0, 3.0, 6.0, 7.0);
    let (mut weights, steps) = ramps::<_, K>(group, lanes, 1.0);
    let whole = left.len() & !7;
    for i in (0..whole).step_by(8) {
        let (mut l, mut r) = (_mm256_setzero_ps(), _mm256_setzero_ps());
        for k in 0..K {
            // SAFETY: i + 8 <= whole <= the length of the source from `from` on.
            let (a, b) = unsafe {
                let from = group.sources[k].as_ptr().add(group.from + i).cast::<f32>();
                (_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8)))
            };
            l = _mm256_fmadd_ps(weights[k], _mm256_shuffle_ps::<0x88>(a, b), l);
            r = _mm256_fmadd_ps(weights[k], _mm256_shuffle_ps::<0xDD>(a, b), r);
            weights[k] = _mm256_add_ps(weights[k], steps[k]);
        }
        l = in_order(l);
        r = in_order(r);
        // SAFETY: as above, for the outputs.
        unsafe {
            let (to_left, to_right) = (left.as_mut_ptr().add(i), right.as_mut_ptr().add(i));
            if group.add {
                l = _mm256_add_ps(l, _mm256_loadu_ps(to_left));
                r = _mm256_add_ps(r, _mm256_loadu_ps(to_right));
            }
            _mm256_storeu_ps(to_left, l);
            _mm256_storeu_ps(to_right, r);
        }
    }
    whole
}

#[target_feature(enable = "avx2,fma")]
fn in_order(v: __m256) -> __m256 {
    _mm256_castpd_ps(_mm256_permute4x64_pd::<0b11_01_10_00>(_mm256_castps_pd(v)))
}

/// See [`Positions::new`]; `before` is how many taps lie before the position.
///
/// # Safety
/// The processor has AVX2 and FMA.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn positions(motion: &Motion, before: u32, out: &mut Positions) {
    let at = |i: usize| motion.at(i) as i64;
    let steady = |i: u64| motion.step.wrapping_mul(i) as i64;
    let first = _mm256_add_epi64(
        _mm256_set1_epi64x(motion.position as i64),
        _mm256_setr_epi64x(0, steady(1), steady(4), steady(5)),
    );
    let is_steady = motion.bend == 0;
    let four = |i: usize| match is_steady {
        true => _mm256_add_epi64(first, _mm256_set1_epi64x(steady(i as u64))),
        false => _mm256_setr_epi64x(at(i), at(i + 1), at(i + 4), at(i + 5)),
    };
    let shift_row = _mm_cvtsi32_si128(32 - out.bits as i32);
    let shift_fraction = _mm_cvtsi32_si128(out.bits as i32);
    let before = _mm256_set1_epi32(before as i32);
    for i in (0..TICK_FRAMES).step_by(8) {
        // Shuffling inside the halves puts eight low (or high) words in order.
        let (a, b) = (_mm256_castsi256_ps(four(i)), _mm256_castsi256_ps(four(i + 2)));
        let low = _mm256_castps_si256(_mm256_shuffle_ps::<0x88>(a, b));
        let high = _mm256_castps_si256(_mm256_shuffle_ps::<0xDD>(a, b));
        let fraction = _mm256_srli_epi32::<8>(_mm256_sll_epi32(low, shift_fraction));
        let fraction = _mm256_mul_ps(_mm256_cvtepi32_ps(fraction), _mm256_set1_ps(1.0 / 16_777_216.0));
        // SAFETY: i + 8 <= 16, the length of the arrays.
        unsafe {
            _mm256_storeu_si256(out.start.as_mut_ptr().add(i).cast(), _mm256_sub_epi32(high, before));
            _mm256_storeu_si256(out.row.as_mut_ptr().add(i).cast(), _mm256_srl_epi32(low, shift_row));
            _mm256_storeu_ps(out.fraction.as_mut_ptr().add(i), fraction);
        }
    }
}

/// See [`super::interpolate`].
///
/// # Safety
/// The processor has AVX2 and FMA; `start + taps` of every position lies inside `left` and `right`,
/// and every row inside the table.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn interpolate(table: &Table, left: &[f32], right: &[f32], at: &Positions, out: &mut TickFrames) {
    // SAFETY: passed on.
    unsafe {
        match table.taps() {
            8 => sinc::<8>(table, left, right, at, out),
            16 => sinc::<16>(table, left, right, at, out),
            24 => sinc::<24>(table, left, right, at, out),
            32 => sinc::<32>(table, left, right, at, out),
            40 => sinc::<40>(table, left, right, at, out),
            48 => sinc::<48>(table, left, right, at, out),
            _ => scalar::interpolate(table, left, right, at, out),
        }
    }
}

/// See [`super::interpolate_run`].
///
/// # Safety
/// The processor has AVX2 and FMA; the taps of all positions lie inside `left` and `right`.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn interpolate_run(
    table: &Table,
    left: &[f32],
    right: &[f32],
    mut position: u64,
    step: u64,
    out: &mut [TickFrames],
) {
    let before = (table.taps() / 2 - 1) as u32;
    let mut at = Positions::empty(table.phase_bits());
    for out in out {
        let motion = Motion { position, step, bend: 0, from: 0 };
        // SAFETY: passed on.
        unsafe {
            positions(&motion, before, &mut at);
            interpolate(table, left, right, &at, out);
        }
        position = motion.at(TICK_FRAMES);
    }
}

/// Kernels of N taps with parabolas between phases.
#[target_feature(enable = "avx2,fma")]
unsafe fn sinc<const N: usize>(table: &Table, left: &[f32], right: &[f32], at: &Positions, out: &mut TickFrames) {
    let (rows, left, right) = (table.values().as_ptr(), left.as_ptr(), right.as_ptr());
    for i in (0..TICK_FRAMES).step_by(4) {
        let mut sums = [_mm256_setzero_ps(); 4];
        for (j, sum) in sums.iter_mut().enumerate() {
            let start = at.start[i + j] as usize;
            let fraction = _mm256_set1_ps(at.fraction[i + j]);
            let (mut l, mut r) = (_mm256_setzero_ps(), _mm256_setzero_ps());
            // SAFETY: the caller's promise; rows are a multiple of 32 bytes in aligned memory.
            unsafe {
                let row = rows.add(at.row[i + j] as usize * 3 * N);
                for k in (0..N).step_by(8) {
                    let curve =
                        _mm256_fmadd_ps(fraction, _mm256_load_ps(row.add(2 * N + k)), _mm256_load_ps(row.add(N + k)));
                    let tap = _mm256_fmadd_ps(fraction, curve, _mm256_load_ps(row.add(k)));
                    l = _mm256_fmadd_ps(tap, _mm256_loadu_ps(left.add(start + k)), l);
                    r = _mm256_fmadd_ps(tap, _mm256_loadu_ps(right.add(start + k)), r);
                }
            }
            // Left in the low half, right in the high half, each folded once.
            *sum = _mm256_add_ps(_mm256_permute2f128_ps::<0x20>(l, r), _mm256_permute2f128_ps::<0x31>(l, r));
        }
        store(i, sums, out);
    }
}

/// Adds up the four lanes of each half of four vectors and stores four frames.
#[target_feature(enable = "avx2,fma")]
fn store(i: usize, v: [__m256; 4], out: &mut TickFrames) {
    let pairs = _mm256_hadd_ps(_mm256_hadd_ps(v[0], v[1]), _mm256_hadd_ps(v[2], v[3]));
    let (left, right) = (&mut out.left[i..i + 4], &mut out.right[i..i + 4]);
    // SAFETY: both slices hold four values.
    unsafe {
        _mm_storeu_ps(left.as_mut_ptr(), _mm256_castps256_ps128(pairs));
        _mm_storeu_ps(right.as_mut_ptr(), _mm256_extractf128_ps::<1>(pairs));
    }
}
