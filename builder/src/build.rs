//! A recipe becomes a pack.

use std::path::{Path, PathBuf};

use betwixt_engine::pack::{
    self, CellStorage, CellTags, EncodedCell, Grid, LoopPoints, Manifest, MapCell, PackError, PackWriter, PadMap,
};
use rayon::prelude::*;

use crate::blend;
use crate::cells::{Cells, Weighting};
use crate::import::{ImportError, Instrument};
use crate::looping;
use crate::morph::Input;
use crate::picture::{self, Measure};
use crate::plan::{self, PlannedNote};
use crate::prepare::Timeline;
use crate::recipe::{Method, Recipe, RecipeError, Storage, Sustain};
use crate::weights::Weights;

/// A pack's loudest sample, where a gain had to make room: full scale less the dither's reach.
const CEILING: f32 = 1.0 - 3.0 / 32_768.0;
/// Dips deeper than this between cells are worth a warning.
const DIP_DB: f64 = -1.0;

/// Why a pack could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The recipe is wrong.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// A source can't be used.
    #[error("anchors[{anchor}] ({name}): {source}")]
    Import {
        /// Index of the anchor.
        anchor: usize,
        /// Its name or source.
        name: String,
        /// Why.
        source: ImportError,
    },
    /// A note in which nothing sounds.
    #[error("no source has any sound for key {root}")]
    Silent {
        /// The key.
        root: u8,
    },
    /// A cell can't be stored.
    #[error("the cell {column}-{row} of key {root} can't be stored: {source}")]
    Cell {
        /// The note's root.
        root: u8,
        /// Column of the grid.
        column: usize,
        /// Row of the grid.
        row: usize,
        /// Why.
        source: pack::CellError,
    },
    /// The pack can't be written.
    #[error("can't write {}: {source}", path.display())]
    Pack {
        /// The pack.
        path: PathBuf,
        /// Why.
        source: PackError,
    },
    /// No threads.
    #[error("can't start the worker threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// How to build.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Worker threads; `None` is one for each core.
    pub jobs: Option<usize>,
    /// Where to look, by name, for sources that are not at their paths.
    pub sources: Vec<PathBuf>,
}

/// Told how far a build is; called from many threads.
pub trait Progress: Sync {
    /// A stage of so many steps begins.
    fn begin(&self, stage: &'static str, steps: u64);
    /// One step of the stage is done.
    fn step(&self);
}

/// Tells nobody.
impl Progress for () {
    fn begin(&self, _: &'static str, _: u64) {}
    fn step(&self) {}
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
    /// The worst loop seam ([`looping::seam::click_db`]) of all sources; `None` without loops.
    pub worst_seam_db: Option<f64>,
    /// What the musician should know.
    pub warnings: Vec<String>,
}

/// Builds a pack.
///
/// # Errors
/// When a source can't be used or the pack can't be written; then no pack is left behind.
pub fn build(recipe: &Recipe, out: &Path, options: &Options, progress: &dyn Progress) -> Result<Report, BuildError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.jobs.unwrap_or(0)).build()?;
    pool.install(|| Build::new(recipe, options)?.run(out, progress))
}

/// What one way through all notes has made.
struct Made {
    manifest: Manifest,
    /// The loudest sample, before any gain.
    peak: f32,
    /// Length of all notes together.
    frames: usize,
    worst_seam_db: Option<f64>,
    warnings: Vec<String>,
}

struct RenderedCell {
    encoded: EncodedCell,
    peak: f32,
    measure: Measure,
}

/// A build on its way.
struct Build<'a> {
    recipe: &'a Recipe,
    instruments: Vec<Instrument>,
    notes: Vec<PlannedNote>,
    /// The weights of the anchors for each cell, row-major.
    cells: Vec<Weighting>,
    timeline: Timeline,
    warnings: Vec<String>,
}

