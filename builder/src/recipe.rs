//! The recipe: what `betwixt build` reads. JSON; only `anchors` is required; an unknown key is an
//! error that names the nearest known one, because a misspelt key would else be silently ignored.

mod fields;
mod source;
mod unique;

use std::path::{Path, PathBuf};

use betwixt_engine::limits;
use fields::{Fields, Items};
pub use source::SourceRef;

/// Largest number of anchors.
pub const ANCHORS: usize = 16;

/// The farthest that a pad may reach past its anchors, in their own distance: a quarter more of a
/// difference is still heard as one, and levels stay where they can be kept.
pub const EXTRAPOLATE: f64 = 0.25;

/// The longest that a note may be.
pub const LONGEST_SECONDS: f64 = 60.0;

const KEYS: &[&str] = &[
    "name",
    "author",
    "license",
    "description",
    "tags",
    "grid",
    "roots",
    "every",
    "from",
    "to",
    "sample_rate",
    "seconds",
    "storage",
    "method",
    "coherent",
    "sustain",
    "extrapolate",
    "axes",
    "anchors",
];
const ANCHOR_KEYS: &[&str] = &["at", "source", "name", "license", "gain_db", "tune_cents"];
const AXES_KEYS: &[&str] = &["x", "y"];
const AXIS_WORDS: &[(&str, Axis)] = &[("timbre", Axis::Timbre), ("dynamics", Axis::Dynamics)];
const STORAGE_WORDS: &[(&str, Storage)] =
    &[("flac", Storage::Flac), ("pcm16", Storage::Pcm16), ("pcm24", Storage::Pcm24), ("float", Storage::Float)];
const METHOD_WORDS: &[(&str, Method)] = &[("morph", Method::Morph), ("blend", Method::Blend)];
const SUSTAIN_WORDS: &[(&str, Sustain)] = &[("loop", Sustain::Loop), ("natural", Sustain::Natural)];

/// What is wrong with a recipe.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// The file can't be read.
    #[error("can't read the recipe {}: {source}", path.display())]
    Read {
        /// The recipe's file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not JSON, or gives a key twice.
    #[error("the recipe {} can't be read as JSON: {source}", path.display())]
    Json {
        /// The recipe's file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A key that no recipe has.
    #[error("unknown key \"{key}\" in {place}; the nearest known key is \"{nearest}\"")]
    UnknownKey {
        /// The key found.
        key: String,
        /// Where it stands.
        place: String,
        /// The known key that resembles it most.
        nearest: &'static str,
    },
    /// A value of another type, out of its range, or none of the known words.
    #[error("{place} must be {expected}, not {found}")]
    BadValue {
        /// Which field.
        place: String,
        /// What may stand there.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// A required key is missing.
    #[error("{place} lacks \"{key}\"")]
    Missing {
        /// Where.
        place: String,
        /// The key.
        key: &'static str,
    },
    /// Keys that contradict one another.
    #[error("{0}")]
    Conflict(String),
}

/// How in-between cells are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Analysis and resynthesis.
    Morph,
    /// A power-preserving mix.
    Blend,
}

/// How notes go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sustain {
    /// Notes loop.
    Loop,
    /// Notes end as recorded.
    Natural,
}

/// How cells are stored in the pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// FLAC of 16 bits, dithered.
    Flac,
    /// 16-bit WAV, dithered.
    Pcm16,
    /// 24-bit WAV.
    Pcm24,
    /// 32-bit float WAV.
    Float,
}

/// What an axis of the pad carries when two sources are taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// Spectrum.
    Timbre,
    /// Level over time.
    Dynamics,
}

impl Axis {
    /// The recipe's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Axis::Timbre => "timbre",
            Axis::Dynamics => "dynamics",
        }
    }
}

/// Which notes the pack gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Roots {
    /// All roots that the anchors were recorded at.
    Recorded,
    /// These MIDI keys, ascending.
    Listed(Vec<u8>),
    /// Every so many semitones.
    Every {
        /// Semitones from root to root, 1–127.
        step: u8,
        /// The lowest root; `None` is the lowest recorded one.
        from: Option<u8>,
        /// The highest root at most; `None` is the highest recorded one.
        to: Option<u8>,
    },
}

