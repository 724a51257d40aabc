//! `betwixt-bench example`: two General MIDI sounds, the middle of their morph and of their mix, as WAV files.

use std::path::PathBuf;

use betwixt_builder::metrics::folder::{Folder, read_note};
use betwixt_builder::metrics::mix;
use clap::Args;

use super::morph::pairs::Preset;
use super::morph::work::{Work, write};
use crate::Outcome;

/// Write two General MIDI sounds, the middle of their morph and of their mix: a, b, middle and mix.wav
#[derive(Debug, Args)]
pub struct Example {
    /// Programs of bank 0
    #[arg(num_args = 2, required = true, value_name = "PROGRAM", value_parser = clap::value_parser!(u16).range(0..=127))]
    programs: Vec<u16>,
    /// The MIDI key
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u8).range(0..=127))]
    key: u8,
    /// A General MIDI SoundFont
    #[arg(long, value_name = "FILE")]
    font: PathBuf,
    /// The folder to write into
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
}

impl Example {
    /// Runs the command.
    ///
    /// # Errors
    /// When the font can't be used, or `betwixt morph` fails.
    pub fn run(self) -> Outcome {
        self.write().map_err(|e| -> Box<dyn std::error::Error> { e })
    }

    fn write(&self) -> Result<(), super::morph::work::Failure> {
        let beside = std::env::current_exe()?.with_file_name(format!("betwixt{}", std::env::consts::EXE_SUFFIX));
        let work = Work { folder: self.out.clone(), font: self.font.clone(), betwixt: beside };
        let mut notes = Vec::new();
        let mut paths = Vec::new();
        // Sources of another run may be other programs.
        let _ = std::fs::remove_dir_all(self.out.join("sources"));
        for (name, program) in ["a", "b"].into_iter().zip(&self.programs) {
            let source = work.source(Preset { name, program: *program }, self.key, 0.0)?;
            let path = self.out.join(name).with_extension("wav");
            std::fs::copy(&source, &path)?;
            notes.push(read_note(&path, None)?);
            paths.push(path);
        }
        let options = ["--grid", "3x1", "--sustain", "natural"];
        let (folder, _) = work.morph("notes", &[&paths[0], &paths[1]], self.key, &options)?;
        write(&self.out.join("middle.wav"), &Folder::read(&folder)?.line()?.middle().frames, self.key)?;
        let mix = mix::line(&notes[0], &notes[1], 3).ok_or("no mix")?;
        write(&self.out.join("mix.wav"), &mix.middle().frames, self.key)
    }
}
