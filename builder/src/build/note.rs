//! One note of a build: what its sources are like, and its cells; made, or found in the cache.
//!
//! Four sorts of results are kept, each by the hash of what it depends on:
//!
//! | kept | depends on |
//! | --- | --- |
//! | `note` | the recordings of its sources and how they are to be taken: length, loop, names of the analyses |
//! | `source` | one source's sound, tuned and looped: its analysis |
//! | `sound` | the analyses of those sources that the cell has any of, and weights: peak, brightness, level |
//! | `cell` | its sound, storage and gain: the entry of the pack |
//!
//! So another sound on one corner leaves the others' analyses, and the cells in which that corner
//! has no part, as they are: unless the loop that all sources of a note share has to move, for then
//! every source is another sound.
//!
//! A build goes through the notes twice: [`listen`] makes all sounds, and tells the peak from which
//! the pack's gain follows; [`encode`] makes entries of them. While no sound clips, entries are made
//! and kept at once: a build that is stopped goes on where it was.

use std::sync::atomic::{AtomicUsize, Ordering};

use betwixt_engine::pack::{self, CellStorage, CellTags, EncodedCell};
use betwixt_engine::resident::LoopFrames;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::error::import_error;
use super::spool::{Place, Spool};
use super::{Build, BuildError, Progress, octaves_above, steps};
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

/// What a cell's sound is like, before any gain.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Heard {
    /// The loudest sample.
    pub(super) peak: f32,
    pub(super) measure: Measure,
}

/// A cell that was listened to.
struct Sound {
    heard: Heard,
    /// Where it waits, if it was made in this build.
    place: Option<Place>,
}

/// A note on its way.
pub(super) struct NoteBuild {
    /// Which of the build's notes.
    pub(super) index: usize,
    pub(super) facts: Facts,
    /// All of its cells, once they were listened to.
    sounds: Vec<Sound>,
    /// The sources; only where something has to be made.
    cells: Option<Cells>,
}

impl NoteBuild {
    pub(super) fn new(build: &Build, index: usize) -> Result<NoteBuild, BuildError> {
        let inputs = inputs(build, index)?;
        let note = |facts, cells| NoteBuild { index, facts, sounds: Vec::new(), cells };
        let Some(cache) = build.cache else {
            let (cells, facts) = prepare(build, index, &inputs)?;
            return Ok(note(facts, Some(cells)));
        };
        let key = note_key(build, index, &inputs);
        if let Some(facts) = cache.get::<Facts>("note", key) {
            return Ok(note(facts, None));
        }
        let (cells, facts) = prepare(build, index, &inputs)?;
        cache.put("note", key, &facts);
        Ok(note(facts, Some(cells)))
    }

    /// What its cells are like.
    pub(super) fn heard(&self) -> impl Iterator<Item = Heard> {
        self.sounds.iter().map(|s| s.heard)
    }

    /// Lets go of the sources.
    pub(super) fn rest(&mut self) {
        self.cells = None;
    }

    fn sound_key(&self, build: &Build, cell: usize) -> Hasher {
        let (recipe, weighting) = (build.recipe, &build.cells[cell]);
        let mut hasher = Hasher::new("sound");
        hasher.text(&format!("{:?}", recipe.method)).whole(u64::from(recipe.sample_rate_hz));
        hasher.whole(u64::from(build.notes[self.index].root)).whole(cell as u64);
        hasher.whole(self.facts.frames as u64).text(&format!("{:?}", self.facts.loop_frames));
        hasher.numbers(&weighting.timbre).numbers(&weighting.dynamics);
        // Phases are told against the first source's.
        for source in std::iter::once(0).chain(weighting.sources()) {
            hasher.whole(source as u64).result(self.facts.parts[source]);
        }
        hasher
    }

    fn cell_key(&self, build: &Build, cell: usize, gain: f32) -> Key {
        let mut hasher = self.sound_key(build, cell);
        hasher.text(&format!("{:?}", build.recipe.storage)).number(f64::from(gain));
        hasher.key()
    }

    /// Prepares the sources, unless they are.
    fn need_sources(&mut self, build: &Build) -> Result<(), BuildError> {
        if self.cells.is_none() {
            self.cells = Some(prepare(build, self.index, &inputs(build, self.index)?)?.0);
        }
        Ok(())
    }

    fn make(&self, build: &Build, cell: usize) -> Vec<[f32; 2]> {
        let cells = self.cells.as_ref().expect("what is to be made has its sources");
        build.counts.made.fetch_add(1, Ordering::Relaxed);
        cells.cell(&build.cells[cell])
    }

