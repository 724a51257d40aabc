//! One note of a build: what its sources are like, and its cells; made, or found in the cache.
//!
//! Three sorts of results are kept, each by the hash of what it depends on:
//!
//! | kept | depends on |
//! | --- | --- |
//! | `note` | the recordings of its sources and how they are to be taken: length, loop, names of the analyses |
//! | `source` | one source's sound, tuned and looped: its analysis |
//! | `cell` | the analyses of those sources that the cell has any of, weights, storage, gain |
//!
//! So another sound on one corner leaves the others' analyses, and the cells in which that corner
//! has no part, as they are (unless the loop that all sources of a note share has to move).

use std::sync::atomic::{AtomicUsize, Ordering};

use betwixt_engine::pack::{self, CellStorage, CellTags, EncodedCell};
use betwixt_engine::resident::LoopFrames;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::error::import_error;
use super::{Build, BuildError, Progress, octaves_above};
use crate::cache::{Hasher, Key};
use crate::cells::Cells;
use crate::looping;
use crate::morph::Input;
use crate::picture::{self, Measure};
use crate::recipe::Storage;

/// What was made.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Sources analysed.
    pub(crate) analysed: AtomicUsize,
    /// Cells made.
    pub(crate) made: AtomicUsize,
}

/// What is known of a note when its sources have been listened to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Facts {
    /// Length of each cell.
    pub(super) frames: usize,
    /// Start and end of the loop.
    pub(super) loop_frames: Option<(usize, usize)>,
    /// How far each source's brightness lies above its fundamental.
    pub(super) octaves: Vec<Option<f64>>,
    /// The worst loop seam of the sources.
    pub(super) worst_seam_db: Option<f64>,
    /// Warnings, with the number of their source.
    pub(super) warnings: Vec<(usize, String)>,
    /// The sources as analysed.
    parts: Vec<Key>,
}

/// A cell.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct MadeCell {
    /// The entry.
    bytes: Vec<u8>,
    /// The loudest sample, before any gain.
    pub(super) peak: f32,
    pub(super) measure: Measure,
}

impl MadeCell {
    pub(super) fn encoded(self, storage: Storage) -> EncodedCell {
        EncodedCell { extension: if storage == Storage::Flac { "flac" } else { "wav" }, bytes: self.bytes }
    }
}

/// A note on its way.
pub(super) struct NoteBuild {
    /// Which of the build's notes.
    pub(super) index: usize,
    pub(super) facts: Facts,
    /// The loudest sample of its cells so far, before any gain.
    pub(super) peak: f32,
    gain: f32,
    /// The sources; only where something has to be made.
    cells: Option<Cells>,
}

impl NoteBuild {
    pub(super) fn new(build: &Build, index: usize, gain: f32) -> Result<NoteBuild, BuildError> {
        let inputs = inputs(build, index)?;
        let Some(cache) = build.cache else {
            let (cells, facts) = prepare(build, index, &inputs)?;
            return Ok(NoteBuild { index, facts, peak: 0.0, gain, cells: Some(cells) });
        };
        let key = note_key(build, index, &inputs);
        if let Some(facts) = cache.get::<Facts>("note", key) {
            return Ok(NoteBuild { index, facts, peak: 0.0, gain, cells: None });
        }
        let (cells, facts) = prepare(build, index, &inputs)?;
        cache.put("note", key, &facts);
        Ok(NoteBuild { index, facts, peak: 0.0, gain, cells: Some(cells) })
    }

    fn loop_frames(&self) -> Option<LoopFrames> {
        self.facts.loop_frames.map(|(start, end)| LoopFrames { start, end })
    }

    fn cell_key(&self, build: &Build, cell: usize) -> Key {
        let (recipe, weighting) = (build.recipe, &build.cells[cell]);
        let mut hasher = Hasher::new("cell");
        hasher.text(&format!("{:?} {:?}", recipe.method, recipe.storage));
        hasher.whole(u64::from(recipe.sample_rate_hz)).number(f64::from(self.gain));
        hasher.whole(u64::from(build.notes[self.index].root)).whole(cell as u64);
        hasher.whole(self.facts.frames as u64).text(&format!("{:?}", self.facts.loop_frames));
        hasher.numbers(&weighting.timbre).numbers(&weighting.dynamics);
        for source in weighting.sources() {
            hasher.whole(source as u64).result(self.facts.parts[source]);
        }
        hasher.key()
    }

