//! A line of notes from one sound to another, and its quantities.

use super::dip::{Dip, dip};
use super::row::{Measures, Quantity};
use super::spectrogram::{distance_db, floor};
use super::stats::{amplitude_db, mean, median, rms};
use super::{Note, beating, envelope, formants, loudness, noise, pitch, seam, width};

/// Notes from one corner to another.
#[derive(Debug, Clone)]
pub struct Line {
    notes: Vec<Note>,
    /// Weight of the second corner, for each note.
    weights: Vec<f64>,
}

/// What the notes are meant to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Root {
    /// Pitch of the root in Hz.
    pub f0_hz: f64,
    /// Both corners have a pitch. Where they have none, pitch, beating and noise are not measured.
    pub pitched: bool,
}

impl Root {
    /// The root at a MIDI key, A4 being 440 Hz.
    pub fn key(key: u8, pitched: bool) -> Root {
        Root { f0_hz: 440.0 * 2f64.powf((f64::from(key) - 69.0) / 12.0), pitched }
    }
}

impl Line {
    /// Notes in the order of their weights. There must be three or more, the ends must be the
    /// corners: otherwise `None`.
    pub fn new(mut notes: Vec<(f64, Note)>) -> Option<Line> {
        notes.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (weights, notes): (Vec<f64>, Vec<Note>) = notes.into_iter().unzip();
        let ends = (weights.first()?.abs() < 1e-6) && (weights.last()? - 1.0).abs() < 1e-6;
        (ends && notes.len() >= 3).then_some(Line { notes, weights })
    }

    /// The notes.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Both corners.
    pub fn corners(&self) -> (&Note, &Note) {
        (&self.notes[0], &self.notes[self.notes.len() - 1])
    }

    fn inner(&self) -> &[Note] {
        &self.notes[1..self.notes.len() - 1]
    }

    /// The note whose weight is nearest to one half.
    pub fn middle(&self) -> &Note {
        let off = |n: &usize| (self.weights[*n] - 0.5).abs();
        let at = (1..self.notes.len() - 1).min_by(|a, b| off(a).total_cmp(&off(b)));
        &self.notes[at.unwrap_or(0)]
    }

    /// All quantities that the notes alone tell.
    pub fn measure(&self, root: Root) -> Measures {
        let mut out = Measures::default();
        if root.pitched {
            self.pitch(root.f0_hz, &mut out);
        }
        self.spectrum(&mut out);
        self.formants(&mut out);
        self.time(&mut out);
        self.level(&mut out);
        self.dips(&mut out);
        self.loops(&mut out);
        let bad = self.notes.iter().flat_map(|n| n.frames.iter().flatten()).filter(|v| !v.is_finite()).count();
        let loops = self.notes.iter().filter(|n| n.loop_frames != self.notes[0].loop_frames).count();
        out.set(Quantity::Insane, (bad + loops) as f64);
        out
    }

    fn pitch(&self, f0_hz: f64, out: &mut Measures) {
        let off: Vec<f64> = self.inner().iter().filter_map(|n| pitch::cents(n, f0_hz)).map(f64::abs).collect();
        out.set(Quantity::Pitch, median(&off));
        out.set(Quantity::PitchLargest, off.iter().copied().reduce(f64::max));
        let (a, b) = self.corners();
        let [a, b, m] = [a, b, self.middle()].map(|n| beating::waver_db(n, f0_hz));
        out.set(Quantity::Beating, m - a.max(b));
        let (a, b) = self.corners();
        let [a, b, m] = [a, b, self.middle()].map(|n| noise::hnr_db(n, f0_hz));
        if let (Some(a), Some(b), Some(m)) = (a, b, m) {
            /// Less is no tone to speak of.
            const TONAL_DB: f64 = 6.0;
            if a >= TONAL_DB && b >= TONAL_DB {
                out.set(Quantity::Noise, (m - 0.5 * (a + b)).abs());
            }
        }
    }

    fn spectrum(&self, out: &mut Measures) {
        let (a, b) = self.corners();
        let floor = floor(&a.bands, &b.bands);
        let distance = |u: &Note, v: &Note| distance_db(&u.bands, &v.bands, floor);
        let m = self.middle();
        let (am, mb, ab) = (distance(a, m), distance(m, b), distance(a, b));
        if ab > 0.0 {
            out.set(Quantity::Balance, (am - mb).abs() / (am + mb));
            out.set(Quantity::Excess, (am + mb) / ab - 1.0);
            let steps: Vec<f64> = self.notes.windows(2).map(|w| distance(&w[0], &w[1])).collect();
            let largest = steps.iter().copied().fold(0.0, f64::max);
            out.set(Quantity::Evenness, largest / mean(steps.iter().copied()));
        }
        let [a, b, m] = [a, b, m].map(|n| n.bands.treble_db());
        out.set(Quantity::Treble, (m - 0.5 * (a + b)).abs());
        out.set(Quantity::TrebleLeast, m - a.min(b));
    }

