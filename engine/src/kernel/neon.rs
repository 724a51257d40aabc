//! NEON: every 64-bit ARM has it. Four frames of a mix at once, four taps of a kernel at once.

use std::arch::aarch64::*;

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
#[target_feature(enable = "neon")]
pub(super) unsafe fn mix_i16(left: &mut [f32], right: &mut [f32], group: &Group<'_, i16>) {
    let whole = left.len() & !3;
    // SAFETY: i + 4 <= whole <= the length of everything.
    unsafe {
        let lanes = vld1q_f32([0.0f32, 1.0, 2.0, 3.0].as_ptr());
        for i in (0..whole).step_by(4) {
            let frame = vaddq_f32(lanes, vdupq_n_f32(i as f32));
            let (to_left, to_right) = (left.as_mut_ptr().add(i), right.as_mut_ptr().add(i));
            let (mut l, mut r) = if group.add {
                (vld1q_f32(to_left), vld1q_f32(to_right))
            } else {
                (vdupq_n_f32(0.0), vdupq_n_f32(0.0))
            };
            for k in 0..group.count {
                let weight = vfmaq_n_f32(vdupq_n_f32(group.weights[k]), frame, group.slopes[k]);
                let planes = vld2_s16(group.sources[k].as_ptr().add(i).cast());
                l = vfmaq_f32(l, weight, vcvtq_f32_s32(vmovl_s16(planes.0)));
                r = vfmaq_f32(r, weight, vcvtq_f32_s32(vmovl_s16(planes.1)));
            }
            vst1q_f32(to_left, l);
            vst1q_f32(to_right, r);
        }
    }
    scalar::mix(left, right, group, whole, f32::from);
}

/// See [`super::interpolate`].
///
/// # Safety
/// `start + taps` of every position lies inside `left` and `right`, every row inside the table.
#[target_feature(enable = "neon")]
pub(super) unsafe fn interpolate(table: &Table, left: &[f32], right: &[f32], at: &Positions, out: &mut TickFrames) {
    let (taps, parts) = (table.taps(), table.parts());
    let (rows, left, right) = (table.values().as_ptr(), left.as_ptr(), right.as_ptr());
    for i in 0..TICK_FRAMES {
        let start = at.start[i] as usize;
        // SAFETY: the caller's promise; taps is a multiple of four.
        unsafe {
            let row = rows.add(at.row[i] as usize * parts * taps);
            let (mut l, mut r) = (vdupq_n_f32(0.0), vdupq_n_f32(0.0));
            for k in (0..taps).step_by(4) {
                let mut slope = vld1q_f32(row.add(taps + k));
                if parts == 3 {
                    slope = vfmaq_n_f32(slope, vld1q_f32(row.add(2 * taps + k)), at.fraction[i]);
                }
                let tap = vfmaq_n_f32(vld1q_f32(row.add(k)), slope, at.fraction[i]);
                l = vfmaq_f32(l, tap, vld1q_f32(left.add(start + k)));
                r = vfmaq_f32(r, tap, vld1q_f32(right.add(start + k)));
            }
            out.left[i] = vaddvq_f32(l);
            out.right[i] = vaddvq_f32(r);
        }
    }
}
