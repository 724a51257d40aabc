//! Cells as mixes of the sources: cell = Σ √wᵢ · sourceᵢ. Unrelated sounds add by power, and the
//! weights sum to 1, so the level is the same all over the pad; an anchor's own cell is its source,
//! sample for sample.

use crate::weights::Weights;

/// The mix of some sources, all of one length. Weights under 1e-12 count as none.
pub fn mix(sources: &[Vec<[f32; 2]>], weights: &[f64], frames: usize) -> Vec<[f32; 2]> {
    let mut out = vec![[0.0f32; 2]; frames];
    for (source, weight) in sources.iter().zip(weights).filter(|(_, w)| **w > 1e-12) {
        let gain = weight.sqrt() as f32;
        for (sum, frame) in out.iter_mut().zip(source) {
            sum[0] += gain * frame[0];
            sum[1] += gain * frame[1];
        }
    }
    out
}

/// How far the level dips, at worst, half-way between neighbouring cells when the player mixes them
/// by amplitude: what neighbours have in common adds by amplitude, and all else loses. In dB, 0 or
/// less.
pub fn worst_dip_db(weights: &Weights, columns: usize, rows: usize) -> f64 {
    let at = |c: usize, r: usize| weights.at(crate::plan::place(c, r, columns, rows));
    let mut worst = 1.0f64;
    for r in 0..rows {
        for c in 0..columns {
            let here = at(c, r);
            let neighbours = [(c + 1 < columns).then(|| at(c + 1, r)), (r + 1 < rows).then(|| at(c, r + 1))];
            for there in neighbours.into_iter().flatten() {
                let power = here.iter().zip(&there).map(|(u, v)| (0.5 * (u.sqrt() + v.sqrt())).powi(2)).sum();
                worst = worst.min(power);
            }
        }
    }
    10.0 * worst.log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchors_cell_is_its_source() {
        let sources = vec![vec![[0.25, -0.5]; 4], vec![[1.0, 1.0]; 4]];
        assert_eq!(mix(&sources, &[1.0, 0.0], 4), sources[0]);
    }

    #[test]
    fn the_centre_keeps_the_power_of_unrelated_sources() {
        let sine = |step: f64| (0..48_000).map(|n| [(step * f64::from(n)).sin() as f32; 2]).collect::<Vec<_>>();
        let sources = vec![sine(0.1), sine(0.17), sine(0.23), sine(0.31)];
        let centre = mix(&sources, &[0.25; 4], 48_000);
        let power = |s: &[[f32; 2]]| s.iter().map(|f| f64::from(f[0]).powi(2)).sum::<f64>() / s.len() as f64;
        assert!((power(&centre) / power(&sources[0]) - 1.0).abs() < 1e-3);
        for (n, frame) in centre.iter().enumerate() {
            let expected: f32 = sources.iter().map(|s| 0.5 * s[n][0]).sum();
            assert!((frame[0] - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn a_grid_without_cells_between_its_anchors_dips() {
        let corners = Weights::new(&[[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]);
        assert!((worst_dip_db(&corners, 2, 2) + 3.01).abs() < 0.01);
        assert!(worst_dip_db(&corners, 5, 5) > -0.5);
        assert_eq!(worst_dip_db(&corners, 1, 1), 0.0);
    }
}
