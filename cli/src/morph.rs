//! `betwixt morph`: what lies between two or four recordings, as WAV files.

mod key;
mod places;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use betwixt_builder::Progress;
use betwixt_builder::import::Instrument;
use betwixt_builder::morph::{self, Input, Note, Set};
use betwixt_builder::prepare::Timeline;
use betwixt_builder::recipe::SourceRef;
use betwixt_builder::weights::Weights;
use betwixt_engine::atomic_file::{self, AtomicFile};
use betwixt_engine::wav::{Encoding, WavError, WavSpec};
use clap::{ArgGroup, Args, CommandFactory, ValueEnum};
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::interrupt::interruptions;
use crate::progress::Bar;
use crate::{Outcome, output};
use key::key;
pub(crate) use places::apart;
use places::{Axes, Grid, Place};

/// Rate of the files.
const RATE_HZ: u32 = 48_000;
/// The key where nothing tells one.
const MIDDLE_C: u8 = 60;
/// The file that lists the notes.
const SUMMARY: &str = "morph.json";

/// Write the sounds between two or four recordings
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("places").required(true))]
#[command(after_help = "Examples:
  betwixt morph flute_C5.wav oboe_C5.wav --grid 9x1 -o notes
  betwixt morph gm.sf2#0:0 gm.sf2#0:16 --root 60 --at 0.5,0 --sustain natural -o notes
  betwixt morph gm.sf2#0:40 gm.sf2#0:12 --axes x=timbre,y=dynamics --grid 5x5 -o notes

Each note is a 48 kHz stereo WAV file named by its place (0.25-0.50.wav), with its loop as a smpl
chunk; morph.json lists them with pitch, loop and loudness, and what to know about the sources.")]
pub struct Morph {
    /// Two or four sources: a WAV file, a folder of them, or FILE.sf2#BANK:PROGRAM. Two lie at x 0 and 1;
    /// four at the corners (0,0), (1,0), (0,1), (1,1)
    #[arg(required = true, num_args = 1.., value_name = "SOURCE")]
    sources: Vec<String>,
    /// Places on the pad, 0 to 1, one or more; past the sources from -0.25 to 1.25
    #[arg(long, value_name = "X,Y…", group = "places", allow_hyphen_values = true)]
    at: Vec<Place>,
    /// All places of a grid, like 9x9; 9x1 is a line
    #[arg(long, value_name = "CxR", group = "places")]
    grid: Option<Grid>,
    /// The folder to write into; it is made if need be. Files of the same names are replaced, others
    /// are left alone
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// The key of the sources: a MIDI key, or a note like C4 (which is 60). A single file is taken as
    /// recorded at it, whatever its name says [default: what names, chunks or listening tell]
    #[arg(long, value_name = "KEY", value_parser = key)]
    root: Option<u8>,
    /// How notes go on
    #[arg(long, value_enum, default_value_t = Sustain::Loop)]
    sustain: Sustain,
    /// The longest that a note may be, in seconds, 0.05 to 60
    #[arg(long, value_name = "S", default_value_t = 4.0, value_parser = seconds)]
    seconds: f64,
    /// Timbre and dynamics of two sources on axes of their own, which then lie at (0,0) and (1,1)
    #[arg(long, value_name = "x=timbre,y=dynamics")]
    axes: Option<Axes>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// How notes go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Sustain {
    /// Notes loop
    Loop,
    /// Notes end as recorded
    Natural,
}

/// Why notes could not be written.
#[derive(Debug, thiserror::Error)]
enum MorphError {
    /// A source's text means nothing.
    #[error("the source {text:?} must be {expected}")]
    Source { text: String, expected: String },
    /// The folder's place is taken.
    #[error("can't write into {}: it is {}; give -o the path of a folder", .0.display(), what(.0))]
    NoFolder(PathBuf),
    /// Ctrl-C.
    #[error("interrupted; notes in {} are whole, but not all are there, and there is no morph.json", .0.display())]
    Interrupted(PathBuf),
    /// A file that can't be written.
    #[error("can't write {}: {source}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    /// A WAV file that can't be written.
    #[error("can't write {}: {source}", path.display())]
    Wav { path: PathBuf, source: WavError },
}

/// What a path is that is no folder.
fn what(path: &Path) -> &'static str {
    match path.metadata() {
        Ok(there) if there.is_file() => "a file",
        Ok(_) => "no folder",
        Err(_) => "a link to nothing",
    }
}

