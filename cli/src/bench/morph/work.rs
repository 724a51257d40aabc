//! The files of a measurement: sources rendered from a SoundFont, and what `betwixt morph` makes of them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use betwixt_builder::import::Instrument;
use betwixt_builder::metrics::source;
use betwixt_builder::recipe::SourceRef;
use betwixt_engine::wav::{Encoding, WavSpec};

use super::pairs::Preset;

/// An error that can cross threads.
pub(in crate::bench) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Where files go, and what makes them.
#[derive(Debug)]
pub(in crate::bench) struct Work {
    pub(in crate::bench) folder: PathBuf,
    pub(in crate::bench) font: PathBuf,
    /// The program `betwixt`.
    pub(in crate::bench) betwixt: PathBuf,
}

impl Work {
    /// The WAV file of a preset's note; it is written where it is not there yet.
    pub(in crate::bench) fn source(&self, preset: Preset, key: u8, raise_cents: f64) -> Result<PathBuf, Failure> {
        let sharp = if raise_cents == 0.0 { String::new() } else { format!("{raise_cents:+}") };
        let path = self.folder.join("sources").join(format!("{}-{key}{sharp}.wav", file_name(preset.name)));
        if !path.exists() {
            let font = SourceRef::Preset { file: self.font.clone(), bank: 0, program: preset.program };
            let instrument = Instrument::open(&font, &[])?;
            write(&path, &source::note(&instrument, key, raise_cents)?, key)?;
        }
        Ok(path)
    }

    /// Runs `betwixt morph` on one core into a folder of its own. Returns the folder and how long it took.
    pub(in crate::bench) fn morph(
        &self,
        name: &str,
        sources: &[&Path],
        key: u8,
        options: &[&str],
    ) -> Result<(PathBuf, f64), Failure> {
        let out = self.folder.join(file_name(name));
        match std::fs::remove_dir_all(&out) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let begun = Instant::now();
        let mut command = Command::new(&self.betwixt);
        command.arg("morph").args(sources).arg("-o").arg(&out).arg("--root").arg(key.to_string()).args(options);
        // The pairs are what runs in parallel.
        command.env("RAYON_NUM_THREADS", "1").stdin(Stdio::null());
        let output = command.output().map_err(|e| format!("{}: {e}", self.betwixt.display()))?;
        let seconds = begun.elapsed().as_secs_f64();
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            let line = why.lines().find(|l| !l.trim().is_empty()).unwrap_or("it says nothing");
            return Err(format!("betwixt morph failed on {name}: {}", line.trim()).into());
        }
        Ok((out, seconds))
    }
}

/// Writes a float WAV file with its root.
pub(in crate::bench) fn write(path: &Path, frames: &[[f32; 2]], key: u8) -> Result<(), Failure> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let spec = WavSpec { root: Some(key), ..WavSpec::stereo(48_000, Encoding::Float32) };
    spec.write_file(path, frames.as_flattened())?;
    Ok(())
}

fn file_name(name: &str) -> String {
    name.replace(' ', "-").replace('–', "--").to_lowercase()
}
