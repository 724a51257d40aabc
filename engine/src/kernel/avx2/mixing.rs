//! AVX2 and FMA: eight frames of a mix at once.

use std::arch::x86_64::*;

use crate::kernel::mixing::{Group, LAYERS, Piece};
use crate::kernel::scalar;

/// A frame of 16-bit sound is one 32-bit word: left in its low half, right in its high half. Both are
/// taken as the high half of a word, 65536 times too large: the weights make up for it.
const HIGH_HALF: i32 = 0xFFFF_0000_u32 as i32;
const I16_SCALE: f32 = 1.0 / (32_768.0 * 65_536.0);

/// See [`crate::kernel::mix`].
///
/// # Safety
/// The processor has AVX2 and FMA; every source of the group has as many frames as `left` and `right`.
#[target_feature(enable = "avx2,fma")]
pub(in crate::kernel) unsafe fn mix_i16(left: &mut [f32], right: &mut [f32], group: &Group<'_, i16>) {
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
    let high_half = _mm256_set1_epi32(HIGH_HALF);
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
                let words = _mm256_loadu_si256(group.sources[k].as_ptr().add(i).cast());
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

/// See [`crate::kernel::Blend::mix`].
///
/// # Safety
/// The processor has AVX2 and FMA; behind every source, in `left` and in `right` lie the frames of all pieces, and
/// each piece is a multiple of eight.
#[target_feature(enable = "avx2,fma")]
pub(in crate::kernel) unsafe fn mix_pieces(
    left: &mut [f32],
    right: &mut [f32],
    sources: &[*const [i16; 2]],
    weights: &[f32; LAYERS],
    pieces: &[Piece],
) {
    // SAFETY: passed on.
    unsafe {
        match *sources {
            [a] => mix_pieces_of([a], left, right, weights, pieces),
            [a, b] => mix_pieces_of([a, b], left, right, weights, pieces),
            [a, b, c] => mix_pieces_of([a, b, c], left, right, weights, pieces),
            [a, b, c, d] => mix_pieces_of([a, b, c, d], left, right, weights, pieces),
            _ => {}
        }
    }
}

#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn mix_pieces_of<const K: usize>(
    sources: [*const [i16; 2]; K],
    left: &mut [f32],
    right: &mut [f32],
    weights: &[f32; LAYERS],
    pieces: &[Piece],
) {
    let sources = sources.map(<*const [i16; 2]>::cast::<i32>);
    let (left, right) = (left.as_mut_ptr(), right.as_mut_ptr());
    let lanes = _mm256_setr_ps(0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0);
    let high_half = _mm256_set1_epi32(HIGH_HALF);
    let scale = _mm_set1_ps(I16_SCALE);
    // SAFETY: an array of four.
    let mut begin = unsafe { _mm_mul_ps(_mm_loadu_ps(weights.as_ptr()), scale) };
    let mut i = 0;
    for piece in pieces {
        // SAFETY: as above.
        let end = unsafe { _mm_mul_ps(_mm_loadu_ps(piece.weights.as_ptr()), scale) };
        let slope = _mm_mul_ps(_mm_sub_ps(end, begin), _mm_set1_ps(1.0 / piece.frames as f32));
        let (mut from, mut slopes) = ([0.0f32; LAYERS], [0.0f32; LAYERS]);
        // SAFETY: arrays of four.
        unsafe {
            _mm_storeu_ps(from.as_mut_ptr(), begin);
            _mm_storeu_ps(slopes.as_mut_ptr(), slope);
        }
        begin = end;
        let (mut weights, mut steps) = ([_mm256_setzero_ps(); K], [_mm256_setzero_ps(); K]);
        for k in 0..K {
            let slope = _mm256_broadcast_ss(&slopes[k]);
            weights[k] = _mm256_fmadd_ps(lanes, slope, _mm256_broadcast_ss(&from[k]));
            steps[k] = _mm256_mul_ps(slope, _mm256_set1_ps(8.0));
        }
        let end = i + piece.frames;
        while i < end {
            let (mut l, mut r) = (_mm256_setzero_ps(), _mm256_setzero_ps());
            for k in 0..K {
                // SAFETY: i + 8 is at most the frames of all pieces.
                let words = unsafe { _mm256_loadu_si256(sources[k].add(i).cast()) };
                let (low, high) = (_mm256_slli_epi32::<16>(words), _mm256_and_si256(words, high_half));
                l = _mm256_fmadd_ps(weights[k], _mm256_cvtepi32_ps(low), l);
                r = _mm256_fmadd_ps(weights[k], _mm256_cvtepi32_ps(high), r);
                weights[k] = _mm256_add_ps(weights[k], steps[k]);
            }
            // SAFETY: as above.
            unsafe {
                _mm256_storeu_ps(left.add(i), l);
                _mm256_storeu_ps(right.add(i), r);
            }
            i += 8;
        }
    }
}

/// See [`crate::kernel::mix`].
///
/// # Safety
/// As [`mix_i16`].
#[target_feature(enable = "avx2,fma")]
pub(in crate::kernel) unsafe fn mix_f32(left: &mut [f32], right: &mut [f32], group: &Group<'_, f32>) {
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
            // SAFETY: i + 8 <= whole <= the length of the source.
            let (a, b) = unsafe {
                let from = group.sources[k].as_ptr().add(i).cast::<f32>();
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