    fn make(&self, build: &Build, cells: &Cells, cell: usize) -> Result<MadeCell, BuildError> {
        let root = build.notes[self.index].root;
        let recipe = build.recipe;
        let tags = CellTags { sample_rate_hz: recipe.sample_rate_hz, root, loop_frames: self.loop_frames() };
        let storage = match recipe.storage {
            Storage::Flac => CellStorage::Flac,
            Storage::Pcm16 => CellStorage::Pcm16,
            Storage::Pcm24 => CellStorage::Pcm24,
            Storage::Float => CellStorage::Float,
        };
        let mut sound = cells.cell(&build.cells[cell]);
        let peak = sound.iter().flatten().fold(0.0f32, |peak, v| peak.max(v.abs()));
        if self.gain < 1.0 {
            sound.iter_mut().flatten().for_each(|s| *s *= self.gain);
        }
        // The dither of each cell is its own, and the same in every build.
        let seed = (u64::from(root) << 32) | cell as u64;
        let encoded = pack::encode_cell(&sound, tags, storage, seed).map_err(|source| BuildError::Cell {
            root,
            column: cell % recipe.columns,
            row: cell / recipe.columns,
            source,
        })?;
        build.counts.made.fetch_add(1, Ordering::Relaxed);
        Ok(MadeCell { bytes: encoded.bytes, peak, measure: picture::measure(&sound, build.timeline.rate_hz) })
    }
}

/// Some cells of some notes: (note, cell), found or made, in order.
pub(super) fn cells(
    build: &Build,
    notes: &mut [NoteBuild],
    jobs: &[(usize, usize)],
    progress: &dyn Progress,
) -> Result<Vec<MadeCell>, BuildError> {
    let find = |&(n, c): &(usize, usize)| -> Option<MadeCell> {
        let found = build.cache?.get("cell", notes[n].cell_key(build, c));
        if found.is_some() {
            progress.step();
        }
        found
    };
    let found: Vec<Option<MadeCell>> = jobs.par_iter().map(find).collect();
    // Sources that were not needed so far.
    for (&(n, _), found) in jobs.iter().zip(&found) {
        if found.is_none() && notes[n].cells.is_none() {
            let (cells, _) = prepare(build, notes[n].index, &inputs(build, notes[n].index)?)?;
            notes[n].cells = Some(cells);
        }
    }
    let notes = &*notes;
    let make = |(&(n, c), found): (&(usize, usize), Option<MadeCell>)| {
        if let Some(found) = found {
            return Ok(found);
        }
        let note = &notes[n];
        let cells = note.cells.as_ref().expect("what is to be made has its sources");
        let made = note.make(build, cells, c)?;
        if let Some(cache) = build.cache {
            cache.put("cell", note.cell_key(build, c), &made);
        }
        progress.step();
        Ok(made)
    };
    jobs.par_iter().zip(found).map(make).collect()
}

/// What the sources of a note are made from.
pub(super) fn inputs(build: &Build, index: usize) -> Result<Vec<Input>, BuildError> {
    let recipe = build.recipe;
    let input = |(i, instrument): (usize, &crate::import::Instrument)| {
        let anchor = &recipe.anchors[i];
        let recordings = instrument.note(build.notes[index].root).map_err(|e| import_error(recipe, i, e))?;
        Ok(Input { recordings, raise_cents: anchor.tune_cents, gain_db: anchor.gain_db })
    };
    build.instruments.iter().enumerate().map(input).collect()
}

fn note_key(build: &Build, index: usize, inputs: &[Input]) -> Key {
    let timeline = build.timeline;
    let mut hasher = Hasher::new("note");
    hasher.text(&format!("{:?}", build.recipe.method));
    hasher.whole(u64::from(build.notes[index].root));
    hasher.number(timeline.rate_hz).whole(timeline.frames as u64).whole(u64::from(timeline.looping));
    for input in inputs {
        hasher.number(input.raise_cents).number(input.gain_db).whole(input.recordings.len() as u64);
        for recording in &input.recordings {
            recording.hash(&mut hasher);
        }
    }
    hasher.key()
}

/// Brings the sources of a note on one timeline and listens to them.
fn prepare(build: &Build, index: usize, inputs: &[Input]) -> Result<(Cells, Facts), BuildError> {
    let root = build.notes[index].root;
    let rate_hz = build.timeline.rate_hz;
    let (cells, parts, warnings) =
        Cells::prepare(build.recipe.method, inputs, root, build.timeline, build.cache, &build.counts);
    let count = inputs.len();
    if (0..count).all(|i| cells.source(i).iter().flatten().all(|s| *s == 0.0)) {
        return Err(BuildError::Silent { root });
    }
    let worst_seam_db = cells.loop_frames().and_then(|points| {
        (0..count)
            .into_par_iter()
            .map(|i| looping::seam::click_db(cells.source(i), points, rate_hz))
            .filter(|db| db.is_finite())
            .reduce_with(f64::max)
    });
    let facts = Facts {
        frames: cells.frames(),
        loop_frames: cells.loop_frames().map(|l| (l.start, l.end)),
        octaves: (0..count).map(|i| octaves_above(cells.source(i), root, rate_hz)).collect(),
        worst_seam_db,
        warnings,
        parts,
    };
    Ok((cells, facts))
}
