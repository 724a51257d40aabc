//! A recipe becomes a pack.

use std::path::{Path, PathBuf};

use betwixt_engine::pack::{
    self, CellStorage, CellTags, EncodedCell, Grid, LoopPoints, Manifest, MapCell, PackError, PackWriter, PadMap,
};
use rayon::prelude::*;

use crate::blend;
use crate::import::{ImportError, Instrument};
use crate::looping::{self, Shared};
use crate::picture::{self, Measure};
use crate::plan::{self, PlannedNote};
use crate::prepare::{Prepared, Timeline};
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
    /// The morph is not there yet.
    #[error(
        "this version can't build \"method\": \"morph\" (the default) yet; set \"method\" in the recipe to \"blend\""
    )]
    NoMorph,
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
    if recipe.method == Method::Morph {
        return Err(BuildError::NoMorph);
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.jobs.unwrap_or(0)).build()?;
    pool.install(|| Build::new(recipe, options)?.run(out, progress))
}

/// A build on its way.
struct Build<'a> {
    recipe: &'a Recipe,
    instruments: Vec<Instrument>,
    notes: Vec<PlannedNote>,
    /// The weights of the anchors for each cell, row-major.
    cells: Vec<Vec<f64>>,
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
        let cells =
            (0..columns * rows).map(|i| weights.at(plan::place(i % columns, i / columns, columns, rows))).collect();
        let mut warnings = Vec::new();
        for (anchor, instrument) in recipe.anchors.iter().zip(&instruments) {
            let name = anchor.name.as_ref().unwrap_or(&instrument.name);
            warnings.extend(instrument.warnings.iter().map(|w| format!("{name}: {w}")));
            if plan::cell_at(recipe.place(anchor), columns, rows).is_none() {
                warnings.push(format!("{name} lies between grid points: no cell holds its recordings unchanged"));
            }
        }
        if recipe.axes.is_some() {
            warnings.push("\"axes\" needs the morph; the blend mixes the two sources along the diagonal".into());
        }
        let dip_db = blend::worst_dip_db(&weights, columns, rows);
        if recipe.coherent && dip_db < DIP_DB {
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
        progress.begin("preparing notes", self.notes.len() as u64);
        let shared = self
            .notes
            .par_iter()
            .map(|note| {
                let shared = self.prepare(note.root);
                progress.step();
                shared
            })
            .collect::<Result<Vec<_>, _>>()?;
        let gain = self.pack_gain(&shared);
        if gain < 1.0 {
            let db = -20.0 * gain.log10();
            self.warnings.push(format!("all cells are {db:.1} dB softer than asked for, so that none clips"));
        }

        progress.begin("writing cells", (self.notes.len() * self.cells.len()) as u64);
        let fail = |source| BuildError::Pack { path: out.into(), source };
        let mut writer = PackWriter::create(out).map_err(fail)?;
        let mut manifest = self.manifest();
        let mut measures = vec![Vec::with_capacity(self.notes.len()); self.cells.len()];
        for (index, shared) in shared.iter().enumerate() {
            let cells = self.render(index, shared, gain, progress)?;
            for (i, (cell, measure)) in cells.into_iter().enumerate() {
                let (column, row) = (i % self.recipe.columns, i / self.recipe.columns);
                let stem = format!("audio/{}/{column}-{row}", self.notes[index].root);
                let entry = writer.add_cell(&stem, &cell).map_err(fail)?;
                manifest.notes[index].cells.push(entry);
                measures[i].push(measure);
            }
            manifest.notes[index].frames = shared.frames as u64;
            manifest.notes[index].loop_points =
                shared.loop_frames.map(|l| LoopPoints::new(l.start as u64, l.end as u64));
        }
        manifest.map = Some(self.map(&shared, &measures));
        let sha256 = writer.finish(&manifest).map_err(fail)?;
        let frames: usize = shared.iter().map(|s| s.frames).sum();
        Ok(Report {
            sha256,
            bytes: std::fs::metadata(out).map_or(0, |m| m.len()),
            notes: self.notes.len(),
            cells: self.notes.len() * self.cells.len(),
            seconds: frames as f64 * self.cells.len() as f64 / self.timeline.rate_hz,
            gain_db: 20.0 * f64::from(gain).log10(),
            worst_seam_db: self.worst_seam(&shared),
            warnings: self.warnings,
        })
    }

    /// The sources of a note, on one timeline and with one loop.
    fn prepare(&self, root: u8) -> Result<Shared, BuildError> {
        let prepared = self
            .instruments
            .iter()
            .enumerate()
            .map(|(i, instrument)| {
                let anchor = &self.recipe.anchors[i];
                let recordings = instrument.note(root).map_err(|e| import_error(self.recipe, i, e))?;
                Ok(Prepared::new(&recordings, self.timeline, anchor.tune_cents, anchor.gain_db))
            })
            .collect::<Result<Vec<_>, BuildError>>()?;
        if prepared.iter().all(|p| p.length == 0) {
            return Err(BuildError::Silent { root });
        }
        Ok(looping::share(&prepared, self.timeline))
    }

    /// One gain for the whole pack, under 1 where a cell would clip. Float cells can't.
    fn pack_gain(&self, shared: &[Shared]) -> f32 {
        if self.recipe.storage == Storage::Float {
            return 1.0;
        }
        let jobs: Vec<(&Shared, &Vec<f64>)> =
            shared.iter().flat_map(|s| self.cells.iter().map(move |w| (s, w))).collect();
        let peaks = jobs.into_par_iter().map(|(s, w)| {
            blend::mix(&s.sources, w, s.frames).iter().flatten().fold(0.0f32, |peak, v| peak.max(v.abs()))
        });
        let peak = peaks.reduce(|| 0.0, f32::max);
        if peak > CEILING { CEILING / peak } else { 1.0 }
    }

    /// All cells of a note, encoded, in order.
    fn render(
        &self,
        index: usize,
        shared: &Shared,
        gain: f32,
        progress: &dyn Progress,
    ) -> Result<Vec<(EncodedCell, Measure)>, BuildError> {
        let root = self.notes[index].root;
        let tags = CellTags { sample_rate_hz: self.recipe.sample_rate_hz, root, loop_frames: shared.loop_frames };
        let storage = match self.recipe.storage {
            Storage::Flac => CellStorage::Flac,
            Storage::Pcm16 => CellStorage::Pcm16,
            Storage::Pcm24 => CellStorage::Pcm24,
            Storage::Float => CellStorage::Float,
        };
        let columns = self.recipe.columns;
        let cell = |i: usize| {
            let mut sound = blend::mix(&shared.sources, &self.cells[i], shared.frames);
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
            Ok((encoded, picture::measure(&sound, self.timeline.rate_hz)))
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

    fn map(&self, shared: &[Shared], measures: &[Vec<Measure>]) -> PadMap {
        let rate_hz = self.timeline.rate_hz;
        // How far each source's brightness lies above its fundamental, over all notes.
        let octaves: Vec<f64> = (0..self.instruments.len())
            .into_par_iter()
            .map(|i| {
                let above = shared.iter().zip(&self.notes).filter_map(|(s, note)| {
                    let centroid = picture::measure(&s.sources[i], rate_hz).centroid_hz;
                    let f0 = 440.0 * 2f64.powf((f64::from(note.root) - 69.0) / 12.0);
                    (centroid > 0.0).then(|| (centroid / f0).log2())
                });
                let above: Vec<f64> = above.collect();
                above.iter().sum::<f64>() / above.len().max(1) as f64
            })
            .collect();
        let colours = picture::anchor_colours(&octaves);
        let cells = self.cells.iter().zip(measures).map(|(weights, measures)| {
            let mean = picture::mean(measures);
            let tenth = |v: f64| (v * 10.0).round() / 10.0;
            MapCell {
                rgb: picture::mixed_rgb(&colours, weights),
                brightness_hz: tenth(mean.centroid_hz),
                level_db: tenth(mean.level_db),
                extra: Default::default(),
            }
        });
        PadMap { cells: cells.collect(), extra: Default::default() }
    }

    fn worst_seam(&self, shared: &[Shared]) -> Option<f64> {
        let loops: Vec<_> = shared
            .iter()
            .flat_map(|s| s.sources.iter().filter_map(move |sound| Some((sound, s.loop_frames?))))
            .collect();
        loops
            .into_par_iter()
            .map(|(sound, points)| looping::seam::click_db(sound, points, self.timeline.rate_hz))
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