/// A source and its place on the pad.
#[derive(Debug, Clone, PartialEq)]
pub struct Anchor {
    /// x and y, 0…1, in anchor coordinates (before `extrapolate`).
    pub at: [f64; 2],
    /// The recordings.
    pub source: SourceRef,
    /// The source as the recipe writes it.
    pub source_text: String,
    /// The name shown; `None` takes the source's own.
    pub name: Option<String>,
    /// The source's licence; `None` takes the recipe's.
    pub license: Option<String>,
    /// One gain for all recordings of the source.
    pub gain_db: f64,
    /// Raises the pitch of the source.
    pub tune_cents: f64,
}

/// A recipe with all defaults filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// The pack's name.
    pub name: String,
    /// Who made it.
    pub author: String,
    /// Its licence.
    pub license: String,
    /// A sentence about it.
    pub description: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Columns of the grid, 1–33.
    pub columns: usize,
    /// Rows of the grid, 1–33.
    pub rows: usize,
    /// Which notes.
    pub roots: Roots,
    /// Rate of the pack.
    pub sample_rate_hz: u32,
    /// The longest that a cell may be, up to [`LONGEST_SECONDS`].
    pub seconds: f64,
    /// How cells are stored.
    pub storage: Storage,
    /// How cells between anchors are made.
    pub method: Method,
    /// Phases agree between cells: the player mixes by amplitude, else by power.
    pub coherent: bool,
    /// How notes go on.
    pub sustain: Sustain,
    /// How far the pad reaches past the anchors.
    pub extrapolate: f64,
    /// What x and y carry, when two sources are taken apart.
    pub axes: Option<[Axis; 2]>,
    /// The sources.
    pub anchors: Vec<Anchor>,
}

impl Recipe {
    /// Reads a recipe file; relative source paths are taken from its folder.
    ///
    /// # Errors
    /// When the file can't be read or is no recipe.
    pub fn read(path: &Path) -> Result<Recipe, RecipeError> {
        let bytes = std::fs::read(path).map_err(|source| RecipeError::Read { path: path.into(), source })?;
        let value = unique::parse(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes))
            .map_err(|source| RecipeError::Json { path: path.into(), source })?;
        let stem = path.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
        Recipe::from_json(&value, path.parent().unwrap_or(Path::new("")), stem.trim_end_matches(".recipe"))
    }

    /// Takes a recipe from JSON. `folder` is where relative paths begin, `name` the pack's name if
    /// the recipe gives none.
    ///
    /// # Errors
    /// When it is no recipe.
    pub fn from_json(value: &serde_json::Value, folder: &Path, name: &str) -> Result<Recipe, RecipeError> {
        let f = Fields::of(value, "the recipe".into(), KEYS)?;
        let grid = f.numbers("grid", 2, 1.0, limits::GRID_SIDE as f64, "two whole numbers from 1 to 33")?;
        let (columns, rows) = grid.map_or((9, 9), |g| (g[0] as usize, g[1] as usize));
        let sample_rate_hz = f.number("sample_rate", 48_000.0, 8_000.0, 192_000.0)?;
        if sample_rate_hz.fract() != 0.0 {
            return Err(f.bad("sample_rate", "a whole number of hertz"));
        }
        let mut recipe = Recipe {
            name: f.text("name")?.unwrap_or_else(|| name.into()),
            author: f.text("author")?.unwrap_or_default(),
            license: f.text("license")?.unwrap_or_default(),
            description: f.text("description")?.unwrap_or_default(),
            tags: f.texts("tags")?,
            columns,
            rows,
            roots: roots(&f)?,
            sample_rate_hz: sample_rate_hz as u32,
            seconds: f.number("seconds", 4.0, 0.05, LONGEST_SECONDS)?,
            storage: f.word("storage", STORAGE_WORDS)?.unwrap_or(Storage::Flac),
            method: f.word("method", METHOD_WORDS)?.unwrap_or(Method::Morph),
            coherent: f.switch("coherent", true)?,
            sustain: f.word("sustain", SUSTAIN_WORDS)?.unwrap_or(Sustain::Loop),
            extrapolate: f.number("extrapolate", 0.0, 0.0, EXTRAPOLATE)?,
            axes: axes(&f)?,
            anchors: Vec::new(),
        };
        let Items { values, place } = f.list("anchors")?.ok_or(f.missing("anchors"))?;
        if values.is_empty() || values.len() > ANCHORS {
            return Err(f.bad("anchors", &format!("a list of 1 to {ANCHORS} anchors")));
        }
        for (i, value) in values.iter().enumerate() {
            recipe.anchors.push(anchor(value, format!("{place}[{i}]"), folder)?);
        }
        recipe.check_places()?;
        Ok(recipe)
    }

    /// Where an anchor lies on the pad, 0…1, with `extrapolate` taken into account.
    pub fn place(&self, anchor: &Anchor) -> [f64; 2] {
        anchor.at.map(|a| (a + self.extrapolate) / (1.0 + 2.0 * self.extrapolate))
    }

    fn check_places(&self) -> Result<(), RecipeError> {
        for (i, a) in self.anchors.iter().enumerate() {
            if let Some(j) = self.anchors[..i].iter().position(|b| a.at == b.at) {
                return Err(RecipeError::Conflict(format!(
                    "anchors[{j}] and anchors[{i}] lie on the same place [{}, {}]; move one of them",
                    a.at[0], a.at[1]
                )));
            }
        }
        if self.axes.is_some() {
            let corners = |at: [f64; 2]| at == [0.0, 0.0] || at == [1.0, 1.0];
            if self.anchors.len() != 2 || !self.anchors.iter().all(|a| corners(a.at)) {
                return Err(RecipeError::Conflict(
                    "\"axes\" takes two sources apart: give exactly two anchors, at [0, 0] and [1, 1]".into(),
                ));
            }
        }
        Ok(())
    }
}

