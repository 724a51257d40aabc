//! Presets of SoundFonts (SF2, and SF3 with Vorbis samples).
//!
//! The tables come from the `soundfont` crate; what they mean (which zones sound for a key, how
//! generators add up) is resolved here, after the SoundFont 2.04 specification and, where players
//! agree to differ from it, after them: attenuation counts 0.4, `pitchCorrection` raises the sound.

mod guard;
mod samples;
mod zones;

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use soundfont::raw::{Hydra, RawSoundFontData};

use super::ImportError;
use crate::recording::Recording;
use samples::SampleReader;
use zones::Zone;

/// The velocity whose layer is taken.
const VELOCITY: u8 = 100;

/// A preset with its zones resolved.
pub(super) struct Preset {
    pub(super) name: String,
    pub(super) warnings: Vec<String>,
    /// Those zones that sound at [`VELOCITY`].
    zones: Vec<Zone>,
    samples: SampleReader,
}

impl Preset {
    pub(super) fn open(path: &Path, bank: u16, program: u16) -> Result<Preset, ImportError> {
        let bad = |why: String| ImportError::SoundFont { path: path.into(), why };
        let read = |source| ImportError::Read { path: path.into(), source };
        let file = File::open(path).map_err(read)?;
        guard::check(&file).map_err(bad)?;
        let tables = RawSoundFontData::load(&mut BufReader::new(&file)).map_err(|e| bad(explain(&e)))?;
        let hydra = &tables.hydra;
        // The last header is the end mark, whatever it is called.
        let headers = &hydra.preset_headers[..hydra.preset_headers.len().saturating_sub(1)];
        let Some(index) = headers.iter().position(|h| h.bank == bank && h.preset == program) else {
            return Err(ImportError::NoPreset { path: path.into(), bank, program, presets: list(hydra) });
        };
        let mut warnings = Vec::new();
        let mut zones = zones::resolve(hydra, index).map_err(|e| bad(e.to_string()))?;
        let before = zones.len();
        zones.retain(Zone::is_playable);
        if zones.len() < before {
            warnings.push(format!("{} zones have no sample in the file and are left out", before - zones.len()));
        }
        let all = zones.clone();
        zones.retain(|z| z.velocities.0 <= VELOCITY && VELOCITY <= z.velocities.1);
        if zones.is_empty() {
            // Nothing for a medium touch: the loudest layer there is.
            let top = all.iter().map(|z| z.velocities.1).max().unwrap_or(127);
            zones = all.into_iter().filter(|z| z.velocities.1 == top).collect();
        }
        if zones.is_empty() {
            return Err(bad(format!("the preset {bank}:{program} has no zones with samples")));
        }
        let name = headers[index].name.trim().to_owned();
        let samples = SampleReader::new(file, PathBuf::from(path), &tables);
        Ok(Preset { name, warnings, zones, samples })
    }

    /// The keys at which samples play as they are, as far as their zones reach.
    pub(super) fn roots(&self) -> Vec<u8> {
        let mut roots: Vec<u8> = self.zones.iter().map(Zone::root_key).collect();
        roots.sort_unstable();
        roots.dedup();
        roots
    }

    /// What sounds for a key; keys outside all zones take the nearest one's.
    pub(super) fn note(&self, key: u8) -> Result<Vec<Recording>, ImportError> {
        let off = |z: &Zone| key.saturating_sub(z.keys.1).max(z.keys.0.saturating_sub(key));
        let nearest = self.zones.iter().map(off).min().unwrap_or(0);
        self.zones.iter().filter(|z| off(z) == nearest).map(|z| self.samples.recording(z, key)).collect()
    }
}

fn explain(error: &soundfont::Error) -> String {
    match error {
        soundfont::Error::UnknownSampleType(kind) => format!("it has a sample of unknown type {kind:#06x}"),
        soundfont::Error::Io(e) => e.to_string(),
        soundfont::Error::MissingChunk(chunk) => format!("its {chunk:?} chunk is missing"),
        other => format!("{other:?}"),
    }
}

/// Some of the presets, for an error.
fn list(hydra: &Hydra) -> String {
    const SHOWN: usize = 8;
    let headers = &hydra.preset_headers[..hydra.preset_headers.len().saturating_sub(1)];
    let mut found: Vec<_> = headers.iter().map(|h| (h.bank, h.preset, h.name.trim())).collect();
    found.sort_unstable();
    let text: Vec<_> = found.iter().take(SHOWN).map(|(b, p, name)| format!("{b}:{p} {name}")).collect();
    match found.len().saturating_sub(SHOWN) {
        0 => text.join(", "),
        more => format!("{} and {more} more", text.join(", ")),
    }
}

#[cfg(test)]
mod tests;
