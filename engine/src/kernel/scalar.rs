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
            let frame = group.sources[k][i];
            l += weight * float(frame[0]);
            r += weight * float(frame[1]);
        }
        (left[i], right[i]) = (l, r);
    }
}

/// See [`super::interpolate`].
pub(super) fn interpolate(table: &Table, left: &[f32], right: &[f32], at: &Positions, out: &mut TickFrames) {
    let (taps, parts) = (table.taps(), table.parts());
    for i in 0..TICK_FRAMES {
        let row = &table.values()[at.row[i] as usize * parts * taps..][..parts * taps];
        let (start, fraction) = (at.start[i] as usize, at.fraction[i]);
        let (mut l, mut r) = (0.0, 0.0);
        for k in 0..taps {
            let bend = if parts == 3 { row[2 * taps + k] * fraction } else { 0.0 };
            let tap = (bend + row[taps + k]) * fraction + row[k];
            l += tap * left[start + k];
            r += tap * right[start + k];
        }
        (out.left[i], out.right[i]) = (l, r);
    }
}
