//! The rows of the table: every quantity with its unit, its target and its bound.

/// What a value must keep to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// This or less.
    AtMost(f64),
    /// This or more.
    AtLeast(f64),
}

impl Bound {
    /// Does a value keep to it?
    pub fn holds(self, value: f64) -> bool {
        match self {
            Bound::AtMost(most) => value <= most,
            Bound::AtLeast(least) => value >= least,
        }
    }

    /// Which of two values is the worse one.
    pub fn worse(self, a: f64, b: f64) -> f64 {
        match self {
            Bound::AtMost(_) => a.max(b),
            Bound::AtLeast(_) => a.min(b),
        }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Bound::AtMost(v) => write!(f, "≤ {v}"),
            Bound::AtLeast(v) => write!(f, "≥ {v}"),
        }
    }
}

macro_rules! quantities {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $id:literal, $name:literal, $unit:literal, $target:expr, $every:expr; )+) => {
        /// A measured quantity of a line of notes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Quantity { $( $(#[doc = $doc])+ $variant, )+ }

        impl Quantity {
            /// All of them, in the order of the table.
            pub const ALL: &[Quantity] = &[$( Quantity::$variant, )+];

            /// The quantity's row.
            pub fn row(self) -> Row {
                match self {
                    $( Quantity::$variant => Row { id: $id, name: $name, unit: $unit, target: $target, every: $every }, )+
                }
            }
        }
    };
}

/// What would be better still, as far as it was set: for the median of many pairs, and for every pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beyond {
    /// The median.
    pub median: Option<Bound>,
    /// The worst pair.
    pub every: Bound,
}

impl Beyond {
    /// Do a median and a worst pair keep to it?
    pub fn holds(&self, median: Option<f64>, worst: f64) -> bool {
        self.every.holds(worst) && self.median.is_none_or(|b| median.is_some_and(|m| b.holds(m)))
    }
}

impl std::fmt::Display for Beyond {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.median {
            Some(median) => write!(f, "{median} ({})", self.every),
            None => write!(f, "({})", self.every),
        }
    }
}

/// What the best open rival reaches on the same pairs (SpectMorph 1.0 beta; docs/morph.md says whence).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rival {
    /// The median of the pairs.
    pub median: f64,
    /// The worst pair, where it was told.
    pub worst: Option<f64>,
}

impl std::fmt::Display for Rival {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.worst {
            Some(worst) => write!(f, "{} ({worst})", self.median),
            None => write!(f, "{}", self.median),
        }
    }
}

impl Quantity {
    /// What lies beyond the targets.
    pub fn beyond(self) -> Option<Beyond> {
        let (median, every) = match self {
            Quantity::Excess => (Some(0.15), 0.4),
            Quantity::Evenness => (Some(1.3), 2.0),
            Quantity::Attack => (None, 0.6),
            Quantity::Treble => (Some(1.5), 4.0),
            _ => return None,
        };
        Some(Beyond { median: median.map(AtMost), every: AtMost(every) })
    }

    /// The rival's figures, as published.
    pub fn rival(self) -> Option<Rival> {
        let (median, worst) = match self {
            Quantity::CornerNull => (3.9, None),
            Quantity::Pitch => (0.6, Some(22.0)),
            Quantity::Beating => (-3.5, Some(2.1)),
            Quantity::Excess => (0.04, Some(0.10)),
            Quantity::Evenness => (1.3, Some(3.1)),
            Quantity::Attack => (0.56, None),
            Quantity::Treble => (1.9, Some(8.8)),
            Quantity::Loudness => (3.3, Some(10.0)),
            _ => return None,
        };
        Some(Rival { median, worst })
    }
}

/// A quantity's name, unit, and what it must keep to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// For JSON.
    pub id: &'static str,
    /// For people.
    pub name: &'static str,
    /// Its unit; empty for ratios and counts.
    pub unit: &'static str,
    /// What the median of many pairs must keep to.
    pub target: Option<Bound>,
    /// What every pair must keep to.
    pub every: Option<Bound>,
}

impl Row {
    /// Which direction is worse: that of the bounds.
    pub fn direction(&self) -> Bound {
        self.every.or(self.target).unwrap_or(Bound::AtMost(0.0))
    }
}

use Bound::{AtLeast, AtMost};

