//! Coefficient tables: kernels sampled at some phases, with a line or a parabola from each to the next.

use std::sync::OnceLock;

use super::MAX_TAPS;
use super::design::{Design, window};

/// Quality of pitch shifting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quality {
    /// 8 taps near the root, 16 when shifting up.
    Eco,
    /// 16 taps near the root, up to 32 when shifting up.
    Normal,
    /// 32 taps near the root, up to 48 when shifting up.
    Best,
}

impl Quality {
    /// By the index of the parameter's choice.
    pub(crate) fn from_choice(index: f64) -> Quality {
        match index as usize {
            0 => Quality::Eco,
            1 => Quality::Normal,
            _ => Quality::Best,
        }
    }
}

/// What lies between two phases, and so how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Between {
    /// Lines between 256 phases: 104 dB over their own images at a third of the source's rate. One load
    /// and one multiplication less per eight taps than parabolas, for three times the memory.
    Lines,
    /// Parabolas between 64 phases: some 140 dB. Lines would need 2048 phases for that.
    Parabolas,
}

impl Between {
    /// log2 of the phases.
    fn bits(self) -> u32 {
        match self {
            Between::Lines => 8,
            Between::Parabolas => 6,
        }
    }

    /// Coefficients of the polynomial.
    fn parts(self) -> usize {
        match self {
            Between::Lines => 2,
            Between::Parabolas => 3,
        }
    }
}

/// Points of a frame at which kernels are known: every phase and every middle of a parabola is one.
const FINE: usize = 256;

/// Windows by length and shape: most of the cost of a kernel, and many share one.
#[derive(Default)]
struct Windows(Vec<(usize, f64, Vec<f64>)>);

impl Windows {
    fn get(&mut self, taps: usize, beta: f64) -> &[f64] {
        let at = self.0.iter().position(|(t, b, _)| (*t, *b) == (taps, beta)).unwrap_or_else(|| {
            self.0.push((taps, beta, window(taps, beta, FINE)));
            self.0.len() - 1
        });
        &self.0[at].2
    }
}

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; 16]);

/// What all taps are at each point of a frame, point after point, so that rows are made by vector instructions.
/// The kernel is even: the taps before its centre are those after it, backwards.
fn by_point(side: &[f64], taps: usize) -> Vec<f64> {
    let mut points = vec![0.0; (FINE + 1) * taps];
    for (fine, point) in points.chunks_exact_mut(taps).enumerate() {
        let (before, after) = point.split_at_mut(taps / 2);
        let ahead = side[fine..].iter().step_by(FINE);
        before.iter_mut().rev().zip(ahead).for_each(|(tap, v)| *tap = *v);
        let behind = side[FINE - fine..].iter().step_by(FINE);
        after.iter_mut().zip(behind).for_each(|(tap, v)| *tap = *v);
    }
    points
}

/// One kernel as numbers. A row belongs to a phase and holds two or three parts of `taps` values: the
/// coefficient of tap `k` is `part₀[k] + part₁[k] · fraction + part₂[k] · fraction²`.
pub(crate) struct Table {
    taps: usize,
    between: Between,
    /// In cache lines, so that vector loads are aligned.
    lines: Box<[Line]>,
}

impl Table {
    fn new(design: &Design, between: Between, windows: &mut Windows) -> Table {
        let taps = design.taps;
        let side = design.side(windows.get(taps, design.beta), FINE);
        let (phases, parts) = (1 << between.bits(), between.parts());
        let points = by_point(&side, taps);
        let step = FINE / phases;
        let mut rows = vec![0.0f32; phases * parts * taps];
        for (phase, row) in rows.chunks_exact_mut(parts * taps).enumerate() {
            let [a, m, b] = [0, step / 2, step].map(|fine| &points[(phase * step + fine) * taps..][..taps]);
            let (value, rest) = row.split_at_mut(taps);
            let (slope, bend) = rest.split_at_mut(taps);
            for k in 0..taps {
                value[k] = a[k] as f32;
                slope[k] = match between {
                    Between::Lines => b[k] - a[k],
                    Between::Parabolas => 4.0 * m[k] - 3.0 * a[k] - b[k],
                } as f32;
            }
            for (k, bend) in bend.iter_mut().enumerate() {
                *bend = (2.0 * (a[k] + b[k]) - 4.0 * m[k]) as f32;
            }
        }
        let (lines, []) = rows.as_chunks() else { unreachable!("taps are a multiple of 8, phases of 2") };
        let lines = lines.iter().map(|line| Line(*line)).collect();
        Table { taps, between, lines }
    }

    /// Length in taps: a multiple of eight.
    pub(crate) fn taps(&self) -> usize {
        self.taps
    }

    /// log2 of the number of phases.
    pub(crate) fn phase_bits(&self) -> u32 {
        self.between.bits()
    }

    /// Parts of a row: two or three.
    pub(super) fn parts(&self) -> usize {
        self.between.parts()
    }

