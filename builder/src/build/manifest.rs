//! What `pack.json` says, beside the notes' own.

use betwixt_engine::pack::{self, Grid, Manifest, MapCell, PadMap};

use super::Build;
use crate::picture::{self, Measure};

impl Build<'_> {
    /// The manifest, without what the notes tell.
    pub(super) fn manifest(&self) -> Manifest {
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
                coherent: recipe.coherent,
                ..pack::Note::new(note.root, (note.low, note.high), 0, Vec::with_capacity(self.cells.len()))
            })
            .collect();
        manifest
    }

    /// `octaves`: how far each source's brightness lies above its fundamental, for all notes.
    pub(super) fn map(&self, octaves: &[Vec<f64>], measures: &[Vec<Measure>]) -> PadMap {
        let octaves: Vec<f64> = octaves.iter().map(|o| o.iter().sum::<f64>() / o.len().max(1) as f64).collect();
        let hues = picture::anchor_hues(&octaves);
        let cells = self.cells.iter().zip(measures).map(|(weights, measures)| {
            let mean = picture::mean(measures);
            let tenth = |v: f64| (v * 10.0).round() / 10.0;
            MapCell {
                rgb: picture::mixed_rgb(&hues, &weights.colour()),
                brightness_hz: tenth(mean.centroid_hz),
                level_db: tenth(mean.level_db),
                extra: Default::default(),
            }
        });
        PadMap { cells: cells.collect(), extra: Default::default() }
    }
}

/// A source without the folders before its name: packs travel, and say nothing of their makers' disks.
fn short_source(text: &str) -> String {
    let name = text.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next();
    name.unwrap_or_default().to_owned()
}