quantities! {
    /// Energy of a corner's note over that of its difference from the source: the worse corner, of those in tune.
    CornerNull = "corner_null_db", "corner null", "dB", None, Some(AtLeast(90.0));
    /// The same, of corners whose source was retuned.
    CornerNullRetuned = "corner_null_retuned_db", "… retuned", "dB", None, Some(AtLeast(70.0));
    /// The same inside the loop, before its fade.
    CornerNullLoop = "corner_null_loop_db", "… in the loop", "dB", None, Some(AtLeast(90.0));
    /// Distance from the root's pitch over the inner notes: median.
    Pitch = "pitch_cents", "pitch", "cents", Some(AtMost(0.5)), None;
    /// The same: largest.
    PitchLargest = "pitch_largest_cents", "… largest", "cents", Some(AtMost(1.0)), Some(AtMost(4.0));
    /// Waver of the middle's partials over the worse corner's.
    Beating = "beating_db", "beating", "dB", Some(AtMost(-1.0)), Some(AtMost(6.0));
    /// How far the middle lies from the middle.
    Balance = "balance", "balance", "", Some(AtMost(0.12)), Some(AtMost(0.45));
    /// How much longer the way over the middle is.
    Excess = "excess", "excess", "", Some(AtMost(0.35)), Some(AtMost(1.0));
    /// The largest of the line's steps over their mean.
    Evenness = "evenness", "evenness", "", Some(AtMost(1.6)), Some(AtMost(2.5));
    /// How far quantiles of the spectrum lie from the straight line between the corners'.
    FormantPlace = "formant_place_erb", "formant place", "ERB", Some(AtMost(0.7)), Some(AtMost(2.0));
    /// The same over the corners' distance.
    FormantShare = "formant_place_share", "… of the distance", "", Some(AtMost(0.18)), None;
    /// Length of the middle's attack against the mean of the corners'.
    Attack = "attack_octaves", "attack", "octaves", Some(AtMost(0.25)), Some(AtMost(1.4));
    /// What sounds before the onset, worst inner note over the worse corner.
    PreEcho = "pre_echo_db", "pre-echo", "dB", Some(AtMost(0.0)), Some(AtMost(0.0));
    /// The middle's level over time against the mean of the corners'.
    Envelope = "envelope_db", "envelope", "dB", Some(AtMost(1.2)), Some(AtMost(4.0));
    /// The middle's share above 8 kHz against the mean of the corners'.
    Treble = "treble_db", "treble", "dB", Some(AtMost(2.5)), Some(AtMost(8.5));
    /// The middle's share above 8 kHz over the poorer corner's.
    TrebleLeast = "treble_over_poorer_db", "… over the poorer source", "dB", None, Some(AtLeast(-6.0));
    /// The middle's harmonics-to-noise ratio against the mean of the corners'.
    Noise = "noise_db", "noise", "dB", Some(AtMost(1.0)), Some(AtMost(8.5));
    /// The middle's stereo angle against the mean of the corners'.
    Width = "width_degrees", "width", "degrees", Some(AtMost(1.0)), Some(AtMost(3.0));
    /// Loudness against the straight line between the corners', worst note.
    Loudness = "loudness_db", "loudness", "dB", None, Some(AtMost(0.3));
    /// The loudest note over the louder corner.
    Louder = "louder_db", "… over the louder source", "dB", None, Some(AtMost(1.0));
    /// The highest peak over the louder corner's.
    Peak = "peak_db", "peak", "dB", Some(AtMost(1.5)), Some(AtMost(4.0));
    /// The highest peak under full scale.
    FullScale = "peak_dbfs", "… of full scale", "dB", None, Some(AtMost(0.0));
    /// What inner neighbours lose when they are added, worst pair.
    Dip = "neighbour_dip_db", "neighbour dip", "dB", Some(AtLeast(-0.2)), Some(AtLeast(-1.0));
    /// The same: the worst 5 % of the energy.
    DipP5 = "neighbour_dip_p5_db", "… p5", "dB", Some(AtLeast(-1.0)), None;
    /// What a corner and its neighbour lose.
    CornerDip = "corner_dip_db", "… at the corners", "dB", Some(AtLeast(-0.2)), Some(AtLeast(-1.0));
    /// The same: the worst 5 % of the energy.
    CornerDipP5 = "corner_dip_p5_db", "… at the corners, p5", "dB", Some(AtLeast(-1.0)), None;
    /// The seam's residual over the usual one, worst note.
    LoopClick = "loop_click_db", "loop click", "dB", Some(AtMost(1.0)), Some(AtMost(3.0));
    /// The seam's change of level over the usual one, worst note.
    LoopStep = "loop_step_db", "loop step", "dB", Some(AtMost(0.0)), Some(AtMost(1.0));
    /// Level that goes up and down once a loop, worst note.
    LoopRate = "loop_rate_db", "loop rate", "dB", None, None;
    /// The same, worst inner note over the worse corner.
    LoopRateOver = "loop_rate_over_corner_db", "… over the corners", "dB", None, Some(AtMost(0.5));
    /// Samples that are no numbers, and loops that are not the same for all notes.
    Insane = "insane", "insane", "", None, Some(AtMost(0.0));
}

/// Values of some quantities.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Measures(std::collections::BTreeMap<Quantity, f64>);

impl Measures {
    /// The value of a quantity, where it was measured.
    pub fn get(&self, quantity: Quantity) -> Option<f64> {
        self.0.get(&quantity).copied()
    }

    /// Sets a value; `None` and what is no number leave it unmeasured.
    pub fn set(&mut self, quantity: Quantity, value: impl Into<Option<f64>>) {
        if let Some(value) = value.into().filter(|v| v.is_finite()) {
            self.0.insert(quantity, value);
        }
    }

    /// All values in the table's order.
    pub fn iter(&self) -> impl Iterator<Item = (Quantity, f64)> + '_ {
        self.0.iter().map(|(q, v)| (*q, *v))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique() {
        let mut ids: Vec<_> = Quantity::ALL.iter().map(|q| q.row().id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), Quantity::ALL.len());
    }

    #[test]
    fn bounds_hold_at_their_own_value() {
        assert!(AtMost(1.0).holds(1.0) && !AtMost(1.0).holds(1.01));
        assert!(AtLeast(-1.0).holds(-1.0) && !AtLeast(-1.0).holds(-1.01));
        assert_eq!((AtMost(0.0).worse(1.0, 2.0), AtLeast(0.0).worse(1.0, 2.0)), (2.0, 1.0));
    }
}