fn roots(f: &Fields) -> Result<Roots, RecipeError> {
    let key = |name: &str| -> Result<Option<u8>, RecipeError> { Ok(f.whole(name, 0, 127)?.map(|k| k as u8)) };
    let (step, from, to) = (f.whole("every", 1, 127)?, key("from")?, key("to")?);
    if let Some(listed) = f.numbers("roots", 0, 0.0, 127.0, "a list of MIDI keys from 0 to 127")? {
        if step.is_some() || from.is_some() || to.is_some() {
            return Err(RecipeError::Conflict(
                "the recipe has both \"roots\" and \"every\", \"from\", \"to\"; keep one of the two ways".into(),
            ));
        }
        let mut keys: Vec<u8> = listed.iter().map(|&k| k as u8).collect();
        keys.sort_unstable();
        keys.dedup();
        if keys.is_empty() {
            return Err(f.bad("roots", "a list of MIDI keys from 0 to 127"));
        }
        return Ok(Roots::Listed(keys));
    }
    match step {
        Some(step) => {
            if let (Some(from), Some(to)) = (from, to)
                && from > to
            {
                return Err(RecipeError::Conflict(format!("\"from\" {from} lies above \"to\" {to}")));
            }
            Ok(Roots::Every { step: step as u8, from, to })
        }
        None if from.is_some() || to.is_some() => Err(f.missing("every")),
        None => Ok(Roots::Recorded),
    }
}

fn axes(f: &Fields) -> Result<Option<[Axis; 2]>, RecipeError> {
    let Some(value) = f.get("axes") else { return Ok(None) };
    let a = Fields::of(value, "\"axes\"".into(), AXES_KEYS)?;
    let x = a.word("x", AXIS_WORDS)?.ok_or(a.missing("x"))?;
    let y = a.word("y", AXIS_WORDS)?.ok_or(a.missing("y"))?;
    if x == y {
        return Err(RecipeError::Conflict(format!("both axes carry {}; give \"timbre\" and \"dynamics\"", x.word())));
    }
    Ok(Some([x, y]))
}

fn anchor(value: &serde_json::Value, place: String, folder: &Path) -> Result<Anchor, RecipeError> {
    let f = Fields::of(value, place, ANCHOR_KEYS)?;
    let at = f.numbers("at", 2, 0.0, 1.0, "two numbers from 0 to 1")?.ok_or(f.missing("at"))?;
    let source_text = f.text("source")?.ok_or(f.missing("source"))?;
    let source = SourceRef::parse(&source_text, folder).map_err(|expected| f.bad("source", &expected))?;
    Ok(Anchor {
        at: [at[0], at[1]],
        source,
        source_text,
        name: f.text("name")?,
        license: f.text("license")?,
        gain_db: f.number("gain_db", 0.0, -120.0, 60.0)?,
        tune_cents: f.number("tune_cents", 0.0, -4800.0, 4800.0)?,
    })
}

#[cfg(test)]
mod tests;