/// What to say of notes with these peaks.
fn over_full_scale(peaks: &[f32]) -> Option<String> {
    let over = peaks.iter().filter(|p| **p > 1.0).count();
    let top = peaks.iter().fold(0.0f32, |top, p| top.max(*p));
    let db = 20.0 * top.log10();
    (over > 0).then(|| {
        format!(
            "{over} of {} notes pass full scale, by {db:.1} dB at most; as 32-bit float they are whole: lower them \
             before they are stored in another format",
            peaks.len()
        )
    })
}

impl Morph {
    /// Runs the command.
    ///
    /// # Errors
    /// When a source can't be used or a file can't be written.
    pub fn run(self) -> Outcome {
        let count = self.sources.len();
        if count != 2 && count != 4 {
            let are = if count == 1 { "is" } else { "are" };
            let text = format!("give two sources, or four: one for each corner; there {are} {count}");
            return Err(usage(&text));
        }
        if self.axes.is_some() && count != 2 {
            return Err(usage("--axes takes two sources apart: give two, or leave --axes out"));
        }
        let places = match self.grid {
            Some(grid) => grid.places(),
            None => self.at.clone(),
        };
        self.check_out(&places)?;
        let interrupted = interruptions();
        let bar = if self.json { Bar::hidden() } else { Bar::on_terminal() };
        let (set, root, mut warnings) = self.analyse(&bar)?;
        let folder = |source| MorphError::Write { path: self.out.clone(), source };
        std::fs::create_dir_all(&self.out).map_err(folder)?;
        // An older one would tell of notes that are about to be replaced. A link to it stays.
        let path = self.out.join(SUMMARY);
        let older = atomic_file::place(&path).and_then(std::fs::remove_file);
        if let Err(source) = older.or_else(|e| if e.kind() == ErrorKind::NotFound { Ok(()) } else { Err(e) }) {
            return Err(MorphError::Write { path, source }.into());
        }
        bar.begin("morphing notes", places.len() as u64);
        let notes = places
            .par_iter()
            .map(|place| {
                if interrupted.load(Ordering::Relaxed) {
                    return Err(MorphError::Interrupted(self.out.clone()));
                }
                let (timbre, dynamics) = self.weights(*place, count);
                let note = set.note(&timbre, &dynamics);
                let file = place.file_name();
                self.write(&note, &self.out.join(&file), root)?;
                bar.step();
                let peak = note.frames.iter().flatten().fold(0.0f32, |top, s| top.max(s.abs()));
                let json = json!({
                    "file": file,
                    "at": [place.x, place.y],
                    "f0_hz": note.f0_hz,
                    "loop": note.loop_frames.map(|l| json!({ "start": l.start, "end": l.end })),
                    "loudness_lufs": (note.loudness_lufs * 1000.0).round() / 1000.0,
                });
                Ok((json, peak))
            })
            .collect::<Result<Vec<(Value, f32)>, MorphError>>()?;
        bar.finish();
        let (notes, peaks): (Vec<Value>, Vec<f32>) = notes.into_iter().unzip();
        warnings.extend(over_full_scale(&peaks));
        let summary = json!({ "root": root, "sample_rate": RATE_HZ, "notes": notes, "warnings": warnings });
        let text = format!("{summary:#}\n");
        atomic_file::write(&path, |file| std::io::Write::write_all(file, text.as_bytes()))
            .map_err(|source| MorphError::Write { path: path.clone(), source })?;
        if self.json {
            output::json(&summary)?;
        } else {
            for warning in &warnings {
                eprintln!("warning: {warning}");
            }
            output::text(&format!("{}: {} notes of key {root}\n", self.out.display(), notes.len()))?;
        }
        Ok(())
    }

    /// Looks, before any work, whether the folder and its files can be written.
    fn check_out(&self, places: &[Place]) -> Result<(), MorphError> {
        if self.out.is_dir() {
            // A text that names no source is told when it is read.
            let sources: Vec<SourceRef> =
                self.sources.iter().filter_map(|text| SourceRef::parse(text, Path::new("")).ok()).collect();
            for name in places.iter().map(|place| place.file_name()) {
                let path = self.out.join(name);
                atomic_file::place_apart(&path, sources.iter().map(SourceRef::path))
                    .map_err(|source| MorphError::Write { path, source })?;
            }
            let path = self.out.join(SUMMARY);
            return AtomicFile::create(&path).map(drop).map_err(|source| MorphError::Write { path, source });
        }
        // The folder is still to be made: what it will lie in must be one, and nothing in its place.
        let mut above = self.out.ancestors().filter(|path| !path.as_os_str().is_empty());
        match above.find(|path| path.symlink_metadata().is_ok()) {
            Some(there) if !there.is_dir() => Err(MorphError::NoFolder(there.into())),
            _ => Ok(()),
        }
    }

