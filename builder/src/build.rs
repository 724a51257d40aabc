//! A recipe becomes a pack.

mod error;
mod manifest;
mod note;
mod spool;
mod steps;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use betwixt_engine::pack::{LoopPoints, Manifest, PackError, PackWriter};
use rayon::prelude::*;

use crate::blend;
use crate::cache::Cache;
use crate::cells::Weighting;
use crate::import::Instrument;
use crate::picture::{self, Measure};
use crate::plan::{self, PlannedNote};
use crate::prepare::Timeline;
use crate::recipe::{Method, Recipe, Storage, Sustain};
use crate::weights::Weights;
pub use error::BuildError;
use error::import_error;
pub(crate) use note::Counts;
use note::{Heard, NoteBuild};
use spool::Spool;

/// A pack's loudest sample, where a gain had to make room: full scale less the dither's reach.
const CEILING: f32 = 1.0 - 3.0 / 32_768.0;
/// Dips deeper than this between cells are worth a warning.
const DIP_DB: f64 = -1.0;
/// Cells wait for the writer in at most so many bytes.
const WAITING_BYTES: usize = 64 << 20;
/// Sources taken apart lie in memory in at most so many bytes (one note's at least), and take about
/// so many for each frame.
const ANALYSED_BYTES: usize = 384 << 20;
const BYTES_PER_FRAME: usize = 72;

/// How to build.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Worker threads; `None` is one for each core.
    pub jobs: Option<usize>,
    /// Where to look, by name, for sources that are not at their paths.
    pub sources: Vec<PathBuf>,
    /// Where results are kept for the next build.
    pub cache: Option<Arc<Cache>>,
}

/// Told how far a build is; called from many threads.
pub trait Progress: Sync {
    /// A stage of so many steps begins.
    fn begin(&self, stage: &'static str, steps: u64);
    /// So many steps more of the stage are done.
    fn advance(&self, steps: u64);
    /// One step more is done.
    fn step(&self) {
        self.advance(1);
    }
}

/// Tells nobody.
impl Progress for () {
    fn begin(&self, _: &'static str, _: u64) {}
    fn advance(&self, _: u64) {}
}

/// What had to be made, and what was there from builds before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Sources' notes that were analysed.
    pub sources_analysed: usize,
    /// Sources' notes that were not, because all that they are for was kept, or their analysis.
    pub sources_kept: usize,
    /// Cells that were made.
    pub cells_made: usize,
    /// Cells that were kept.
    pub cells_kept: usize,
}

/// What was built.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The pack's hash.
    pub sha256: String,
    /// Size of the file.
    pub bytes: u64,
    /// Notes in the pack.
    pub notes: usize,
    /// Cells in the pack.
    pub cells: usize,
    /// Length of all cells together, in seconds.
    pub seconds: f64,
    /// The gain that kept cells from clipping, 0 where none was needed.
    pub gain_db: f64,
    /// The worst loop seam ([`crate::looping::seam::click_db`]) of all sources; `None` without loops.
    pub worst_seam_db: Option<f64>,
    /// What the cache saved.
    pub work: Work,
    /// What the musician should know.
    pub warnings: Vec<String>,
}

/// Builds a pack.
///
/// # Errors
/// When a source can't be used or the pack can't be written; then no pack is left behind.
pub fn build(recipe: &Recipe, out: &Path, options: &Options, progress: &dyn Progress) -> Result<Report, BuildError> {
    // First of all: a pack that can't be written there is told before any work.
    let unwritten = |source| BuildError::Pack { path: out.into(), source };
    let writer = PackWriter::create(out).map_err(unwritten)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.jobs.unwrap_or(0)).build()?;
    pool.install(|| Build::new(recipe, out, options)?.run(writer, progress))
}

/// What is gathered from all notes.
struct Made {
    manifest: Manifest,
    /// Length of all notes together.
    frames: usize,
    worst_seam_db: Option<f64>,
    /// How far each source's brightness lies above its fundamental, for all notes.
    octaves: Vec<Vec<f64>>,
    warnings: Vec<String>,
}

/// A build on its way.
struct Build<'a> {
    recipe: &'a Recipe,
    /// The pack.
    out: &'a Path,
    cache: Option<&'a Cache>,
    counts: Counts,
    /// A cell clips without a gain.
    clips: AtomicBool,
    instruments: Vec<Instrument>,
    notes: Vec<PlannedNote>,
    /// The weights of the anchors for each cell, row-major.
    cells: Vec<Weighting>,
    timeline: Timeline,
    warnings: Vec<String>,
}

