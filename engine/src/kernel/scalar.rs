//! The plain path: what the vector paths must agree with.

use super::TickFrames;
use super::mixing::Group;
use super::positions::Positions;
use super::table::Table;
use crate::limits::TICK_FRAMES;

/// Mixes the frames from `begin` on.
pub(super) fn mix<T: Copy>(
    left: &mut [f32],
    right: &mut [f32],
    group: &Group<'_, T>,
    begin: usize,
    float: impl Fn(T) -> f32,
) {
    for i in begin..left.len() {
        let (mut l, mut r) = if group.add { (left[i], right[i]) } else { (0.0, 0.0) };
        for k in 0..group.count {
            let weight = group.weights[k] + group.slopes[k] * i as f32;
            let frame = group.sources[k][group.from + i];
            l += weight * float(frame[0]);
            r += weight * float(frame[1]);
        }
        (left[i], right[i]) = (l, r);
    }
}

/// See [`super::interpolate`].
pub(super) fn interpolate(table: &Table, left: &[f32], right: &[f32], at: &Positions, out: &mut TickFrames) {
    let (taps, order) = (table.taps(), table.order());
    for i in 0..TICK_FRAMES {
        let row = &table.values()[at.row[i] as usize * taps * (order + 1)..][..taps * (order + 1)];
        let start = at.start[i] as usize;
        let (mut l, mut r) = (0.0, 0.0);
        for k in 0..taps {
            let mut c = row[order * taps + k];
            for o in (0..order).rev() {
                c = c * at.fraction[i] + row[o * taps + k];
            }
            l += c * left[start + k];
            r += c * right[start + k];
        }
        (out.left[i], out.right[i]) = (l, r);
    }
}
