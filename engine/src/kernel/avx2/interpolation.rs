//! Places of output frames and the sums of taps.

use std::arch::x86_64::*;

use crate::kernel::TickFrames;
use crate::kernel::positions::{Motion, Positions};
use crate::kernel::scalar;
use crate::kernel::table::Table;
use crate::limits::TICK_FRAMES;

/// As [`Positions::plain`], with rows times `stride`; `before` is how many taps lie before the position.
///
/// # Safety
/// The processor has AVX2 and FMA; the motion moves from the first frame on.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(in crate::kernel) unsafe fn positions(motion: &Motion, before: u32, stride: u32, out: &mut Positions) {
    let origin = motion.position.wrapping_sub(u64::from(before) << 32) as i64;
    let origin = _mm256_set1_epi64x(origin);
    let (step, bend) = (_mm256_set1_epi64x(motion.step as i64), _mm256_set1_epi64x(motion.bend));
    // In this order shuffling inside the halves puts eight low (or high) words in order.
    let first = times(step, _mm256_setr_epi64x(0, 1, 4, 5));
    let second = times(step, _mm256_setr_epi64x(2, 3, 6, 7));
    let (mut first, mut second) = (_mm256_add_epi64(origin, first), _mm256_add_epi64(origin, second));
    let mut eight = _mm256_slli_epi64::<3>(step);
    let mut eights = [eight, eight];
    if motion.bend != 0 {
        // Frame n lies n (n - 1) / 2 bends farther; from n to n + 8 that grows by 8 n + 28.
        first = _mm256_add_epi64(first, times(bend, _mm256_setr_epi64x(0, 0, 6, 10)));
        second = _mm256_add_epi64(second, times(bend, _mm256_setr_epi64x(1, 3, 15, 21)));
        eight = _mm256_add_epi64(eight, times(bend, _mm256_set1_epi64x(28)));
        let bends = _mm256_slli_epi64::<3>(bend);
        eights = [
            _mm256_add_epi64(eight, times(bends, _mm256_setr_epi64x(0, 1, 4, 5))),
            _mm256_add_epi64(eight, times(bends, _mm256_setr_epi64x(2, 3, 6, 7))),
        ];
    }
    let stride = _mm256_set1_epi32(stride as i32);
    let shift_row = _mm_cvtsi32_si128(32 - out.bits as i32);
    let shift_fraction = _mm_cvtsi32_si128(out.bits as i32);
    for i in [0, 8] {
        let (a, b) = (_mm256_castsi256_ps(first), _mm256_castsi256_ps(second));
        let low = _mm256_castps_si256(_mm256_shuffle_ps::<0x88>(a, b));
        let high = _mm256_castps_si256(_mm256_shuffle_ps::<0xDD>(a, b));
        let fraction = _mm256_srli_epi32::<8>(_mm256_sll_epi32(low, shift_fraction));
        let fraction = _mm256_mul_ps(_mm256_cvtepi32_ps(fraction), _mm256_set1_ps(1.0 / 16_777_216.0));
        // SAFETY: i + 8 <= 16, the length of the arrays.
        unsafe {
            _mm256_storeu_si256(out.start.as_mut_ptr().add(i).cast(), high);
            let row = _mm256_mullo_epi32(_mm256_srl_epi32(low, shift_row), stride);
            _mm256_storeu_si256(out.row.as_mut_ptr().add(i).cast(), row);
            _mm256_storeu_ps(out.fraction.as_mut_ptr().add(i), fraction);
        }
        first = _mm256_add_epi64(first, eights[0]);
        second = _mm256_add_epi64(second, eights[1]);
    }
}

/// Products of 64 bits with small numbers.
#[inline]
#[target_feature(enable = "avx2")]
fn times(value: __m256i, small: __m256i) -> __m256i {
    let high = _mm256_mul_epu32(_mm256_srli_epi64::<32>(value), small);
    _mm256_add_epi64(_mm256_mul_epu32(value, small), _mm256_slli_epi64::<32>(high))
}

/// See [`crate::kernel::interpolate`].
///
/// # Safety
/// The processor has AVX2 and FMA; the taps of all frames of all ticks lie inside `left` and `right`.
#[target_feature(enable = "avx2,fma")]
pub(in crate::kernel) unsafe fn interpolate(
    table: &Table,
    left: &[f32],
    right: &[f32],
    motions: &[Motion],
    out: &mut [TickFrames],
) {
    // SAFETY: passed on.
    unsafe {
        match (table.taps(), table.parts()) {
            (8, 3) => ticks::<8, 3>(table, left, right, motions, out),
            (16, 3) => ticks::<16, 3>(table, left, right, motions, out),
            (16, 2) => ticks::<16, 2>(table, left, right, motions, out),
            (24, 2) => ticks::<24, 2>(table, left, right, motions, out),
            (32, 2) => ticks::<32, 2>(table, left, right, motions, out),
            (32, 3) => ticks::<32, 3>(table, left, right, motions, out),
            (40, 3) => ticks::<40, 3>(table, left, right, motions, out),
            (48, 3) => ticks::<48, 3>(table, left, right, motions, out),
            _ => {
                for (motion, out) in motions.iter().zip(out) {
                    let at = Positions::plain(motion, table.taps(), table.phase_bits());
                    scalar::interpolate(table, left, right, &at, out);
                }
            }
        }
    }
}