impl<'a> Build<'a> {
    fn new(recipe: &'a Recipe, options: &Options) -> Result<Build<'a>, BuildError> {
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
        Ok(Build { recipe, instruments, notes, cells, timeline, warnings })
    }

    fn run(mut self, out: &Path, progress: &dyn Progress) -> Result<Report, BuildError> {
        let fail = |source| BuildError::Pack { path: out.into(), source };
        let mut gain = 1.0;
        loop {
            progress.begin(
                if gain < 1.0 { "writing cells, softer" } else { "writing cells" },
                (self.notes.len() * self.cells.len()) as u64,
            );
            let mut writer = PackWriter::create(out).map_err(fail)?;
            let made = self.write(&mut writer, out, gain, progress)?;
            if made.peak * gain > CEILING && self.recipe.storage != Storage::Float {
                // Rare: again, softer, rather than keep all cells in memory.
                gain = CEILING / made.peak;
                continue;
            }
            if gain < 1.0 {
                let db = -20.0 * gain.log10();
                self.warnings.push(format!("all cells are {db:.1} dB softer than asked for, so that none clips"));
            }
            let sha256 = writer.finish(&made.manifest).map_err(fail)?;
            self.warnings.extend(made.warnings);
            return Ok(Report {
                sha256,
                bytes: std::fs::metadata(out).map_or(0, |m| m.len()),
                notes: self.notes.len(),
                cells: self.notes.len() * self.cells.len(),
                seconds: made.frames as f64 * self.cells.len() as f64 / self.timeline.rate_hz,
                gain_db: 20.0 * f64::from(gain).log10(),
                worst_seam_db: made.worst_seam_db,
                warnings: self.warnings,
            });
        }
    }

    /// Makes all notes, one after the other, and writes their cells.
    fn write(
        &self,
        writer: &mut PackWriter,
        out: &Path,
        gain: f32,
        progress: &dyn Progress,
    ) -> Result<Made, BuildError> {
        let fail = |source| BuildError::Pack { path: out.into(), source };
        let mut made =
            Made { manifest: self.manifest(), peak: 0.0, frames: 0, worst_seam_db: None, warnings: Vec::new() };
        let mut measures = vec![Vec::with_capacity(self.notes.len()); self.cells.len()];
        let mut octaves = vec![Vec::new(); self.instruments.len()];
        for (index, note) in self.notes.iter().enumerate() {
            let (cells, warnings) = self.prepare(note.root)?;
            made.warnings.extend(warnings);
            for (i, above) in octaves.iter_mut().enumerate() {
                let centroid = picture::measure(cells.source(i), self.timeline.rate_hz).centroid_hz;
                let f0 = 440.0 * 2f64.powf((f64::from(note.root) - 69.0) / 12.0);
                above.extend((centroid > 0.0).then(|| (centroid / f0).log2()));
            }
            // A cell that clips is known by its peak; then nothing needs to be kept but peaks.
            let rendered = self.render(note.root, &cells, gain, progress)?;
            for (i, cell) in rendered.into_iter().enumerate() {
                made.peak = made.peak.max(cell.peak);
                let (column, row) = (i % self.recipe.columns, i / self.recipe.columns);
                let stem = format!("audio/{}/{column}-{row}", note.root);
                let entry = writer.add_cell(&stem, &cell.encoded).map_err(fail)?;
                made.manifest.notes[index].cells.push(entry);
                measures[i].push(cell.measure);
            }
            made.manifest.notes[index].frames = cells.frames() as u64;
            made.manifest.notes[index].loop_points =
                cells.loop_frames().map(|l| LoopPoints::new(l.start as u64, l.end as u64));
            made.frames += cells.frames();
            made.worst_seam_db = self.worst_seam(&cells).into_iter().chain(made.worst_seam_db).reduce(f64::max);
        }
        made.manifest.map = Some(self.map(&octaves, &measures));
        Ok(made)
    }

    /// What the cells of a note are made from.
    fn prepare(&self, root: u8) -> Result<(Cells, Vec<String>), BuildError> {
        let inputs = self
            .instruments
            .iter()
            .enumerate()
            .map(|(i, instrument)| {
                let anchor = &self.recipe.anchors[i];
                let recordings = instrument.note(root).map_err(|e| import_error(self.recipe, i, e))?;
                Ok(Input { recordings, raise_cents: anchor.tune_cents, gain_db: anchor.gain_db })
            })
            .collect::<Result<Vec<_>, BuildError>>()?;
        let (cells, warnings) = Cells::prepare(self.recipe.method, &inputs, root, self.timeline);
        if (0..self.instruments.len()).all(|i| cells.source(i).iter().flatten().all(|s| *s == 0.0)) {
            return Err(BuildError::Silent { root });
        }
        let name = |i: usize| self.recipe.anchors[i].name.as_ref().unwrap_or(&self.instruments[i].name);
        Ok((cells, warnings.into_iter().map(|(i, w)| format!("{}: {w}", name(i))).collect()))
    }

    /// All cells of a note, encoded, in order.
    fn render(
        &self,
        root: u8,
        cells: &Cells,
        gain: f32,
        progress: &dyn Progress,
    ) -> Result<Vec<RenderedCell>, BuildError> {
        let tags = CellTags { sample_rate_hz: self.recipe.sample_rate_hz, root, loop_frames: cells.loop_frames() };
        let storage = match self.recipe.storage {
            Storage::Flac => CellStorage::Flac,
            Storage::Pcm16 => CellStorage::Pcm16,
            Storage::Pcm24 => CellStorage::Pcm24,
            Storage::Float => CellStorage::Float,
        };
        let columns = self.recipe.columns;
        let cell = |i: usize| {
            let mut sound = cells.cell(&self.cells[i]);
            let peak = sound.iter().flatten().fold(0.0f32, |peak, v| peak.max(v.abs()));
            if gain < 1.0 {
                sound.iter_mut().flatten().for_each(|s| *s *= gain);
            }
            // The dither of each cell is its own, and the same in every build.
            let seed = (u64::from(root) << 32) | i as u64;
            let encoded = pack::encode_cell(&sound, tags, storage, seed).map_err(|source| BuildError::Cell {
                root,
                column: i % columns,
                row: i / columns,
                source,
            })?;
            progress.step();
            Ok(RenderedCell { encoded, peak, measure: picture::measure(&sound, self.timeline.rate_hz) })
        };
        (0..self.cells.len()).into_par_iter().map(cell).collect()
    }

    fn manifest(&self) -> Manifest {
        let recipe = self.recipe;
        let mut manifest = Manifest::new(&recipe.name, Grid::new(recipe.columns, recipe.rows), recipe.sample_rate_hz);
        manifest.author.clone_from(&recipe.author);
        manifest.license.clone_from(&recipe.license);
        manifest.description.clone_from(&recipe.description);
        manifest.tags.clone_from(&recipe.tags);
        manifest.anchors = recipe
            .anchors
            .iter()
            .zip(&self.instruments)
            .map(|(anchor, instrument)| pack::Anchor {
                at: recipe.place(anchor),
                name: anchor.name.clone().unwrap_or_else(|| instrument.name.clone()),
                source: short_source(&anchor.source_text),
                license: anchor.license.clone().unwrap_or_else(|| recipe.license.clone()),
                extra: Default::default(),
            })
            .collect();
        manifest.axes = recipe.axes.map(|[x, y]| pack::Axes {
            x: Some(x.word().into()),
            y: Some(y.word().into()),
            extra: Default::default(),
        });
        manifest.notes = self
            .notes
            .iter()
            .map(|note| pack::Note {
                root: note.root,
                low: note.low,
                high: note.high,
                velocity: [1, 127],
                tune_cents: 0.0,
                frames: 0,
                loop_points: None,
                coherent: recipe.coherent,
                release_frames: 0,
                cells: Vec::with_capacity(self.cells.len()),
                extra: Default::default(),
            })
            .collect();
        manifest
    }

    /// `octaves`: how far each source's brightness lies above its fundamental, for all notes.
    fn map(&self, octaves: &[Vec<f64>], measures: &[Vec<Measure>]) -> PadMap {
        let octaves: Vec<f64> = octaves.iter().map(|o| o.iter().sum::<f64>() / o.len().max(1) as f64).collect();
        let colours = picture::anchor_colours(&octaves);
        let cells = self.cells.iter().zip(measures).map(|(weights, measures)| {
            let mean = picture::mean(measures);
            let tenth = |v: f64| (v * 10.0).round() / 10.0;
            MapCell {
                rgb: picture::mixed_rgb(&colours, &weights.colour()),
                brightness_hz: tenth(mean.centroid_hz),
                level_db: tenth(mean.level_db),
                extra: Default::default(),
            }
        });
        PadMap { cells: cells.collect(), extra: Default::default() }
    }

    /// The worst loop seam of a note's sources.
    fn worst_seam(&self, cells: &Cells) -> Option<f64> {
        let points = cells.loop_frames()?;
        (0..self.instruments.len())
            .into_par_iter()
            .map(|i| looping::seam::click_db(cells.source(i), points, self.timeline.rate_hz))
            .filter(|db| db.is_finite())
            .reduce_with(f64::max)
    }
}

fn import_error(recipe: &Recipe, anchor: usize, source: ImportError) -> BuildError {
    let a = &recipe.anchors[anchor];
    BuildError::Import { anchor, name: a.name.clone().unwrap_or_else(|| a.source_text.clone()), source }
}

/// A source without the folders before its name: packs travel, and say nothing of their makers' disks.
fn short_source(text: &str) -> String {
    let name = text.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next();
    name.unwrap_or_default().to_owned()
}
