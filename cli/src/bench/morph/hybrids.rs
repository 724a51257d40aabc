//! One source's timbre with another's dynamics: are both what they should be?

use betwixt_builder::metrics::folder::{Folder, read_note};
use betwixt_builder::metrics::stats::rms;
use betwixt_builder::metrics::{Note, envelope, formants};
use serde_json::{Value, json};

use super::pairs::{HYBRIDS, Pair, Preset};
use super::work::{Failure, Work};

/// A hybrid beside the sources that it is made of.
#[derive(Debug)]
pub(super) struct Hybrid {
    pub(super) timbre: Preset,
    pub(super) dynamics: Preset,
    pub(super) key: u8,
    /// Attack of the hybrid and of the source of its dynamics, in ms.
    pub(super) attack_ms: [f64; 2],
    /// RMS of what its level over 3 s differs from that source's, in dB.
    pub(super) contour_db: f64,
    /// How far its spectrum's quantiles lie from those of its timbre's source, and from the other's, in ERB.
    pub(super) quantiles_erb: [f64; 2],
}

impl Hybrid {
    /// The most that attack (octaves) and contour (dB) may be off.
    pub(super) const MOST: [f64; 2] = [0.5, 1.0];

    pub(super) fn run(work: &Work) -> Result<Vec<Hybrid>, Failure> {
        let mut all = Vec::new();
        for pair in HYBRIDS {
            all.extend(Hybrid::of(work, *pair)?);
        }
        Ok(all)
    }

    pub(super) fn passes(&self) -> bool {
        let octaves = (self.attack_ms[0] / self.attack_ms[1]).log2().abs();
        octaves <= Self::MOST[0] && self.contour_db <= Self::MOST[1] && self.quantiles_erb[0] < self.quantiles_erb[1]
    }

    fn of(work: &Work, pair: Pair) -> Result<[Hybrid; 2], Failure> {
        let paths = [work.source(pair.a, pair.key, 0.0)?, work.source(pair.b, pair.key, 0.0)?];
        let options = ["--axes", "x=timbre,y=dynamics", "--at", "0,1", "1,0", "--sustain", "natural"];
        let (folder, _) =
            work.morph(&format!("hybrids {}", pair.name()), &[&paths[0], &paths[1]], pair.key, &options)?;
        let folder = Folder::read(&folder)?;
        let [a, b] = [read_note(&paths[0], None)?, read_note(&paths[1], None)?];
        let hybrid = |at: [f64; 2], (timbre, of): (Preset, &Note), (dynamics, with): (Preset, &Note)| {
            let note = folder.at(at[0], at[1]).ok_or("a hybrid is missing")?;
            let attack = |n: &Note| 1e3 * envelope::attack_seconds(&n.frames, n.onset);
            let distance = |n: &Note| -> Option<f64> {
                Some(formants::distance(&formants::quantiles(&note.bands)?, &formants::quantiles(&n.bands)?))
            };
            let silent = "a hybrid is silent";
            Ok::<_, Failure>(Hybrid {
                timbre,
                dynamics,
                key: pair.key,
                attack_ms: [attack(note), attack(with)],
                contour_db: contour_db(note, with),
                quantiles_erb: [distance(of).ok_or(silent)?, distance(with).ok_or(silent)?],
            })
        };
        let (a, b) = ((pair.a, &a), (pair.b, &b));
        Ok([hybrid([0.0, 1.0], a, b)?, hybrid([1.0, 0.0], b, a)?])
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "timbre": self.timbre.name,
            "dynamics": self.dynamics.name,
            "key": self.key,
            "attack_ms": self.attack_ms[0],
            "attack_of_dynamics_ms": self.attack_ms[1],
            "contour_db": self.contour_db,
            "quantiles_to_timbre_erb": self.quantiles_erb[0],
            "quantiles_to_dynamics_erb": self.quantiles_erb[1],
            "pass": self.passes(),
        })
    }
}

/// RMS of the difference of two levels over time, 60 dB deep.
fn contour_db(note: &Note, other: &Note) -> f64 {
    let levels = |n: &Note| -> Vec<f64> {
        let contour = envelope::contour(&n.frames, n.onset);
        let top = contour.iter().copied().fold(1e-30, f64::max);
        contour.into_iter().map(|p| 10.0 * (p / top).max(1e-6).log10()).collect()
    };
    rms(levels(note).into_iter().zip(levels(other)).map(|(a, b)| a - b))
}
