//! The centre of four corners.

use super::dip::{Dip, dip};
use super::spectrogram::distance_db;
use super::{Note, Root, loudness, pitch};

/// What the centre of four corners is like.
#[derive(Debug, Clone, PartialEq)]
pub struct Centre {
    /// Distance from the root's pitch, in cents; `None` where there is no pitch.
    pub pitch_cents: Option<f64>,
    /// Largest momentary loudness.
    pub lufs: f64,
    /// The mean of the corners' loudness.
    pub corners_lufs: f64,
    /// What the centre and its neighbours lose when they are added, worst pair.
    pub dip: Option<Dip>,
    /// D to the four corners, in their order, in dB.
    pub distances_db: [f64; 4],
}

impl Centre {
    /// What the mean dip must keep to.
    pub const DIP: super::Bound = super::Bound::AtLeast(-0.5);

    /// Measures the centre between its corners, and the dips towards its neighbours.
    pub fn measure(corners: [&Note; 4], centre: &Note, neighbours: &[&Note], root: Root) -> Centre {
        let loudest = corners.iter().map(|c| c.bands.loudest()).fold(1e-20, f64::max);
        let floor = 1e-6 * loudest;
        let origin = corners.iter().map(|c| c.onset).min().unwrap_or(0);
        let dips = neighbours.iter().filter_map(|n| dip(&centre.frames, &n.frames, origin));
        Centre {
            pitch_cents: if root.pitched { pitch::cents(centre, root.f0_hz) } else { None },
            lufs: loudness::momentary_lufs(&centre.frames),
            corners_lufs: corners.iter().map(|c| loudness::momentary_lufs(&c.frames)).sum::<f64>() / 4.0,
            dip: dips.reduce(Dip::worse),
            distances_db: corners.map(|c| distance_db(&centre.bands, &c.bands, floor)),
        }
    }
}
