//! What a voice reads next: which chunks and when, and which cells as the point moves.

use crate::demand::VoiceDemand;
use crate::resident::CHUNK_FRAMES;

/// The chunks that a voice reads in its next `span` frames, in order, each with the frames until then.
/// `frames` is the note's length.
pub(super) fn chunks_ahead(voice: &VoiceDemand, frames: usize, span: usize, mut each: impl FnMut(usize, usize)) {
    let mut cursor = voice.cursor.min(frames);
    let mut done = 0;
    // A short loop comes back to the same chunks: so many steps show them all.
    for _ in 0..64 {
        if done > span {
            break;
        }
        let (chunk, len) = if voice.reverse {
            let looped = voice.looped.filter(|l| cursor > l.start);
            let Some(last) = cursor.checked_sub(1) else { break };
            let len = (last % CHUNK_FRAMES + 1).min(cursor - looped.map_or(0, |l| l.start));
            cursor -= len;
            if let Some(l) = looped.filter(|l| l.start == cursor) {
                cursor = l.end;
            }
            (last / CHUNK_FRAMES, len)
        } else {
            let looped = voice.looped.filter(|l| cursor < l.end);
            let border = looped.map_or(frames, |l| l.end);
            if cursor >= border {
                break;
            }
            let (chunk, len) = (cursor / CHUNK_FRAMES, (CHUNK_FRAMES - cursor % CHUNK_FRAMES).min(border - cursor));
            cursor += len;
            if let Some(l) = looped.filter(|l| l.end == cursor) {
                cursor = l.start;
            }
            (chunk, len)
        };
        each(chunk, done);
        done += len;
    }
}

/// A grid of cells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pad {
    pub(super) columns: usize,
    pub(super) rows: usize,
}

impl Pad {
    /// The first line of the square that a place lies in.
    fn line(at: f32, lines: usize) -> usize {
        ((at.clamp(0.0, 1.0) * lines.saturating_sub(1) as f32) as usize).min(lines.saturating_sub(2))
    }

    /// The cells at `distance` lines from the square round a point: its corners at 0.
    pub(super) fn ring(self, point: [f32; 2], distance: usize, mut each: impl FnMut(usize)) {
        let (column, row) = (Pad::line(point[0], self.columns), Pad::line(point[1], self.rows));
        let span = |first: usize, lines: usize| {
            first.saturating_sub(distance)..=(first + 1 + distance).min(lines.saturating_sub(1))
        };
        let outside = |at: usize, first: usize| first.saturating_sub(at).max(at.saturating_sub(first + 1));
        for y in span(row, self.rows) {
            for x in span(column, self.columns) {
                if outside(x, column).max(outside(y, row)) == distance {
                    each(y * self.columns + x);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resident::LoopFrames;

    fn ahead(voice: VoiceDemand, frames: usize, span: usize) -> Vec<(usize, usize)> {
        let mut all = Vec::new();
        chunks_ahead(&voice, frames, span, |chunk, until| all.push((chunk, until)));
        all
    }

    const C: usize = CHUNK_FRAMES;

    #[test]
    fn a_voice_goes_on_to_the_end_of_its_note() {
        let voice = VoiceDemand { cursor: C + 96, ..VoiceDemand::NONE };
        assert_eq!(ahead(voice, 4 * C, 2 * C), [(1, 0), (2, C - 96), (3, 2 * C - 96)]);
        assert_eq!(ahead(voice, 2 * C, 9 * C), [(1, 0)]);
        let back = VoiceDemand { cursor: C + 96, reverse: true, ..VoiceDemand::NONE };
        assert_eq!(ahead(back, 4 * C, 9 * C), [(1, 0), (0, 96)]);
    }

    #[test]
    fn a_loop_comes_back() {
        let looped = Some(LoopFrames { start: C / 2, end: 2 * C });
        let voice = VoiceDemand { cursor: C, looped, ..VoiceDemand::NONE };
        assert_eq!(ahead(voice, 9 * C, 2 * C), [(1, 0), (0, C), (1, C + C / 2)]);
        let tiny = Some(LoopFrames { start: 10, end: 20 });
        let voice = VoiceDemand { cursor: 10, looped: tiny, ..VoiceDemand::NONE };
        assert!(ahead(voice, C, 100_000).iter().all(|(chunk, _)| *chunk == 0));
    }

    #[test]
    fn rings_go_round_the_square_of_a_point() {
        let ring = |pad: Pad, point, distance| {
            let mut all = Vec::new();
            pad.ring(point, distance, |cell| all.push(cell));
            all
        };
        let pad = Pad { columns: 5, rows: 5 };
        assert_eq!(ring(pad, [0.4, 0.4], 0), [6, 7, 11, 12]);
        assert_eq!(ring(pad, [0.4, 0.4], 1), [0, 1, 2, 3, 5, 8, 10, 13, 15, 16, 17, 18]);
        assert_eq!(ring(pad, [1.0, 1.0], 0), [18, 19, 23, 24]);
        assert_eq!(ring(Pad { columns: 1, rows: 1 }, [0.5, 0.5], 0), [0]);
        assert_eq!(ring(Pad { columns: 2, rows: 1 }, [0.5, 0.5], 0), [0, 1]);
    }
}
