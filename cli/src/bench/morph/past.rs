//! Places past the sources: what extrapolation does to pitch, peak and loudness.

use betwixt_builder::metrics::folder::Folder;
use betwixt_builder::metrics::stats::amplitude_db;
use betwixt_builder::metrics::{Note, Root, envelope, loudness, pitch};
use serde_json::{Value, json};

use super::pairs::{PAST, Pair};
use super::work::{Failure, Work};

/// Notes a quarter past both sources; the larger figure of the two.
#[derive(Debug)]
pub(super) struct Past {
    pub(super) pair: Pair,
    /// How far the pitch lies off the nearer corner's, harmonic by harmonic, in cents.
    pub(super) pitch_cents: Option<f64>,
    /// The peak over the louder source's, in dB.
    pub(super) peak_db: f64,
    /// The loudness over the louder source's, in dB.
    pub(super) louder_db: f64,
    /// How far a band lies from the nearer source's, of those within 40 dB of its loudest: mean power, in dB.
    pub(super) band_db: f64,
}

impl Past {
    /// The most that pitch, peak and loudness may be.
    pub(super) const MOST: [f64; 3] = [4.0, 4.0, 1.0];

    pub(super) fn run(work: &Work) -> Result<Vec<Past>, Failure> {
        PAST.iter().map(|pair| Past::of(work, *pair)).collect()
    }

    pub(super) fn passes(&self) -> bool {
        let all = [self.pitch_cents.unwrap_or(0.0), self.peak_db, self.louder_db];
        all.iter().zip(Self::MOST).all(|(v, most)| *v <= most)
    }

    fn of(work: &Work, pair: Pair) -> Result<Past, Failure> {
        let paths = [work.source(pair.a, pair.key, 0.0)?, work.source(pair.b, pair.key, 0.0)?];
        let options = ["--at=-0.25,0", "--at=1.25,0", "--at", "0,0", "1,0", "--sustain", "natural"];
        let (folder, _) = work.morph(&format!("past {}", pair.name()), &[&paths[0], &paths[1]], pair.key, &options)?;
        let folder = Folder::read(&folder)?;
        let found = [-0.25, 0.0, 1.0, 1.25].map(|x| folder.at(x, 0.0));
        let [Some(before), Some(a), Some(b), Some(behind)] = found else {
            return Err("a note past the sources is missing".into());
        };
        let f0_hz = Root::key(pair.key, pair.pitched).f0_hz;
        let most = |of: &dyn Fn(&Note) -> f64, notes: [&Note; 2]| of(notes[0]).max(of(notes[1]));
        let peak = |n: &Note| amplitude_db(envelope::peak(&n.frames));
        let lufs = |n: &Note| loudness::momentary_lufs(&n.frames);
        let cents = [(before, a), (behind, b)].into_iter().filter_map(|(n, c)| pitch::cents_apart(n, c, f0_hz));
        Ok(Past {
            pair,
            pitch_cents: cents.reduce(f64::max),
            peak_db: most(&peak, [before, behind]) - most(&peak, [a, b]),
            louder_db: most(&lufs, [before, behind]) - most(&lufs, [a, b]),
            band_db: band_db(before, a).max(band_db(behind, b)),
        })
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "pair": self.pair.name(),
            "key": self.pair.key,
            "pitch_cents": self.pitch_cents,
            "peak_db": self.peak_db,
            "louder_db": self.louder_db,
            "band_db": self.band_db,
            "pass": self.passes(),
        })
    }
}

fn band_db(note: &Note, source: &Note) -> f64 {
    let [a, b] = [note, source].map(|n| n.bands.mean_bands(3..75));
    let floor = 1e-4 * b.iter().copied().fold(0.0, f64::max);
    let heard = a.iter().zip(&b).filter(|(_, b)| **b > floor);
    heard.map(|(a, b)| (10.0 * (a.max(1e-30) / b).log10()).abs()).fold(0.0, f64::max)
}
