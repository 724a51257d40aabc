//! `betwixt-bench scale`: what playing costs against voices, grid, instances, block sizes and the size
//! of the pack; flat where it should be flat.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`playing`] | what the engine costs |
//! | [`packs`] | how soon packs of all sizes sound |
//! | [`rig`] | an engine that plays a chord |
//! | [`table`] | rows, and whether bars hold |
//! | [`memory`] | of this process, and of the disk |

mod memory;
mod packs;
mod playing;
mod rig;
mod table;

use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::Quality;
use crate::number::between;
use crate::{Outcome, output};
use table::Table;

/// A pack that takes longer to load has failed.
const PATIENCE: Duration = Duration::from_secs(600);

/// What is varied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Axis {
    /// 1 to 128 voices
    Voices,
    /// 2 × 2 to 33 × 33 cells
    Grid,
    /// Blocks of 16 to 4096 frames
    Blocks,
    /// 32 notes that start in one block
    Start,
    /// 1 to 32 instances
    Instances,
    /// 10 MB to 4 GB, written into the folder for temporary files
    Packs,
}

/// Tables of what playing costs against voices, grid, block size, instances and size of the pack
#[derive(Debug, Args)]
pub struct Scale {
    /// Only these tables
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Axis::Voices, Axis::Grid, Axis::Blocks, Axis::Start, Axis::Instances, Axis::Packs])]
    only: Vec<Axis>,
    /// Quality of pitch shifting
    #[arg(long, value_enum, default_value_t = Quality::Normal)]
    quality: Quality,
    /// How often each row is timed, in turns
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u64).range(1..=1000))]
    passes: u64,
    /// Music of each timing, in seconds
    #[arg(long, default_value_t = 1.0, value_parser = between(0.001, 600.0))]
    seconds: f64,
    /// The largest pack, in MB
    #[arg(long, default_value_t = 4_000, value_parser = clap::value_parser!(u64).range(10..=4_000))]
    largest_mb: u64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Scale {
    /// Runs the command.
    ///
    /// # Errors
    /// When there is no memory or no room for a pack, or one can't be loaded.
    pub fn run(self) -> Outcome {
        let mut tables = serde_json::Map::new();
        for axis in &self.only {
            let table = self.table(*axis)?;
            if self.json {
                tables.extend([table.json()]);
            } else {
                output::text(&format!("{}\n", table.text()))?;
            }
        }
        if self.json {
            let version = env!("CARGO_PKG_VERSION");
            output::json_line(
                &json!({ "job": "scale", "version": version, "quality": self.quality.name(), "tables": tables }),
            )?;
        }
        Ok(())
    }

    fn table(&self, axis: Axis) -> Result<Table, Box<dyn std::error::Error>> {
        match axis {
            Axis::Voices => playing::voices(self),
            Axis::Grid => playing::grid(self),
            Axis::Blocks => playing::blocks(self),
            Axis::Start => playing::start(self),
            Axis::Instances => playing::instances(self),
            Axis::Packs => packs::table(self),
        }
    }
}