impl<'a> Build<'a> {
    fn new(recipe: &'a Recipe, out: &'a Path, options: &'a Options) -> Result<Build<'a>, BuildError> {
        let instruments = (0..recipe.anchors.len())
            .map(|i| {
                let anchor = &recipe.anchors[i];
                Instrument::open(&anchor.source, &options.sources).map_err(|e| import_error(recipe, i, e))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let notes = plan::notes(&recipe.roots, instruments.iter().flat_map(|i| i.roots.iter().copied()));
        let places: Vec<[f64; 2]> = recipe.anchors.iter().map(|a| recipe.place(a)).collect();
        let weights = Weights::new(&places);
        let (columns, rows) = (recipe.columns, recipe.rows);
        let cells = (0..columns * rows)
            .map(|i| Weighting::of(recipe, &weights, plan::place(i % columns, i / columns, columns, rows)))
            .collect();
        let mut warnings = Vec::new();
        for (anchor, instrument) in recipe.anchors.iter().zip(&instruments) {
            let name = anchor.name.as_ref().unwrap_or(&instrument.name);
            warnings.extend(instrument.warnings.iter().map(|w| format!("{name}: {w}")));
            if plan::cell_at(recipe.place(anchor), columns, rows).is_none() {
                warnings.push(format!("{name} lies between grid points: no cell holds its recordings unchanged"));
            }
        }
        let blends = recipe.method == Method::Blend;
        if recipe.axes.is_some() && blends {
            warnings.push("\"axes\" needs the morph; the blend mixes the two sources along the diagonal".into());
        }
        let dip_db = blend::worst_dip_db(&weights, columns, rows);
        if recipe.coherent && blends && dip_db < DIP_DB {
            warnings.push(format!(
                "unrelated sources dip by {:.1} dB between neighbouring cells of this grid; \
                 set \"coherent\": false, or use a finer grid",
                -dip_db
            ));
        }
        let rate_hz = f64::from(recipe.sample_rate_hz);
        let timeline = Timeline {
            rate_hz,
            frames: (recipe.seconds * rate_hz).round() as usize,
            looping: recipe.sustain == Sustain::Loop,
        };
        let (cache, counts) = (options.cache.as_deref(), Counts::default());
        let clips = AtomicBool::new(false);
        Ok(Build { recipe, out, cache, counts, clips, instruments, notes, cells, timeline, warnings })
    }

    fn run(mut self, mut writer: PackWriter, progress: &dyn Progress) -> Result<Report, BuildError> {
        let (notes, cells) = (self.notes.len(), self.notes.len() * self.cells.len());
        let sources = notes * self.instruments.len();
        progress.begin("making cells", steps::all(sources, cells));
        let spool = Spool::beside(writer.path()).map_err(BuildError::Spool)?;
        let mut listened = self.listen(&spool, progress)?;

        let peak = listened.iter().flat_map(NoteBuild::heard).map(|h| h.peak).fold(0.0, f32::max);
        let softer_db = self.softer_db(peak);
        let gain = 10f32.powf(-softer_db / 20.0);
        let gain_db = 0.0 - f64::from(softer_db);
        if softer_db > 0.0 {
            self.warnings.push(format!("all cells are {softer_db} dB softer than asked for, so that none clips"));
        }
        // For each cell of the grid, what each note's is like.
        let mut measures: Vec<Vec<Measure>> = vec![Vec::with_capacity(notes); self.cells.len()];
        for note in &listened {
            for (measures, Heard { measure, .. }) in measures.iter_mut().zip(note.heard()) {
                measures.push(Measure { level_db: measure.level_db + gain_db, ..measure });
            }
        }
        let mut made = Made {
            manifest: self.manifest(),
            frames: 0,
            worst_seam_db: None,
            octaves: vec![Vec::new(); self.instruments.len()],
            warnings: Vec::new(),
        };
        for note in &mut listened {
            made.manifest.notes[note.index].cells = self.write(&mut writer, note, gain, &spool, progress)?;
            self.add_note(&mut made, note);
        }
        made.manifest.map = Some(self.map(&made.octaves, &measures));
        let sha256 = writer.finish(&made.manifest).map_err(|e| self.unwritten(e))?;
        self.warnings.extend(made.warnings);
        let analysed = self.counts.analysed.load(Ordering::Relaxed);
        let cells_made = self.counts.made.load(Ordering::Relaxed);
        Ok(Report {
            sha256,
            bytes: std::fs::metadata(self.out).map_or(0, |m| m.len()),
            notes,
            cells,
            seconds: made.frames as f64 * self.cells.len() as f64 / self.timeline.rate_hz,
            gain_db,
            worst_seam_db: made.worst_seam_db,
            work: Work {
                sources_analysed: analysed,
                sources_kept: sources.saturating_sub(analysed),
                cells_made,
                cells_kept: cells.saturating_sub(cells_made),
            },
            warnings: self.warnings,
        })
    }

    /// Listens to all cells of all notes, some notes at once where there are threads and memory to
    /// analyse them.
    fn listen(&self, spool: &Spool, progress: &dyn Progress) -> Result<Vec<NoteBuild>, BuildError> {
        let all: Vec<usize> = (0..self.notes.len()).collect();
        let mut listened = Vec::with_capacity(all.len());
        for group in all.chunks(self.notes_at_once()) {
            let new = |i: &usize| {
                let note = NoteBuild::new(self, *i);
                progress.advance(steps::SOURCE * self.instruments.len() as u64);
                note
            };
            let mut notes = group.par_iter().map(new).collect::<Result<Vec<_>, _>>()?;
            note::listen(self, &mut notes, spool, progress)?;
            notes.iter_mut().for_each(NoteBuild::rest);
            listened.extend(notes);
        }
        Ok(listened)
    }

    /// Writes the cells of a note and gives their names; what is encoded waits in memory only until it
    /// is written.
    fn write(
        &self,
        writer: &mut PackWriter,
        note: &mut NoteBuild,
        gain: f32,
        spool: &Spool,
        progress: &dyn Progress,
    ) -> Result<Vec<String>, BuildError> {
        let root = self.notes[note.index].root;
        let all: Vec<usize> = (0..self.cells.len()).collect();
        let mut names = Vec::with_capacity(all.len());
        for cells in all.chunks(self.cells_at_once()) {
            let entries = note::encode(self, note, cells, gain, spool, progress)?;
            for (index, entry) in cells.iter().zip(entries) {
                let (column, row) = (index % self.recipe.columns, index / self.recipe.columns);
                let stem = format!("audio/{root}/{column}-{row}");
                names.push(writer.add_cell(&stem, &entry).map_err(|e| self.unwritten(e))?);
            }
        }
        note.rest();
        Ok(names)
    }

    /// How much softer a pack with this peak must be. Whole decibels: a corner that changes the peak by a
    /// little leaves the other cells as they are kept.
    fn softer_db(&self, peak: f32) -> f32 {
        let over_db = if self.recipe.storage == Storage::Float { 0.0 } else { 20.0 * (peak / CEILING).log10() };
        over_db.max(0.0).ceil()
    }

    fn unwritten(&self, source: PackError) -> BuildError {
        BuildError::Pack { path: self.out.into(), source }
    }

    fn notes_at_once(&self) -> usize {
        let anchors = self.instruments.len();
        let room = ANALYSED_BYTES / (anchors * self.timeline.frames * BYTES_PER_FRAME).max(1);
        room.clamp(1, rayon::current_num_threads().div_ceil(anchors))
    }

    fn cells_at_once(&self) -> usize {
        let bytes = match self.recipe.storage {
            Storage::Flac | Storage::Pcm16 => 4,
            Storage::Pcm24 => 6,
            Storage::Float => 8,
        };
        (WAITING_BYTES / (self.timeline.frames * bytes).max(1)).max(rayon::current_num_threads())
    }

    fn add_note(&self, made: &mut Made, note: &NoteBuild) {
        let facts = &note.facts;
        if self.timeline.looping && facts.loop_frames.is_none() {
            let (root, seconds) = (self.notes[note.index].root, self.recipe.seconds);
            let why = format!("key {root} has no loop: no source sustains, or {seconds} s leave no room for one");
            made.warnings.push(why);
        }
        let planned = &mut made.manifest.notes[note.index];
        planned.frames = facts.frames as u64;
        planned.loop_points = facts.loop_frames.map(|(start, end)| LoopPoints::new(start as u64, end as u64));
        made.frames += facts.frames;
        made.worst_seam_db = facts.worst_seam_db.into_iter().chain(made.worst_seam_db).reduce(f64::max);
        for (all, own) in made.octaves.iter_mut().zip(&facts.octaves) {
            all.extend(own);
        }
        let name = |i: usize| self.recipe.anchors[i].name.as_ref().unwrap_or(&self.instruments[i].name);
        made.warnings.extend(facts.warnings.iter().map(|(i, w)| format!("{}: {w}", name(*i))));
    }
}

/// How far a source's brightness lies above its fundamental, in octaves.
fn octaves_above(sound: &[[f32; 2]], root: u8, rate_hz: f64) -> Option<f64> {
    let centroid = picture::measure(sound, rate_hz).centroid_hz;
    let f0 = 440.0 * 2f64.powf((f64::from(root) - 69.0) / 12.0);
    (centroid > 0.0).then(|| (centroid / f0).log2())
}
