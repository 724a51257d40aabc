//! Coefficient tables: kernels sampled at some phases, with a polynomial from each to the next.

use std::sync::OnceLock;

use super::MAX_TAPS;
use super::design::{Design, window};

/// Quality of pitch shifting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quality {
    /// Four points, cubic.
    Eco,
    /// Windowed sinc, 16 taps near the root and more when shifting up.
    Normal,
    /// Windowed sinc, 32 taps near the root and more when shifting up.
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

/// log2 of the phases of a sinc's table.
const BITS: u32 = 6;
/// Half phases of a frame: the parabolas' middle points too.
const FINE: usize = 2 << BITS;

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

/// One kernel as numbers. A row belongs to a phase and holds `order + 1` parts of `taps` values:
/// the coefficients of tap `k` are `Σ part[o][k] · fractionᵒ`.
pub(crate) struct Table {
    taps: usize,
    order: usize,
    phase_bits: u32,
    /// In cache lines, so that vector loads are aligned.
    lines: Box<[Line]>,
}

impl Table {
    /// `parts(phase, k)` are the polynomial's parts of tap `k`, the constant first.
    fn new<const PARTS: usize>(taps: usize, phase_bits: u32, parts: impl Fn(usize, usize) -> [f64; PARTS]) -> Table {
        let order = PARTS - 1;
        let phases = 1usize << phase_bits;
        let row = taps * (order + 1);
        let mut lines = vec![Line([0.0; 16]); (phases * row).div_ceil(16)].into_boxed_slice();
        for phase in 0..phases {
            for k in 0..taps {
                for (o, part) in parts(phase, k).into_iter().enumerate() {
                    let at = phase * row + o * taps + k;
                    lines[at / 16].0[at % 16] = part as f32;
                }
            }
        }
        Table { taps, order, phase_bits, lines }
    }

    /// A windowed sinc with 64 phases and parabolas between them.
    fn sinc(design: &Design, windows: &mut Windows) -> Table {
        let taps = design.taps;
        // The kernel is even: one side of it is enough.
        let side = design.side(windows.get(taps, design.beta), FINE);
        let value = |k: usize, fine: usize| {
            let t = (k as isize - taps as isize / 2 + 1) * FINE as isize - fine as isize;
            side.get(t.unsigned_abs()).copied().unwrap_or(0.0)
        };
        Table::new(taps, BITS, |phase, k| {
            let (a, m, b) = (value(k, 2 * phase), value(k, 2 * phase + 1), value(k, 2 * phase + 2));
            [a, 4.0 * m - 3.0 * a - b, 2.0 * (a + b) - 4.0 * m]
        })
    }

    /// The cubic through two points with slopes from their neighbours (Catmull-Rom).
    fn hermite() -> Table {
        const PARTS: [[f64; 4]; 4] =
            [[0.0, 1.0, 0.0, 0.0], [-0.5, 0.0, 0.5, 0.0], [1.0, -2.5, 2.0, -0.5], [-0.5, 1.5, -1.5, 0.5]];
        Table::new(4, 0, |_, k| PARTS.map(|part| part[k]))
    }

    /// Length in taps.
    pub(crate) fn taps(&self) -> usize {
        self.taps
    }

    /// Degree of the polynomial between phases.
    pub(super) fn order(&self) -> usize {
        self.order
    }

    /// log2 of the number of phases.
    pub(crate) fn phase_bits(&self) -> u32 {
        self.phase_bits
    }

    /// All rows; row `p` begins at `p · taps · (order + 1)`.
    pub(super) fn values(&self) -> &[f32] {
        let len = (self.taps * (self.order + 1)) << self.phase_bits;
        // SAFETY: `Line` is an array of 16 f32 without padding, and `new` made room for `len`.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast::<f32>(), len) }
    }
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("taps", &self.taps).field("order", &self.order).finish()
    }
}

/// Upper ends of the bands of ratios, in semitones above the source's pitch; above the last, one
/// more band. Each has its own cutoff, for its upper end.
const BANDS_SEMITONES: [f64; 13] = [0.5, 2.0, 3.5, 5.0, 6.5, 8.0, 10.0, 12.0, 15.0, 18.0, 21.0, 24.0, 36.0];

/// Where the stopband begins, over the output's Nyquist: what lies between folds to the very top,
/// where it is not heard.
const STOPBAND_OVER_NYQUIST: f64 = 1.06;

/// Every table of the process: built once, shared by all engines.
pub(crate) struct Tables {
    hermite: Table,
    normal: Box<[Table]>,
    best: Box<[Table]>,
    /// Upper ends of the bands as steps, 32.32.
    band_ends: Vec<u64>,
}

impl Tables {
    /// The tables; the first call builds them (a few milliseconds, allocates).
    pub(crate) fn shared() -> &'static Tables {
        static SHARED: OnceLock<Tables> = OnceLock::new();
        SHARED.get_or_init(Tables::build)
    }

    fn build() -> Tables {
        let ratio = |semitones: f64| (semitones / 12.0).exp2();
        let mut windows = Windows::default();
        let mut bank = |near: Design, beta: f64, taps: &dyn Fn(f64) -> usize| -> Box<[Table]> {
            let tops = BANDS_SEMITONES.iter().copied().chain([48.0]);
            tops.enumerate()
                .map(|(band, top)| match band {
                    0 => Table::sinc(&near, &mut windows),
                    _ => {
                        let edge = STOPBAND_OVER_NYQUIST * 0.5 / ratio(top);
                        Table::sinc(&Design::with_stopband(taps(top), beta, edge), &mut windows)
                    }
                })
                .collect()
        };
        let near_normal = Design { taps: 16, cutoff: 0.44, beta: 11.0 };
        let near_best = Design { taps: 32, cutoff: 0.49, beta: 14.0 };
        Tables {
            hermite: Table::hermite(),
            normal: bank(near_normal, 8.5, &|top| if top <= 3.5 { 24 } else { 32 }),
            best: bank(near_best, 11.5, &|top| if top <= 3.5 { 40 } else { MAX_TAPS }),
            band_ends: BANDS_SEMITONES.iter().map(|s| (ratio(*s) * 4_294_967_296.0) as u64).collect(),
        }
    }

    /// Which kernel plays a step (32.32) in this quality. Real-time safe.
    pub(crate) fn choose(&self, quality: Quality, step: u64) -> KernelId {
        match quality {
            Quality::Eco => KernelId { quality, band: 0 },
            _ => KernelId { quality, band: self.band_ends.iter().take_while(|end| step > **end).count() as u8 },
        }
    }

    /// The table of a kernel. Real-time safe.
    pub(crate) fn get(&self, id: KernelId) -> &Table {
        let bank = match id.quality {
            Quality::Eco => return &self.hermite,
            Quality::Normal => &self.normal,
            Quality::Best => &self.best,
        };
        &bank[usize::from(id.band).min(bank.len() - 1)]
    }
}

/// Names a table of [`Tables`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KernelId {
    quality: Quality,
    band: u8,
}
