//! SSE2: every x86-64 has it. Four frames of a mix at once, four taps of a kernel at once.

use std::arch::x86_64::*;

use super::TickFrames;
use super::mixing::Group;
use super::positions::Positions;
use super::scalar;
use super::table::Table;
use crate::limits::TICK_FRAMES;

/// See [`super::mix`].
///
/// # Safety
/// Every source of the group has as many frames as `left` and `right`.
#[target_feature(enable = "sse2")]
pub(super) unsafe fn mix_i16(left: &mut [f32], right: &mut [f32], group: &Group<'_, i16>) {
    let whole = left.len() & !3;
    let lanes = _mm_setr_ps(0.0, 1.0, 2.0, 3.0);
    for i in (0..whole).step_by(4) {
        let frame = _mm_add_ps(lanes, _mm_set1_ps(i as f32));
        // SAFETY: i + 4 <= whole <= the length of everything.
        unsafe {
            let (to_left, to_right) = (left.as_mut_ptr().add(i), right.as_mut_ptr().add(i));
            let (mut l, mut r) = if group.add {
                (_mm_loadu_ps(to_left), _mm_loadu_ps(to_right))
            } else {
                (_mm_setzero_ps(), _mm_setzero_ps())
            };
            for k in 0..group.count {
                let slope = _mm_mul_ps(frame, _mm_set1_ps(group.slopes[k]));
                let weight = _mm_add_ps(slope, _mm_set1_ps(group.weights[k]));
                let words = _mm_loadu_si128(group.sources[k].as_ptr().add(i).cast());
                let low = _mm_srai_epi32::<16>(_mm_slli_epi32::<16>(words));
                l = _mm_add_ps(l, _mm_mul_ps(weight, _mm_cvtepi32_ps(low)));
                r = _mm_add_ps(r, _mm_mul_ps(weight, _mm_cvtepi32_ps(_mm_srai_epi32::<16>(words))));
            }
            _mm_storeu_ps(to_left, l);
            _mm_storeu_ps(to_right, r);
        }
    }
    scalar::mix(left, right, group, whole, f32::from);
}

/// See [`super::interpolate`].
///
/// # Safety
/// `start + taps` of every position lies inside `left` and `right`, every row inside the table.
#[target_feature(enable = "sse2")]
pub(super) unsafe fn interpolate(table: &Table, left: &[f32], right: &[f32], at: &Positions, out: &mut TickFrames) {
    let (taps, parts) = (table.taps(), table.parts());
    let (rows, left, right) = (table.values().as_ptr(), left.as_ptr(), right.as_ptr());
    for i in 0..TICK_FRAMES {
        let start = at.start[i] as usize;
        let fraction = _mm_set1_ps(at.fraction[i]);
        let (mut l, mut r) = (_mm_setzero_ps(), _mm_setzero_ps());
        // SAFETY: the caller's promise; taps is a multiple of four.
        unsafe {
            let row = rows.add(at.row[i] as usize * parts * taps);
            for k in (0..taps).step_by(4) {
                let mut slope = _mm_loadu_ps(row.add(taps + k));
                if parts == 3 {
                    slope = _mm_add_ps(_mm_mul_ps(fraction, _mm_loadu_ps(row.add(2 * taps + k))), slope);
                }
                let slope = _mm_mul_ps(fraction, slope);
                let tap = _mm_add_ps(slope, _mm_loadu_ps(row.add(k)));
                l = _mm_add_ps(l, _mm_mul_ps(tap, _mm_loadu_ps(left.add(start + k))));
                r = _mm_add_ps(r, _mm_mul_ps(tap, _mm_loadu_ps(right.add(start + k))));
            }
        }
        // l0+l2, r0+r2, l1+l3, r1+r3, then both halves.
        let folded = _mm_add_ps(_mm_unpacklo_ps(l, r), _mm_unpackhi_ps(l, r));
        let sum = _mm_add_ps(folded, _mm_movehl_ps(folded, folded));
        out.left[i] = _mm_cvtss_f32(sum);
        out.right[i] = _mm_cvtss_f32(_mm_shuffle_ps::<1>(sum, sum));
    }
}
