//! `betwixt-bench load`: how soon a pack sounds; and the pack for it from a folder of WAV files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use betwixt_engine::event::{Event, EventKind, NoteRef};
use betwixt_engine::loader::{Loader, PackSource};
use betwixt_engine::pack::{CellStorage, CellTags, Grid, LoopPoints, Manifest, Note, PackWriter, encode_cell};
use betwixt_engine::wav::{self, Encoding};
use clap::Args;
use serde_json::json;

use super::{Path as SimdPath, Quality, engine};
use crate::{Outcome, output};

const BLOCK: usize = 128;
/// The first sample above this is sound.
const SOUND: f32 = 1e-6;
/// A load that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(600);
/// The grid of `--make`.
const SIDE: usize = 5;

/// Time a pack from the program's start to its first sound, or make one from WAV files
#[derive(Debug, Args)]
pub struct Load {
    /// The pack
    pack: PathBuf,
    /// The note that is played
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u8).range(0..=127))]
    key: u8,
    /// Quality of pitch shifting
    #[arg(long, value_enum, default_value_t = Quality::Normal)]
    quality: Quality,
    /// Make the pack from the files ROOT_INDEX.wav of this folder (index = 5 x row + column)
    #[arg(long, value_name = "FOLDER")]
    make: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Load {
    /// Runs the command. `begun` is when the program began.
    ///
    /// # Errors
    /// When the pack can't be played, stays silent, or can't be made.
    pub fn run(self, begun: Instant) -> Outcome {
        match &self.make {
            Some(folder) => make(folder, &self.pack),
            None => self.time(begun),
        }
    }

    fn time(&self, begun: Instant) -> Outcome {
        let ms = || begun.elapsed().as_secs_f64() * 1e3;
        let loading = Loader::shared().open(PackSource::File(self.pack.clone()), (0.5, 0.5), Box::new(|_| {}));
        let (mut engine, mut handle) = engine(self.quality, SimdPath::Auto.find()?, BLOCK);
        let pack = loading.wait_playable(PATIENCE)?.ok_or("the pack takes too long to load")?;
        handle.send_pack(pack.play.clone()).map_err(|_| "the engine takes no pack")?;
        let load_ms = ms();

        let note = NoteRef { id: 0, channel: 0, key: self.key };
        let start = Event { frame: 0, kind: EventKind::NoteOn { note, velocity: 100.0 / 127.0 } };
        let (mut left, mut right) = ([0f32; BLOCK], [0f32; BLOCK]);
        let mut blocks = 0usize;
        loop {
            engine.process(&mut left, &mut right, if blocks == 0 { std::slice::from_ref(&start) } else { &[] });
            blocks += 1;
            if left.iter().chain(&right).any(|v| v.abs() > SOUND) {
                break;
            }
            if engine.sounding() == 0 || begun.elapsed() > PATIENCE {
                return Err(format!("key {} of {} makes no sound", self.key, self.pack.display()).into());
            }
        }
        let first_sound_ms = ms();
        if !loading.wait_complete(PATIENCE)? {
            return Err("the pack takes too long to load".into());
        }
        let full_ms = ms();
        if self.json {
            output::json_line(&json!({
                "job": "load",
                "load_ms": load_ms,
                "first_sound_ms": first_sound_ms,
                "blocks": blocks,
                "full_ms": full_ms,
                "peak_rss_mib": peak_rss_mib(),
            }))?;
        } else {
            output::text(&format!(
                "a note is accepted after {load_ms:.1} ms, first sound after {first_sound_ms:.1} ms, all there after {full_ms:.1} ms\n"
            ))?;
        }
        Ok(())
    }
}

/// The most memory that this process has had, where the system tells.
fn peak_rss_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse::<f64>().ok().map(|kib| kib / 1024.0)
}

/// Writes a pack from WAV files.
fn make(folder: &Path, to: &Path) -> Outcome {
    let mut roots: BTreeMap<u8, BTreeMap<usize, PathBuf>> = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(|e| format!("can't read {}: {e}", folder.display()))? {
        let path = entry?.path();
        if let Some((root, index)) = place(&path) {
            roots.entry(root).or_default().insert(index, path);
        }
    }
    if roots.is_empty() {
        return Err(format!("{} has no files named ROOT_INDEX.wav", folder.display()).into());
    }
    let keys: Vec<u8> = roots.keys().copied().collect();
    let mut writer = PackWriter::create(to)?;
    let name = folder.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let mut manifest = Manifest::new(&name, Grid::new(SIDE, SIDE), 48_000);
    for (at, (root, files)) in roots.into_iter().enumerate() {
        if !files.keys().copied().eq(0..SIDE * SIDE) {
            return Err(format!("root {root} has {} of the {} files", files.len(), SIDE * SIDE).into());
        }
        // Half way to the neighbours; the outermost reach to the ends.
        let low = at.checked_sub(1).map_or(0, |b| (keys[b] + root) / 2 + 1);
        let high = keys.get(at + 1).map_or(127, |next| (root + next) / 2);
        let mut cells = Vec::new();
        let (mut frames, mut loop_points) = (0, None);
        for (index, file) in files {
            let wav = wav::read(&file).map_err(|e| format!("{}: {e}", file.display()))?;
            manifest.sample_rate = wav.sample_rate_hz;
            frames = wav.frames as u64;
            let loop_frames = wav.loop_frames();
            loop_points = loop_frames.map(|l| LoopPoints {
                start: l.start as u64,
                end: l.end as u64,
                extra: serde_json::Map::new(),
            });
            let storage = match wav.encoding {
                Encoding::Pcm16 => CellStorage::Pcm16,
                Encoding::Pcm24 => CellStorage::Pcm24,
                _ => CellStorage::Float,
            };
            let tags = CellTags { sample_rate_hz: wav.sample_rate_hz, root, loop_frames };
            let cell = encode_cell(&wav.stereo(), tags, storage, 0)?;
            cells.push(writer.add_cell(&format!("audio/{root}/{}-{}", index % SIDE, index / SIDE), &cell)?);
        }
        manifest.notes.push(Note { loop_points, ..Note::new(root, (low, high), frames, cells) });
    }
    writer.finish(&manifest)?;
    Ok(())
}

/// Root and index of a file named `ROOT_INDEX.wav`.
fn place(path: &Path) -> Option<(u8, usize)> {
    if !path.extension()?.eq_ignore_ascii_case("wav") {
        return None;
    }
    let (root, index) = path.file_stem()?.to_str()?.split_once('_')?;
    Some((root.parse().ok().filter(|r| *r <= 127)?, index.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::place;
    use std::path::Path;

    #[test]
    fn file_names_are_root_and_index() {
        assert_eq!(place(Path::new("a/60_24.wav")), Some((60, 24)));
        assert_eq!(place(Path::new("60.wav")), None);
        assert_eq!(place(Path::new("200_1.wav")), None);
        assert_eq!(place(Path::new("60_1.txt")), None);
    }
}
