//! Mixing the layers of a note.

use super::simd::{Path, Simd};
use crate::resident::{Frames, Strands};

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

/// Layers that are mixed in one pass at most.
pub(crate) const LAYERS: usize = Strands::MOST;

/// Layers of one storage that are mixed in one pass.
pub(crate) struct Group<'a, T> {
    pub(super) sources: [&'a [[T; 2]]; LAYERS],
    pub(super) weights: [f32; LAYERS],
    pub(super) slopes: [f32; LAYERS],
    pub(super) count: usize,
    /// Add to what is there instead of overwriting.
    pub(super) add: bool,
}

impl<'a, T> Group<'a, T> {
    const fn new(add: bool) -> Group<'a, T> {
        Group { sources: [&[]; LAYERS], weights: [0.0; LAYERS], slopes: [0.0; LAYERS], count: 0, add }
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
pub(crate) struct Blend<'a>(Strands<'a>);

/// Frames in which each layer's weight goes from where the last piece left it to `weights`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece {
    /// A multiple of eight is the fastest.
    pub(crate) frames: usize,
    /// Behind the last frame.
    pub(crate) weights: [f32; LAYERS],
}

impl Piece {
    pub(crate) const NONE: Piece = Piece { frames: 0, weights: [0.0; LAYERS] };
}

impl<'a> Blend<'a> {
    /// These, each of them a layer.
    #[inline]
    pub(crate) fn new(layers: Strands<'a>) -> Blend<'a> {
        Blend(layers)
    }

    /// Frames of each layer.
    pub(crate) fn frames(&self) -> usize {
        self.0.frames()
    }

    /// Writes the weighted sum of the layers, piece by piece from their first frames on, to `left` and
    /// `right`; `weights` are those at the first frame. What is written for a piece does not depend on the
    /// others. Silence if there are not as many frames (a caller's mistake). Real-time safe.
    #[inline(always)]
    pub(crate) fn mix(
        &self,
        simd: Simd,
        left: &mut [f32],
        right: &mut [f32],
        weights: &[f32; LAYERS],
        pieces: &[Piece],
    ) {
        let frames = pieces.iter().fold(0usize, |sum, piece| sum.saturating_add(piece.frames));
        if frames > left.len().min(right.len()).min(self.frames()) {
            debug_assert!(false, "frames that are not there");
            left.fill(0.0);
            right.fill(0.0);
            return;
        }
        #[cfg(target_arch = "x86_64")]
        if simd.0 == Path::Avx2
            && let Some(sources) = self.0.begins_i16()
            && pieces.iter().all(|piece| piece.frames.is_multiple_of(8))
        {
            // SAFETY: the path exists only where the processor has it; there are as many frames as was just
            // looked at.
            unsafe { super::avx2::mix_pieces(left, right, &sources[..self.0.count()], weights, pieces) };
            return;
        }
        self.mix_by_pieces(simd, left, right, weights, pieces);
    }

    /// As [`Blend::mix`]. By itself, so that it does not weigh upon the fastest path.
    #[inline(never)]
    fn mix_by_pieces(
        &self,
        simd: Simd,
        left: &mut [f32],
        right: &mut [f32],
        weights: &[f32; LAYERS],
        pieces: &[Piece],
    ) {
        let (mut from, mut at) = (weights, 0);
        for piece in pieces.iter().filter(|piece| piece.frames > 0) {
            let range = at..at + piece.frames;
            let (left, right) = (&mut left[range.clone()], &mut right[range.clone()]);
            let per_frame = 1.0 / piece.frames as f32;
            let layers: [_; LAYERS] = std::array::from_fn(|k| Layer {
                frames: match self.0.get(k) {
                    Frames::I16(frames) => Frames::I16(&frames[range.clone()]),
                    Frames::F32(frames) => Frames::F32(&frames[range.clone()]),
                },
                weight: from[k],
                slope: (piece.weights[k] - from[k]) * per_frame,
            });
            mix(simd, left, right, &layers[..self.0.count()]);
            (from, at) = (&piece.weights, range.end);
        }
    }

    /// Asks the processor to bring the frames `range`, counted from the first, into its cache: they may lie
    /// behind the last. Real-time safe.
    #[inline]
    pub(crate) fn prefetch(&self, range: std::ops::Range<usize>) {
        let per_line = match self.0.get(0) {
            Frames::I16(_) => LINE_BYTES / 4,
            Frames::F32(_) => LINE_BYTES / 8,
        };
        let mut at = range.start;
        while at < range.end {
            (0..LAYERS).for_each(|k| prefetch(self.0.get(k), at));
            at += per_line;
        }
    }
}

/// Bytes of a cache line.
const LINE_BYTES: usize = 64;

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