    /// A sound as an entry of the pack.
    fn entry(
        &self,
        build: &Build,
        cell: usize,
        mut sound: Vec<[f32; 2]>,
        gain: f32,
    ) -> Result<EncodedCell, BuildError> {
        let recipe = build.recipe;
        let root = build.notes[self.index].root;
        let loop_frames = self.facts.loop_frames.map(|(start, end)| LoopFrames { start, end });
        let tags = CellTags { sample_rate_hz: recipe.sample_rate_hz, root, loop_frames };
        if gain < 1.0 {
            sound.iter_mut().flatten().for_each(|s| *s *= gain);
        }
        // The dither of each cell is its own, and the same in every build.
        let seed = (u64::from(root) << 32) | cell as u64;
        pack::encode_cell(&sound, tags, cell_storage(recipe.storage), seed).map_err(|source| BuildError::Cell {
            root,
            column: cell % recipe.columns,
            row: cell / recipe.columns,
            source,
        })
    }
}

/// All sounds of some notes: listened to, or known from before.
pub(super) fn listen(
    build: &Build,
    notes: &mut [NoteBuild],
    spool: &Spool,
    progress: &dyn Progress,
) -> Result<(), BuildError> {
    let jobs: Vec<(usize, usize)> =
        (0..notes.len()).flat_map(|n| (0..build.cells.len()).map(move |c| (n, c))).collect();
    let find = |&(n, c): &(usize, usize)| build.cache?.get("sound", notes[n].sound_key(build, c).key());
    let kept: Vec<Option<Heard>> = jobs.par_iter().map(find).collect();
    for (&(n, _), _) in jobs.iter().zip(&kept).filter(|(_, kept)| kept.is_none()) {
        notes[n].need_sources(build)?;
    }
    let hear = |(&(n, c), kept): (&(usize, usize), Option<Heard>)| {
        let sound = match kept {
            Some(heard) => Sound { heard, place: None },
            None => {
                let sound = notes[n].make(build, c);
                let peak = sound.iter().flatten().fold(0.0f32, |peak, v| peak.max(v.abs()));
                let heard = Heard { peak, measure: picture::measure(&sound, build.timeline.rate_hz) };
                if build.softer_db(peak) > 0.0 {
                    build.clips.store(true, Ordering::Relaxed);
                }
                if let Some(cache) = build.cache {
                    cache.put("sound", notes[n].sound_key(build, c).key(), &heard);
                    if !build.clips.load(Ordering::Relaxed) {
                        let entry = notes[n].entry(build, c, sound.clone(), 1.0)?;
                        cache.put("cell", notes[n].cell_key(build, c, 1.0), &entry.bytes);
                    }
                }
                Sound { heard, place: Some(spool.put(&sound).map_err(BuildError::Spool)?) }
            }
        };
        progress.advance(steps::CELL);
        Ok(sound)
    };
    let mut sounds = jobs.par_iter().zip(kept).map(hear).collect::<Result<Vec<_>, BuildError>>()?.into_iter();
    for note in notes {
        note.sounds = sounds.by_ref().take(build.cells.len()).collect();
    }
    Ok(())
}

/// Some cells of a note that was listened to, as entries of the pack, in order.
pub(super) fn encode(
    build: &Build,
    note: &mut NoteBuild,
    cells: &[usize],
    gain: f32,
    spool: &Spool,
    progress: &dyn Progress,
) -> Result<Vec<EncodedCell>, BuildError> {
    let find = |&c: &usize| -> Option<Vec<u8>> { build.cache?.get("cell", note.cell_key(build, c, gain)) };
    let kept: Vec<Option<Vec<u8>>> = cells.par_iter().map(find).collect();
    // Listened to in a build before, but not kept with this gain.
    if cells.iter().zip(&kept).any(|(&c, kept)| kept.is_none() && note.sounds[c].place.is_none()) {
        note.need_sources(build)?;
    }
    let note = &*note;
    let entry = |(&c, kept): (&usize, Option<Vec<u8>>)| {
        let entry = match kept {
            Some(bytes) => {
                EncodedCell { extension: if build.recipe.storage == Storage::Flac { "flac" } else { "wav" }, bytes }
            }
            None => {
                let sound = match note.sounds[c].place {
                    Some(place) => spool.get(place).map_err(BuildError::Spool)?,
                    None => note.make(build, c),
                };
                let entry = note.entry(build, c, sound, gain)?;
                if let Some(cache) = build.cache {
                    cache.put("cell", note.cell_key(build, c, gain), &entry.bytes);
                }
                entry
            }
        };
        progress.advance(steps::ENTRY);
        Ok(entry)
    };
    cells.par_iter().zip(kept).map(entry).collect()
}

fn cell_storage(storage: Storage) -> CellStorage {
    match storage {
        Storage::Flac => CellStorage::Flac,
        Storage::Pcm16 => CellStorage::Pcm16,
        Storage::Pcm24 => CellStorage::Pcm24,
        Storage::Float => CellStorage::Float,
    }
}

/// What the sources of a note are made from.
pub(super) fn inputs(build: &Build, index: usize) -> Result<Vec<Input>, BuildError> {
    let recipe = build.recipe;
    let input = |(i, instrument): (usize, &crate::import::Instrument)| {
        let anchor = &recipe.anchors[i];
        let recordings = instrument
            .note_at(build.notes[index].root, build.timeline.rate_hz, anchor.tune_cents)
            .map_err(|e| import_error(recipe, i, e))?;
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