    fn analyse(&self, bar: &Bar) -> Result<(Set, u8, Vec<String>), Box<dyn std::error::Error>> {
        bar.begin("listening to the sources", 1);
        let sources = self
            .sources
            .iter()
            .map(|text| {
                SourceRef::parse(text, Path::new(""))
                    .map_err(|expected| MorphError::Source { text: text.clone(), expected })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let root = match self.root {
            Some(root) => root,
            None => common_root(&sources)?,
        };
        let open = if self.root.is_some() { Instrument::open_as } else { Instrument::open_at };
        let instruments = sources.iter().map(|s| open(s, &[], root)).collect::<Result<Vec<_>, _>>()?;
        let inputs = instruments
            .iter()
            .map(|i| Ok(Input { recordings: i.note(root)?, raise_cents: 0.0, gain_db: 0.0 }))
            .collect::<Result<Vec<_>, betwixt_builder::import::ImportError>>()?;
        let timeline = Timeline {
            rate_hz: f64::from(RATE_HZ),
            frames: (self.seconds * f64::from(RATE_HZ)).round() as usize,
            looping: self.sustain == Sustain::Loop,
        };
        let (set, found) = morph::analyse(&inputs, root, timeline);
        let mut warnings: Vec<String> =
            instruments.iter().flat_map(|i| i.warnings.iter().map(|w| format!("{}: {w}", i.name))).collect();
        warnings.extend(instruments.iter().filter_map(|i| transposed(i, root)));
        warnings.extend(found.into_iter().map(|(i, w)| format!("{}: {w}", instruments[i].name)));
        if self.sustain == Sustain::Loop && set.plan().loop_frames.is_none() {
            let seconds = self.seconds;
            warnings.push(format!(
                "there is no loop, and the notes end: no source sustains, or {seconds} s leave no room for one"
            ));
        }
        bar.step();
        Ok((set, root, warnings))
    }

    /// Weights of timbre and of dynamics at a place.
    fn weights(&self, place: Place, count: usize) -> (Vec<f64>, Vec<f64>) {
        match self.axes {
            Some(axes) => {
                let (timbre, dynamics) = axes.of(place);
                (vec![1.0 - timbre, timbre], vec![1.0 - dynamics, dynamics])
            }
            None => {
                let anchors: &[[f64; 2]] = match count {
                    2 => &[[0.0, 0.0], [1.0, 0.0]],
                    _ => &[[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]],
                };
                let weights = Weights::new(anchors).beyond([place.x, place.y]);
                (weights.clone(), weights)
            }
        }
    }

    fn write(&self, note: &Note, path: &Path, root: u8) -> Result<(), MorphError> {
        let spec =
            WavSpec { root: Some(root), loop_frames: note.loop_frames, ..WavSpec::stereo(RATE_HZ, Encoding::Float32) };
        spec.write_file(path, note.frames.as_flattened())
            .map_err(|source| MorphError::Wav { path: path.into(), source })
    }
}

/// A length of notes.
fn seconds(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|s| (0.05..=60.0).contains(s));
    value.ok_or_else(|| format!("{text:?} is no length; write seconds from 0.05 to 60"))
}

/// Wrong usage that the argument parser can't see.
fn usage(text: &str) -> Box<dyn std::error::Error> {
    crate::Cli::command().error(clap::error::ErrorKind::WrongNumberOfValues, text).into()
}

/// What to say of a source that was recorded at another key. A folder's nearest recording may be some
/// keys away, and a preset says itself how far its samples reach.
fn transposed(instrument: &Instrument, root: u8) -> Option<String> {
    let nearest = *instrument.roots.iter().min_by_key(|r| r.abs_diff(root))?;
    let off = nearest.abs_diff(root);
    let least = match (instrument.is_preset(), instrument.roots.len()) {
        (true, _) => return None,
        (_, 1) => 1,
        _ => 12,
    };
    let (name, how) = (&instrument.name, if nearest < root { "raised" } else { "lowered" });
    (off >= least)
        .then(|| format!("{name}: it is recorded at key {nearest} and was {how} by {off} semitones to key {root}"))
}

/// The key that the sources have in common, or the first one's that tells.
fn common_root(sources: &[SourceRef]) -> Result<u8, betwixt_builder::import::ImportError> {
    let mut last = None;
    for source in sources {
        match Instrument::open(source, &[]) {
            Ok(found) if found.roots.len() == 1 => return Ok(found.roots[0]),
            Ok(_) => {}
            Err(e @ betwixt_builder::import::ImportError::NoNotes { .. }) => last = Some(e),
            Err(e) => return Err(e),
        }
    }
    match last {
        Some(e) if sources.len() < 2 => Err(e),
        _ => Ok(MIDDLE_C),
    }
}
