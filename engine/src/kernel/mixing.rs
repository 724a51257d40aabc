//! Mixing the layers of a note.

use super::simd::{Path, Simd};
use crate::resident::Frames;

/// One layer: its frames, its weight at the first of them, and the weight's slope per frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layer<'a> {
    pub(crate) frames: Frames<'a>,
    pub(crate) weight: f32,
    pub(crate) slope: f32,
}

impl Layer<'_> {
    fn len(&self) -> usize {
        match self.frames {
            Frames::I16(f) => f.len(),
            Frames::F32(f) => f.len(),
        }
    }
}

/// Layers of one storage that are mixed in one pass, each from its frame `from` on.
pub(crate) struct Group<'a, T> {
    pub(super) sources: [&'a [[T; 2]]; BLEND],
    pub(super) from: usize,
    pub(super) weights: [f32; BLEND],
    pub(super) slopes: [f32; BLEND],
    pub(super) count: usize,
    /// Add to what is there instead of overwriting.
    pub(super) add: bool,
}

impl<'a, T> Group<'a, T> {
    const fn new(add: bool) -> Group<'a, T> {
        Group { sources: [&[]; BLEND], from: 0, weights: [0.0; BLEND], slopes: [0.0; BLEND], count: 0, add }
    }

    fn ramp(&mut self, from: usize, weights: &[f32; BLEND], to: &[f32; BLEND], per_frame: f32, scale: f32) {
        self.from = from;
        for k in 0..BLEND {
            self.weights[k] = weights[k] * scale;
            self.slopes[k] = (to[k] - weights[k]) * per_frame * scale;
        }
    }

    /// Is there room, for a source as long as the others?
    fn fits(&self, frames: &[[T; 2]]) -> bool {
        self.count < BLEND && (self.count == 0 || self.sources[0].len() == frames.len())
    }

    fn push(&mut self, frames: &'a [[T; 2]], weight: f32, slope: f32) {
        self.sources[self.count] = frames;
        self.weights[self.count] = weight;
        self.slopes[self.count] = slope;
        self.count += 1;
    }
}

/// Overwrites `left` and `right` with the weighted sum of the layers; no layers make silence.
/// Layers of another length than `left` are left out. Real-time safe.
pub(crate) fn mix(simd: Simd, left: &mut [f32], right: &mut [f32], layers: &[Layer<'_>]) {
    let frames = left.len().min(right.len());
    let (left, right) = (&mut left[..frames], &mut right[..frames]);
    let mut started = false;
    let mut ints: Group<'_, i16> = Group::new(false);
    let mut floats: Group<'_, f32> = Group::new(false);
    for layer in layers.iter().filter(|l| l.len() == frames) {
        match layer.frames {
            Frames::I16(f) => ints.push(f, layer.weight * (1.0 / 32768.0), layer.slope * (1.0 / 32768.0)),
            Frames::F32(f) => floats.push(f, layer.weight, layer.slope),
        }
        if ints.count == 4 {
            ints.add = started;
            mix_i16(simd, left, right, &ints);
            (started, ints) = (true, Group::new(true));
        }
        if floats.count == 4 {
            floats.add = started;
            mix_f32(simd, left, right, &floats);
            (started, floats) = (true, Group::new(true));
        }
    }
    if ints.count > 0 {
        ints.add = started;
        mix_i16(simd, left, right, &ints);
        started = true;
    }
    if floats.count > 0 {
        floats.add = started;
        mix_f32(simd, left, right, &floats);
        started = true;
    }
    if !started {
        left.fill(0.0);
        right.fill(0.0);
    }
}

/// Layers of one storage and length, looked up once to be mixed piece by piece.
pub(crate) struct Blend<'a> {
    ints: Group<'a, i16>,
    floats: Group<'a, f32>,
}

/// Layers of a [`Blend`] at most.
pub(crate) const BLEND: usize = 4;

impl<'a> Blend<'a> {
    pub(crate) const EMPTY: Blend<'a> = Blend { ints: Group::new(false), floats: Group::new(false) };

