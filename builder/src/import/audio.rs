//! One WAV file, or a folder of them.
//!
//! Which note a file is: its name (when one scheme fits the whole folder and the pitches do not
//! contradict it; a clearly harmonic sound is sure, but for octaves), then its `inst` chunk, then
//! its `smpl` chunk (unless all files say 60), then pitch detection. Velocity layers: the one
//! nearest to a medium touch (100) is taken; of several takes, the first.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use betwixt_engine::bytes::FileBytes;
use betwixt_engine::wav::{self, Layout};

use super::names::{self, Channel, Kind, Labels, Velocity};
use super::{ImportError, pitch};
use crate::morph::pitch as harmonics;
use crate::morph::prepare;
use crate::morph::spectrum::LongSpectrum;
use crate::recipe::LONGEST_SECONDS;
use crate::recording::Recording;

/// The velocity whose layer is taken.
const VELOCITY: i32 = 100;
/// The warning where nothing but the sound told the notes.
pub(super) const HEARD: &str = "the notes were found by listening; name the files by note to be sure";
/// No more of a file is read, unless its loop ends later or it is raised (which makes it shorter):
/// as much as the longest note, and a little for what lies before the onset.
const READ_SECONDS: f64 = LONGEST_SECONDS + 4.0;
/// Programs that write to a pipe claim about 2 or 4 GiB of audio.
const STREAMED_BYTES: u64 = 0x7FFF_0000;
/// No more of it is listened to.
const LISTENED_SECONDS: f64 = 20.0;
/// Names further from what is heard, in semitones, are no notes.
const FAR: f64 = 18.0;
/// Files that are listened to when the octave of note names must be found.
const LISTENED: usize = 8;

/// Files by the key that they were recorded at.
pub(super) struct Files {
    pub(super) warnings: Vec<String>,
    /// Nothing but the sound told the notes.
    pub(super) is_heard: bool,
    notes: BTreeMap<u8, Note>,
}

struct Note {
    path: PathBuf,
    /// The right channel, where it lies in a file of its own.
    right: Option<PathBuf>,
    /// How far the recording sounds above its key.
    fine_cents: f64,
}

/// A file and what its header says.
struct Header {
    path: PathBuf,
    root: Option<u8>,
    fine_cents: f64,
    layout: Layout,
}

impl Files {
    pub(super) fn open(path: &Path) -> Result<Files, ImportError> {
        let headers = list(path)?.into_iter().map(Header::read).collect::<Result<Vec<_>, _>>()?;
        let stems: Vec<String> =
            headers.iter().map(|h| h.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()).collect();
        let roots = HeaderRoots::of(&headers);
        let (mut reasons, mut doubt) = (Vec::new(), None);
        let schemes = names::schemes(&stems);
        for scheme in &schemes {
            match octave(scheme, &headers, &roots) {
                Ok(shift) => {
                    let notes: Vec<i32> = scheme.notes.iter().map(|n| n + shift).collect();
                    if notes.iter().all(|n| (0..=127).contains(n)) {
                        return Ok(Files::gather(&headers, &notes, &scheme.labels));
                    }
                    reasons.push("the note names lie outside MIDI's range".to_owned());
                }
                Err(off) => {
                    let why = format!("the names, taken for notes, lie {off:+.1} semitones from what is heard");
                    // Other numbers in names are no notes that anybody meant.
                    doubt = doubt.or_else(|| (off.abs() <= FAR).then(|| why.clone()));
                    reasons.push(why);
                }
            }
        }
        let labels = names::labels(&stems);
        if let HeaderRoots::Given(roots) = &roots {
            return Ok(Files::gather(&headers, roots, &labels));
        }
        let heard: Option<Vec<i32>> = headers
            .iter()
            .map(|h| listen(&h.path).map(|h| h.key.round() as i32).filter(|n| (0..=127).contains(n)))
            .collect();
        if let Some(heard) = heard {
            let mut files = Files::gather(&headers, &heard, &labels);
            files.is_heard = true;
            files.warnings.extend(doubt);
            files.warnings.push(HEARD.into());
            return Ok(files);
        }
        // Not all can be heard: better names that are in doubt than none.
        if let Some(scheme) = schemes.iter().find(|s| s.notes.iter().all(|n| (0..=127).contains(n))) {
            let mut files = Files::gather(&headers, &scheme.notes, &scheme.labels);
            files.warnings.extend(doubt);
            return Ok(files);
        }
        if let HeaderRoots::AllSixty = roots {
            return Ok(Files::gather(&headers, &vec![60; headers.len()], &labels));
        }
        let why = if reasons.is_empty() { "no names, no chunks, no clear pitch".into() } else { reasons.join("; ") };
        Err(ImportError::NoNotes { path: path.into(), why })
    }

