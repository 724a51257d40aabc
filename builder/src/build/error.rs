//! What keeps a pack from being built.

use std::path::PathBuf;

use betwixt_engine::pack::{self, PackError};

use crate::import::ImportError;
use crate::recipe::{Recipe, RecipeError};

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
    /// The sounds can't be kept until they are encoded.
    #[error("can't use a temporary file beside the pack ({0}): a build needs room there for its cells as 32-bit float")]
    Spool(#[source] std::io::Error),
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

pub(super) fn import_error(recipe: &Recipe, anchor: usize, source: ImportError) -> BuildError {
    let a = &recipe.anchors[anchor];
    BuildError::Import { anchor, name: a.name.clone().unwrap_or_else(|| a.source_text.clone()), source }
}