    fn formants(&self, out: &mut Measures) {
        let (a, b) = self.corners();
        let (Some(a), Some(b)) = (formants::quantiles(&a.bands), formants::quantiles(&b.bands)) else { return };
        let between: Vec<f64> = (1..self.notes.len() - 1)
            .filter_map(|n| {
                let w = self.weights[n];
                let straight = std::array::from_fn(|q| (1.0 - w) * a[q] + w * b[q]);
                Some(formants::distance(&formants::quantiles(&self.notes[n].bands)?, &straight))
            })
            .collect();
        if !between.is_empty() {
            let place = mean(between);
            out.set(Quantity::FormantPlace, place);
            out.set(Quantity::FormantShare, place / formants::distance(&a, &b));
        }
    }

    fn time(&self, out: &mut Measures) {
        let (a, b) = self.corners();
        let m = self.middle();
        let [ta, tb, tm] = [a, b, m].map(|n| envelope::attack_seconds(&n.frames, n.onset).log2());
        out.set(Quantity::Attack, (tm - 0.5 * (ta + tb)).abs());

        let onset = a.onset.min(b.onset);
        /// So quiet an echo bothers nobody, whatever the sources have.
        const QUIET_DB: f64 = -60.0;
        let echo = |n: &Note| envelope::pre_echo_db(&n.frames, onset);
        let worst = self.inner().iter().map(echo).fold(f64::NEG_INFINITY, f64::max);
        out.set(Quantity::PreEcho, worst - echo(a).max(echo(b)).max(QUIET_DB));

        let [ca, cb, cm] = [a, b, m].map(|n| envelope::contour(&n.frames, onset));
        let loudest = ca.iter().chain(&cb).copied().fold(0.0, f64::max);
        let db = |p: f64| 10.0 * (p / loudest).max(1e-6).log10();
        if loudest > 0.0 {
            let off = (0..cm.len()).map(|n| db(cm[n]) - 0.5 * (db(ca[n]) + db(cb[n])));
            out.set(Quantity::Envelope, rms(off));
        }
        let [a, b, m] = [a, b, m].map(|n| width::degrees(&n.frames, n.onset));
        out.set(Quantity::Width, (m - 0.5 * (a + b)).abs());
    }

    fn level(&self, out: &mut Measures) {
        let lufs: Vec<f64> = self.notes.iter().map(|n| loudness::momentary_lufs(&n.frames)).collect();
        let (a, b) = (lufs[0], lufs[lufs.len() - 1]);
        let off = lufs.iter().zip(&self.weights).map(|(l, w)| (l - (a + (b - a) * w)).abs());
        out.set(Quantity::Loudness, off.fold(0.0, f64::max));
        let inner = lufs[1..lufs.len() - 1].iter().copied().fold(f64::NEG_INFINITY, f64::max);
        out.set(Quantity::Louder, inner - a.max(b));
        let peak = |n: &Note| envelope::peak(&n.frames);
        let (a, b) = self.corners();
        let highest = self.notes.iter().map(peak).fold(0.0, f64::max);
        let inner = self.inner().iter().map(peak).fold(0.0, f64::max);
        out.set(Quantity::Peak, amplitude_db(inner) - amplitude_db(peak(a).max(peak(b))));
        out.set(Quantity::FullScale, amplitude_db(highest));
    }

    fn dips(&self, out: &mut Measures) {
        let (a, b) = self.corners();
        let origin = a.onset.min(b.onset);
        let all: Vec<Option<Dip>> = self.notes.windows(2).map(|w| dip(&w[0].frames, &w[1].frames, origin)).collect();
        let worst = |dips: &mut dyn Iterator<Item = &Option<Dip>>| dips.flatten().copied().reduce(Dip::worse);
        if let Some(d) = worst(&mut all[1..all.len() - 1].iter()) {
            out.set(Quantity::Dip, d.mean_db);
            out.set(Quantity::DipP5, d.p5_db);
        }
        if let Some(d) = worst(&mut [&all[0], &all[all.len() - 1]].into_iter()) {
            out.set(Quantity::CornerDip, d.mean_db);
            out.set(Quantity::CornerDipP5, d.p5_db);
        }
    }

    fn loops(&self, out: &mut Measures) {
        let seams: Vec<Option<seam::Seam>> = self.notes.iter().map(seam::measure).collect();
        let worst = |f: fn(&seam::Seam) -> f64| seams.iter().flatten().map(f).reduce(f64::max);
        out.set(Quantity::LoopClick, worst(|s| s.click_db));
        out.set(Quantity::LoopStep, worst(|s| s.step_db));
        out.set(Quantity::LoopRate, worst(|s| s.rate_db));
        if let (Some(Some(a)), Some(Some(b))) = (seams.first(), seams.last()) {
            let inner = seams[1..seams.len() - 1].iter().flatten().map(|s| s.rate_db).reduce(f64::max);
            out.set(Quantity::LoopRateOver, inner.map(|rate| rate - a.rate_db.max(b.rate_db)));
        }
    }
}