    /// Takes one layer more; false if that can't be. Real-time safe.
    pub(crate) fn push(&mut self, layer: Frames<'a>) -> bool {
        match layer {
            Frames::I16(frames) if self.floats.count == 0 && self.ints.fits(frames) => self.ints.push(frames, 0.0, 0.0),
            Frames::F32(frames) if self.ints.count == 0 && self.floats.fits(frames) => {
                self.floats.push(frames, 0.0, 0.0);
            }
            _ => return false,
        }
        true
    }

    /// Number of layers.
    pub(crate) fn layers(&self) -> usize {
        self.ints.count + self.floats.count
    }

    /// Frames of each layer.
    pub(crate) fn frames(&self) -> usize {
        self.ints.sources[0].len().max(self.floats.sources[0].len())
    }

    /// As [`mix`], of the layers' frames from `from` on, with weights that go from `weights` at the first
    /// frame to `to` behind the last. Silence if there are not as many frames (a caller's mistake).
    /// Real-time safe.
    pub(crate) fn mix(
        &mut self,
        simd: Simd,
        left: &mut [f32],
        right: &mut [f32],
        from: usize,
        weights: &[f32; BLEND],
        to: &[f32; BLEND],
    ) {
        let frames = left.len().min(right.len());
        let (left, right) = (&mut left[..frames], &mut right[..frames]);
        if self.layers() == 0 || from > self.frames() || frames > self.frames() - from {
            debug_assert!(false, "frames that are not there");
            left.fill(0.0);
            right.fill(0.0);
            return;
        }
        let per_frame = 1.0 / frames as f32;
        if self.ints.count > 0 {
            self.ints.ramp(from, weights, to, per_frame, 1.0 / 32768.0);
            mix_i16(simd, left, right, &self.ints);
        } else {
            self.floats.ramp(from, weights, to, per_frame, 1.0);
            mix_f32(simd, left, right, &self.floats);
        }
    }

    /// Asks the processor to bring the frames `range` into its cache. Real-time safe.
    pub(crate) fn prefetch(&self, range: std::ops::Range<usize>) {
        for from in range.step_by(LINE_FRAMES) {
            self.ints.sources[..self.ints.count].iter().for_each(|s| prefetch(Frames::I16(s), from));
            self.floats.sources[..self.floats.count].iter().for_each(|s| {
                prefetch(Frames::F32(s), from);
                prefetch(Frames::F32(s), from + LINE_FRAMES / 2);
            });
        }
    }
}

/// 16-bit frames in a cache line.
const LINE_FRAMES: usize = 16;

fn mix_i16(simd: Simd, left: &mut [f32], right: &mut [f32], group: &Group<'_, i16>) {
    match simd.0 {
        // SAFETY: the path exists only where the processor has it; all sources are as long as the
        // outputs from `from` on.
        #[cfg(target_arch = "x86_64")]
        Path::Avx2 => unsafe { super::avx2::mix_i16(left, right, group) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Path::Sse2 => unsafe { super::sse2::mix_i16(left, right, group) },
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        Path::Neon => unsafe { super::neon::mix_i16(left, right, group) },
        Path::Scalar => super::scalar::mix(left, right, group, 0, f32::from),
    }
}

fn mix_f32(simd: Simd, left: &mut [f32], right: &mut [f32], group: &Group<'_, f32>) {
    match simd.0 {
        // SAFETY: as in `mix_i16`.
        #[cfg(target_arch = "x86_64")]
        Path::Avx2 => unsafe { super::avx2::mix_f32(left, right, group) },
        // Two floats a frame: the compiler's own vectors do as well as ours.
        _ => super::scalar::mix(left, right, group, 0, |x| x),
    }
}

/// Asks the processor to bring the frames `ahead` of these into its cache. Real-time safe.
#[inline]
pub(crate) fn prefetch(frames: Frames<'_>, ahead: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        let address: *const i8 = match frames {
            Frames::I16(f) => f.as_ptr().wrapping_add(ahead).cast(),
            Frames::F32(f) => f.as_ptr().wrapping_add(ahead).cast(),
        };
        // SAFETY: a prefetch reads nothing and cannot fault, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(address) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (frames, ahead);
}
