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

/// Layers of one storage that are mixed in one pass: pointers to `frames` frames each.
pub(super) struct Group<'a, T> {
    pub(super) sources: [&'a [[T; 2]]; 4],
    pub(super) weights: [f32; 4],
    pub(super) slopes: [f32; 4],
    pub(super) count: usize,
    /// Add to what is there instead of overwriting.
    pub(super) add: bool,
}

impl<'a, T> Group<'a, T> {
    fn new(add: bool) -> Group<'a, T> {
        Group { sources: [&[]; 4], weights: [0.0; 4], slopes: [0.0; 4], count: 0, add }
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

fn mix_i16(simd: Simd, left: &mut [f32], right: &mut [f32], group: &Group<'_, i16>) {
    match simd.0 {
        // SAFETY: the path exists only where the processor has it; all sources are as long as the
        // outputs.
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