/// Places for kernels of N taps, with rows as numbers of values.
///
/// # Safety
/// The processor has AVX2 and FMA.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn find<const N: usize, const PARTS: usize>(motion: &Motion, at: &mut Positions) {
    if motion.from == 0 {
        // SAFETY: passed on.
        unsafe { positions(motion, N as u32 / 2 - 1, (PARTS * N) as u32, at) };
    } else {
        *at = Positions::plain(motion, N, at.bits);
        at.row = at.row.map(|row| row * (PARTS * N) as u32);
    }
}

/// Kernels of N taps with polynomials of PARTS coefficients between phases.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn ticks<const N: usize, const PARTS: usize>(
    table: &Table,
    left: &[f32],
    right: &[f32],
    motions: &[Motion],
    out: &mut [TickFrames],
) {
    let (rows, left, right) = (table.values().as_ptr(), left.as_ptr(), right.as_ptr());
    let mut places = [Positions::empty(table.phase_bits()); 2];
    let [mut at, mut next] = places.each_mut();
    // The places of a tick are found before the tick before it is summed up: nothing waits for them.
    if let Some(motion) = motions.first() {
        // SAFETY: passed on.
        unsafe { find::<N, PARTS>(motion, at) };
    }
    for (tick, out) in out.iter_mut().enumerate().take(motions.len()) {
        if let Some(motion) = motions.get(tick + 1) {
            // SAFETY: passed on.
            unsafe { find::<N, PARTS>(motion, next) };
        }
        let mut i = 0;
        while i < TICK_FRAMES {
            let mut sums = [_mm256_setzero_ps(); 4];
            for (j, sum) in sums.iter_mut().enumerate() {
                // SAFETY: the caller's promise; rows are a multiple of 32 bytes in aligned memory; i + j < 16.
                unsafe {
                    let start = *at.start.get_unchecked(i + j) as usize;
                    let row = rows.add(*at.row.get_unchecked(i + j) as usize);
                    let fraction = _mm256_broadcast_ss(at.fraction.get_unchecked(i + j));
                    let (left, right) = (left.add(start), right.add(start));
                    let tap = |k: usize| {
                        let mut slope = _mm256_load_ps(row.add(N + k));
                        if PARTS == 3 {
                            slope = _mm256_fmadd_ps(fraction, _mm256_load_ps(row.add(2 * N + k)), slope);
                        }
                        _mm256_fmadd_ps(fraction, slope, _mm256_load_ps(row.add(k)))
                    };
                    let first = tap(0);
                    let mut l = _mm256_mul_ps(first, _mm256_loadu_ps(left));
                    let mut r = _mm256_mul_ps(first, _mm256_loadu_ps(right));
                    for k in (8..N).step_by(8) {
                        let tap = tap(k);
                        l = _mm256_fmadd_ps(tap, _mm256_loadu_ps(left.add(k)), l);
                        r = _mm256_fmadd_ps(tap, _mm256_loadu_ps(right.add(k)), r);
                    }
                    // Left in the low half, right in the high half, each folded once.
                    *sum = _mm256_add_ps(_mm256_blend_ps::<0xF0>(l, r), _mm256_permute2f128_ps::<0x21>(l, r));
                }
            }
            store(i, sums, out);
            i += 4;
        }
        (at, next) = (next, at);
    }
}

/// Adds up the four lanes of each half of four vectors and stores four frames.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn store(i: usize, v: [__m256; 4], out: &mut TickFrames) {
    // Not by horizontal adds: those take twice as long.
    let pair = |a, b| _mm256_add_ps(_mm256_blend_ps::<0xCC>(a, b), _mm256_shuffle_ps::<0x4E>(a, b));
    let (a, b) = (pair(v[0], v[1]), pair(v[2], v[3]));
    let sums = _mm256_add_ps(_mm256_shuffle_ps::<0x88>(a, b), _mm256_shuffle_ps::<0xDD>(a, b));
    let (left, right) = (&mut out.left[i..i + 4], &mut out.right[i..i + 4]);
    // SAFETY: both slices hold four values.
    unsafe {
        _mm_storeu_ps(left.as_mut_ptr(), _mm256_castps256_ps128(sums));
        _mm_storeu_ps(right.as_mut_ptr(), _mm256_extractf128_ps::<1>(sums));
    }
}
