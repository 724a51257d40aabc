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
}