    /// One file, taken as recorded at `root`, whatever its name says.
    pub(super) fn single(path: &Path, root: u8) -> Result<Files, ImportError> {
        let header = Header::read(path.into())?;
        let note = Note { path: path.into(), right: None, fine_cents: 0.0 };
        Ok(Files { warnings: complaints(&[&header]), is_heard: false, notes: BTreeMap::from([(root, note)]) })
    }

    pub(super) fn roots(&self) -> Vec<u8> {
        self.notes.keys().copied().collect()
    }

    /// The nearest recorded note, the lower of two.
    pub(super) fn note(&self, key: u8) -> Result<Recording, ImportError> {
        let (&root, note) =
            self.notes.iter().min_by_key(|(root, _)| root.abs_diff(key)).expect("an instrument has a note");
        let raise_cents = 100.0 * (f64::from(key) - f64::from(root)) - note.fine_cents;
        let read = |path: &Path| {
            let seconds = READ_SECONDS * (raise_cents.max(0.0) / 1200.0).exp2();
            wav::read_first(path, seconds).map_err(|source| ImportError::Wav { path: path.into(), source })
        };
        let wav = read(&note.path)?;
        let mut frames = wav.stereo();
        if let Some(right) = &note.right {
            for (frame, other) in frames.iter_mut().zip(read(right)?.stereo()) {
                frame[1] = other[0];
            }
        }
        let loop_frames = wav.loop_frames();
        Ok(Recording { loop_frames, raise_cents, ..Recording::plain(frames, f64::from(wav.sample_rate_hz)) })
    }

    /// Chooses one layer and take for each note, and joins channels.
    fn gather(headers: &[Header], notes: &[i32], labels: &[Labels]) -> Files {
        let velocities = Velocities::of(labels);
        let mut by_note: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
        for (i, note) in notes.iter().enumerate() {
            by_note.entry(*note as u8).or_default().push(i);
        }
        let note = |(root, files): (u8, Vec<usize>)| {
            let rank = |i: &usize| (velocities.off(labels[*i].velocity), labels[*i].take, *i);
            let first = files.iter().copied().min_by_key(rank).expect("a note has a file");
            let like = Labels { channel: None, ..labels[first] };
            let channel =
                |wanted| files.iter().copied().find(|&i| labels[i] == Labels { channel: Some(wanted), ..like });
            let (left, right) = match (channel(Channel::Left), channel(Channel::Right)) {
                (Some(left), Some(right)) => (left, Some(right)),
                _ => (first, None),
            };
            let note = Note {
                path: headers[left].path.clone(),
                right: right.map(|i| headers[i].path.clone()),
                fine_cents: headers[left].fine_cents,
            };
            (root, note)
        };
        let notes: BTreeMap<u8, Note> = by_note.into_iter().map(note).collect();
        let is_used = |h: &&Header| notes.values().any(|n| n.path == h.path || n.right.as_ref() == Some(&h.path));
        let mut warnings = complaints(&headers.iter().filter(is_used).collect::<Vec<_>>());
        if velocities.layers.len() > 1 {
            let count = velocities.layers.len();
            warnings.push(format!("of {count} velocity layers the one nearest to {VELOCITY} is taken"));
        }
        Files { warnings, is_heard: false, notes }
    }
}

