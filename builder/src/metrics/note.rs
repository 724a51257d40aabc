//! A note to be measured.

use betwixt_engine::resident::LoopFrames;

use super::envelope;
use super::spectrogram::Spectrogram;

/// Stereo frames at 48 kHz, with what most quantities need of them.
#[derive(Debug, Clone)]
pub struct Note {
    /// The sound.
    pub frames: Vec<[f32; 2]>,
    /// Its loop, inside the sound.
    pub loop_frames: Option<LoopFrames>,
    /// Where it begins to sound.
    pub onset: usize,
    /// Band powers, from the onset on.
    pub bands: Spectrogram,
}

impl Note {
    /// Seconds that a looped note is played for, at least: what quantities look at, and a margin.
    const PLAYED_SECONDS: f64 = 4.0;

    /// Looks at a sound. A loop is played round until there are 4 s; one that does not lie in the
    /// sound counts as none.
    pub fn new(mut frames: Vec<[f32; 2]>, loop_frames: Option<LoopFrames>) -> Note {
        let loop_frames = loop_frames.filter(|l| l.start < l.end && l.end <= frames.len());
        if let Some(points) = loop_frames {
            let wanted = (Note::PLAYED_SECONDS * super::RATE_HZ) as usize;
            let span = points.end - points.start;
            if frames.len() < wanted {
                frames.truncate(points.end);
                for n in points.end..wanted {
                    frames.push(frames[n - span]);
                }
            }
        }
        let onset = envelope::onset(&frames);
        let bands = Spectrogram::new(&frames, onset);
        Note { frames, loop_frames, onset, bands }
    }
}