    /// All rows; row `p` begins at `p · parts · taps`.
    pub(super) fn values(&self) -> &[f32] {
        let len = (self.between.parts() * self.taps) << self.between.bits();
        // SAFETY: `Line` is an array of 16 f32 without padding, and `new` made room for `len`.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast::<f32>(), len) }
    }
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("taps", &self.taps).finish_non_exhaustive()
    }
}

/// Upper ends of the bands of ratios, in semitones above the source's pitch; above the last, one
/// more band. Each has its own cutoff, for its upper end: the narrower a band, the less treble is
/// lost at its lower end.
const BANDS_SEMITONES: [f64; 16] =
    [0.5, 1.5, 2.5, 3.5, 5.0, 6.5, 7.5, 8.5, 10.0, 12.0, 15.0, 18.0, 21.0, 24.0, 30.0, 36.0];

/// The end of the last band, in semitones.
const MOST_SEMITONES: f64 = 48.0;

/// The kernels of a quality.
struct Plan {
    near: Design,
    /// Semitones up to which `near` serves.
    near_to: f64,
    /// Where the stopband of the others begins, over the output's Nyquist: what lies between folds
    /// to the very top, where it is not heard.
    stopband: f64,
    /// Shape of the others' window.
    beta: f64,
    /// Length of the one whose band ends at so many semitones.
    taps: fn(f64) -> usize,
    between: Between,
}

/// What folds lands above 20 kHz, so up to 2.5 semitones nothing need be cut. The images are the
/// lowest up to 13 kHz of the source, where the sound is; at 16 kHz they are 37 dB down.
const ECO: Plan = Plan {
    near: Design { taps: 8, cutoff: 0.46, beta: 6.5 },
    near_to: 2.5,
    stopband: 28.0 / 24.0,
    beta: 6.0,
    taps: |_| 16,
    between: Between::Parabolas,
};

/// What folds lands above 22 kHz.
const NORMAL: Plan = Plan {
    near: Design { taps: 16, cutoff: 0.44, beta: 11.0 },
    near_to: 0.5,
    stopband: 26.0 / 24.0,
    beta: 9.3,
    taps: |to| if to <= 3.5 { 24 } else { 32 },
    between: Between::Lines,
};

/// What folds lands above 22 kHz.
const BEST: Plan = Plan {
    near: Design { taps: 32, cutoff: 0.49, beta: 14.0 },
    near_to: 0.5,
    stopband: 26.0 / 24.0,
    beta: 12.0,
    taps: |to| if to <= 3.5 { 40 } else { MAX_TAPS },
    between: Between::Parabolas,
};

/// The tables of a quality.
struct Bank {
    tables: Box<[Table]>,
    /// Upper ends of their bands as steps, 32.32; the last table has none.
    ends: Box<[u64]>,
}

impl Bank {
    fn new(plan: &Plan, windows: &mut Windows) -> Bank {
        let ratio = |semitones: f64| (semitones / 12.0).exp2();
        let ends = || BANDS_SEMITONES.into_iter().filter(|to| *to >= plan.near_to);
        let far = ends().skip(1).chain([MOST_SEMITONES]).map(|to| {
            let edge = plan.stopband * 0.5 / ratio(to);
            Design::with_stopband((plan.taps)(to), plan.beta, edge)
        });
        Bank {
            tables: [plan.near]
                .into_iter()
                .chain(far)
                .map(|design| Table::new(&design, plan.between, windows))
                .collect(),
            ends: ends().map(|to| (ratio(to) * 4_294_967_296.0) as u64).collect(),
        }
    }
}

/// Every table of the process: built once, shared by all engines.
pub(crate) struct Tables {
    /// By quality.
    banks: [Bank; 3],
}

impl Tables {
    /// The tables; the first call builds them (a few milliseconds, allocates).
    pub(crate) fn shared() -> &'static Tables {
        static SHARED: OnceLock<Tables> = OnceLock::new();
        SHARED.get_or_init(|| {
            let mut windows = Windows::default();
            Tables { banks: [ECO, NORMAL, BEST].map(|plan| Bank::new(&plan, &mut windows)) }
        })
    }

    /// Which kernel plays a step (32.32) in this quality. Real-time safe.
    pub(crate) fn choose(&self, quality: Quality, step: u64) -> KernelId {
        let ends = &self.banks[quality as usize].ends;
        KernelId { quality, band: ends.iter().take_while(|end| step > **end).count() as u8 }
    }

    /// Is this kernel the one that [`Tables::choose`] gives? Real-time safe.
    #[inline]
    pub(crate) fn is_chosen(&self, id: KernelId, quality: Quality, step: u64) -> bool {
        let ends = &self.banks[quality as usize].ends;
        let band = usize::from(id.band);
        id.quality == quality
            && ends.get(band).is_none_or(|end| step <= *end)
            && (band == 0 || ends.get(band - 1).is_some_and(|end| step > *end))
    }

    /// The table of a kernel. Real-time safe.
    pub(crate) fn get(&self, id: KernelId) -> &Table {
        let tables = &self.banks[id.quality as usize].tables;
        &tables[usize::from(id.band).min(tables.len() - 1)]
    }
}

/// Names a table of [`Tables`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KernelId {
    quality: Quality,
    band: u8,
}
