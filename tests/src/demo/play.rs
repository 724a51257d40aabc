//! The clip and the curves through the plugin.

use super::{DemoError, Parts};
use crate::clap_host::{Bundle, HostFailure, Instance, StateDocument};
use crate::clip::Clip;
use crate::curve::Curve;
use crate::take::Take;
use crate::timeline::{Play, Timeline};
use betwixt_engine::params::Param;
use std::path::Path;

/// Rate of the demo.
pub(super) const SAMPLE_RATE_HZ: f64 = 48_000.0;
const BLOCK: usize = 256;
/// A value of X and Y every so many frames, none of them at a block's start but the first: 750 a
/// second is denser than hosts send.
const AUTOMATION_FRAMES: u64 = 63;
/// Notes that keep a place of their own are held there so often.
const MODULATION_FRAMES: u64 = 4 * AUTOMATION_FRAMES;
/// The instrument's volume: factory packs are soft, so that chords of many notes have room.
const VOLUME_DB: f64 = 6.0;
/// The tail ends when a whole stretch of this length stays below [`QUIET`].
const TAIL_STRETCH: usize = 12_000;
const QUIET: f32 = 1e-5;
const LONGEST_TAIL_SECONDS: f64 = 10.0;
const SHORTEST_SECONDS: f64 = 8.0;

/// What is played.
#[derive(Debug, Clone)]
pub struct Score {
    /// The notes and controllers.
    pub clip: Clip,
    /// Automation of X.
    pub x: Curve,
    /// Automation of Y.
    pub y: Curve,
    /// Parts that do not follow them.
    pub parts: Parts,
}

impl Score {
    /// Reads the files.
    ///
    /// # Errors
    /// When one of them is missing or wrong.
    pub fn read(clip: &Path, x: &Path, y: &Path, parts: &Path) -> Result<Score, DemoError> {
        Ok(Score { clip: Clip::read(clip)?, x: Curve::read(x)?, y: Curve::read(y)?, parts: Parts::read(parts)? })
    }

    fn timeline(&self) -> Timeline {
        let frames = (self.x.end_seconds().max(self.y.end_seconds()) * SAMPLE_RATE_HZ) as u64 + 1;
        let mut timeline = Timeline::new();
        for (param, curve) in [(Param::X, &self.x), (Param::Y, &self.y)] {
            timeline.merge(&curve.automate(param, SAMPLE_RATE_HZ, AUTOMATION_FRAMES, frames));
        }
        timeline.push(0, Play::Set(Param::Gain, VOLUME_DB));
        let notes = self.clip.timeline(SAMPLE_RATE_HZ);
        timeline.merge(&notes);
        timeline.merge(&self.parts.hold(&notes, &self.x, &self.y, SAMPLE_RATE_HZ, MODULATION_FRAMES));
        timeline
    }
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Performance {
    /// The bounce: what is written to disk.
    pub take: Take,
    /// The same notes in realtime mode, as fast as they go: for the load.
    pub live: Take,
    /// The pack that played, as the plugin's state names it.
    pub pack_name: String,
    /// The most notes that sounded at once, releases included.
    pub most_notes: usize,
    /// Notes begun, and notes whose end the plugin reported.
    pub notes: (usize, usize),
}

/// Plays the score: once offline, as a bounce, and once in realtime mode.
///
/// # Errors
/// When the plugin fails.
pub fn perform(bundle: &Bundle, score: &Score) -> Result<Performance, HostFailure> {
    let timeline = score.timeline();
    let mut instance = Instance::new(bundle)?;
    instance.set_offline(true)?;
    instance.activate(SAMPLE_RATE_HZ, BLOCK as u32)?;
    let take = play(&mut instance, score, &timeline)?;
    let pack_name = StateDocument::read(&instance.save()?)
        .ok()
        .and_then(|d| d.betwixt.get("pack")?.get("name")?.as_str().map(str::to_owned))
        .unwrap_or_default();
    instance.deactivate();
    instance.set_offline(false)?;
    instance.activate(SAMPLE_RATE_HZ, BLOCK as u32)?;
    let live = play(&mut instance, score, &timeline)?;
    let (most_notes, notes) = count_notes(&timeline, &take);
    Ok(Performance { take, live, pack_name, most_notes, notes })
}

fn play(instance: &mut Instance, score: &Score, timeline: &Timeline) -> Result<Take, HostFailure> {
    let params = instance.params().to_vec();
    let processor = instance.processor();
    processor.set_tempo(score.clip.tempo_bpm);
    let clip_frames = (score.clip.end_seconds() * SAMPLE_RATE_HZ).ceil() as usize + 1;
    let mut take = processor.play(timeline, &params, clip_frames, || BLOCK)?;
    let rest = Timeline::new();
    let longest = clip_frames + (LONGEST_TAIL_SECONDS * SAMPLE_RATE_HZ) as usize;
    while take.frames() < longest {
        let part = processor.play(&rest, &params, TAIL_STRETCH, || BLOCK)?;
        let quiet = part.onset(QUIET).is_none();
        take.append(part);
        if quiet && take.seconds() >= SHORTEST_SECONDS {
            break;
        }
    }
    Ok(take)
}

/// From what went in and what the plugin reported back.
fn count_notes(timeline: &Timeline, take: &Take) -> (usize, (usize, usize)) {
    let begins = timeline.events().iter().filter(|(_, p)| matches!(p, Play::On { .. })).map(|(f, _)| (*f, 1i32));
    let ends = take.note_ends();
    let mut steps: Vec<(u64, i32)> = begins.chain(ends.iter().map(|(_, f)| (*f, -1))).collect();
    let begun = steps.len() - ends.len();
    steps.sort_unstable();
    let (mut now, mut most) = (0, 0);
    for (_, step) in steps {
        now += step;
        most = most.max(now);
    }
    (usize::try_from(most).unwrap_or(0), (begun, ends.len()))
}