impl Header {
    fn read(path: PathBuf) -> Result<Header, ImportError> {
        let file = FileBytes::open(&path).map_err(|source| ImportError::Read { path: path.clone(), source })?;
        let layout = Layout::find(&file).map_err(|source| ImportError::Wav { path: path.clone(), source })?;
        let (root, fine_cents) = match (layout.inst, layout.smpl) {
            (Some(inst), Some(smpl)) if inst.fine_cents == 0 && inst.root == smpl.root => {
                (Some(inst.root), smpl.fine_cents)
            }
            (Some(inst), _) => (Some(inst.root), -f32::from(inst.fine_cents)),
            (None, Some(smpl)) if smpl.root != 0 || smpl.first_loop.is_some() => (Some(smpl.root), smpl.fine_cents),
            _ => (None, 0.0),
        };
        Ok(Header { path, root, fine_cents: f64::from(fine_cents), layout })
    }
}

/// What the files' chunks say about their notes.
enum HeaderRoots {
    /// A root for each file, and they differ (or there is one file, and it is not the default 60).
    Given(Vec<i32>),
    /// Every file says 60, which programs write when they know nothing.
    AllSixty,
    /// Nothing.
    None,
}

impl HeaderRoots {
    fn of(headers: &[Header]) -> HeaderRoots {
        let Some(roots) = headers.iter().map(|h| h.root.map(i32::from)).collect::<Option<Vec<_>>>() else {
            return HeaderRoots::None;
        };
        match roots.iter().all(|r| *r == 60) {
            true => HeaderRoots::AllSixty,
            false => HeaderRoots::Given(roots),
        }
    }
}

/// How velocities of a folder are meant.
struct Velocities {
    /// Layers from soft to loud.
    layers: Vec<Velocity>,
    /// Numbers are MIDI velocities, not ordinals.
    midi: bool,
}

impl Velocities {
    fn of(labels: &[Labels]) -> Velocities {
        let mut layers: Vec<Velocity> = labels.iter().filter_map(|l| l.velocity).collect();
        layers.sort_unstable();
        layers.dedup();
        let numbers: Vec<u16> =
            layers.iter().filter_map(|v| if let Velocity::Number(n) = v { Some(*n) } else { None }).collect();
        let dense = numbers.windows(2).all(|w| w[1] == w[0] + 1);
        let midi = !numbers.is_empty() && (numbers.iter().any(|n| *n > 32) || !dense);
        Velocities { layers, midi }
    }

    /// How far a layer lies from a medium touch.
    fn off(&self, velocity: Option<Velocity>) -> i32 {
        let Some(velocity) = velocity else { return 0 };
        if let (Velocity::Number(n), true) = (velocity, self.midi) {
            return (i32::from(n) - VELOCITY).abs();
        }
        // Equal bands over 1…127, the loudest on top.
        let at = self.layers.iter().position(|l| *l == velocity).unwrap_or(0) as i32;
        let wanted = (VELOCITY - 1) * self.layers.len() as i32 / 127;
        (at - wanted).abs()
    }
}

/// How many semitones to add to the names of a scheme: 0 or ±12, since middle C is called C3, C4
/// or C5. The error says how far the names lie from what is heard, where they can't be notes.
fn octave(scheme: &names::Scheme, headers: &[Header], roots: &HeaderRoots) -> Result<i32, f64> {
    if let HeaderRoots::Given(roots) = roots {
        let shift = roots[0] - scheme.notes[0];
        let agree = roots.iter().zip(&scheme.notes).all(|(root, note)| root - note == shift);
        if agree && (shift == 0 || (scheme.kind == Kind::Letters && shift.abs() == 12)) {
            return Ok(shift);
        }
    }
    let step = headers.len().div_ceil(LISTENED);
    let heard: Vec<(f64, bool)> = (0..headers.len())
        .step_by(step)
        .filter_map(|i| listen(&headers[i].path).map(|h| (h.key - f64::from(scheme.notes[i]), h.is_clear)))
        .collect();
    if heard.is_empty() {
        return Ok(0);
    }
    let mut off: Vec<f64> = heard.iter().map(|h| h.0).collect();
    off.sort_by(f64::total_cmp);
    let median = off[off.len() / 2];
    let is_octaves = |off: f64| (off - 12.0 * (off / 12.0).round()).abs() < 0.8;
    let most = |count: usize| count * 2 > heard.len();
    let sure = most(heard.iter().filter(|h| is_octaves(h.0)).count());
    // A bell is heard anywhere; a sound that is clearly harmonic is what it is.
    let contradicted = most(heard.iter().filter(|h| h.1 && !is_octaves(h.0)).count());
    // Letters can be whole octaves off by their convention; numbers that far off are something else.
    let conventional = sure && scheme.kind == Kind::Letters;
    if contradicted || (!conventional && median.abs() > FAR) {
        return Err(-median);
    }
    match scheme.kind {
        Kind::Letters if sure => Ok((12.0 * (median / 12.0).round()).clamp(-12.0, 12.0) as i32),
        // Numbers are exact, and an inharmonic sound is heard anywhere: the names stand.
        _ => Ok(0),
    }
}

/// What is heard of a file.
struct Heard {
    /// The pitch as a MIDI key with fractions.
    key: f64,
    /// The sound is clearly harmonic: it can have no other pitch, but for octaves.
    is_clear: bool,
}

fn listen(path: &Path) -> Option<Heard> {
    let wav = wav::read_first(path, LISTENED_SECONDS).ok()?;
    let (frames, rate_hz) = (wav.stereo(), f64::from(wav.sample_rate_hz));
    let f0_hz = pitch::detect(&frames, rate_hz)?;
    let onset = prepare::onset(&frames, rate_hz).unwrap_or(0);
    let spectrum = LongSpectrum::of(prepare::steady(&frames, onset, rate_hz), rate_hz);
    let is_clear = harmonics::harmonic(&spectrum).is_some_and(|hz| harmonics::is_octaves(hz, f0_hz));
    Some(Heard { key: 69.0 + 12.0 * (f0_hz / 440.0).log2(), is_clear })
}

/// What is missing in files, or is in them and not used.
fn complaints(headers: &[&Header]) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut warn = |text: &dyn Fn(&Layout) -> Option<String>| {
        let found: Vec<_> = headers.iter().filter_map(|h| Some((h, text(&h.layout)?))).collect();
        if let Some((first, what)) = found.first() {
            let name = match headers.len() {
                1 => "the file".into(),
                _ => first.path.file_name().unwrap_or_default().to_string_lossy(),
            };
            let more = match found.len() - 1 {
                0 => String::new(),
                1 => " (1 more file is like that)".into(),
                n => format!(" ({n} more files are like that)"),
            };
            warnings.push(format!("{name} {what}{more}"));
        }
    };
    warn(&|l| {
        let streamed = l.claimed_frames.saturating_mul(l.frame_bytes() as u64) >= STREAMED_BYTES;
        let seconds = |frames: u64| frames as f64 / f64::from(l.sample_rate_hz);
        (l.claimed_frames > l.frames && !streamed)
            .then(|| format!("is cut short: {:.2} of {:.2} s are there", seconds(l.frames), seconds(l.claimed_frames)))
    });
    warn(&|l| {
        (l.channels > 2).then(|| format!("has {} channels: the first two are used, the others are not", l.channels))
    });
    warnings
}

/// The file itself, or the WAV files of a folder in the order of their names.
fn list(path: &Path) -> Result<Vec<PathBuf>, ImportError> {
    if !path.is_dir() {
        return Ok(vec![path.into()]);
    }
    let read = |source| ImportError::Read { path: path.into(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(read)? {
        let file = entry.map_err(read)?.path();
        let hidden = file.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        if !hidden && file.is_file() && file.extension().is_some_and(|e| e.eq_ignore_ascii_case("wav")) {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() { Err(ImportError::EmptyFolder(path.into())) } else { Ok(files) }
}

#[cfg(test)]
mod tests;
