//! Is the demo's sound sound? Figures, and what is wrong with them.

use super::play::{Performance, Score};
use crate::analysis::{clicks, db, level};
use serde::Serialize;

/// A rest in the clip may be silent for so long.
const LONGEST_SILENCE_SECONDS: f64 = 1.0;
/// 10 ms windows below this RMS are silence: −66 dBFS.
const SILENCE: f64 = 5e-4;
/// Sound that is quieter than this on the whole is as good as none.
const FAINTEST_LUFS: f64 = -40.0;

/// The figures. Serialised as `summary.json`.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// Length of the WAV in seconds, the tail included.
    pub seconds: f64,
    /// Length of the tail behind the clip's last event in seconds.
    pub tail_seconds: f64,
    /// The pack that played.
    pub pack: String,
    /// Notes in the clip.
    pub notes: usize,
    /// Notes whose end the plugin reported.
    pub notes_ended: usize,
    /// The most notes that sounded at once, releases included.
    pub most_notes: usize,
    /// Largest sample in dBFS.
    pub peak_dbfs: f64,
    /// RMS of the whole in dBFS.
    pub rms_dbfs: f64,
    /// Integrated loudness (EBU R 128) in LUFS.
    pub loudness_lufs: f64,
    /// Mean of left over mean of right, in dB.
    pub balance_db: f64,
    /// Samples at or over full scale.
    pub clipped_samples: usize,
    /// Samples that are no numbers.
    pub broken_samples: usize,
    /// Clicks: seconds from the start, left and right together.
    pub clicks_seconds: Vec<f64>,
    /// Largest constant offset of a channel.
    pub dc_offset: f64,
    /// The longest silence between the first and the last note, in seconds.
    pub longest_silence_seconds: f64,
    /// Where it begins.
    pub longest_silence_at_seconds: f64,
    /// How many times faster than real time the bounce ran, waiting included.
    pub bounce_speed: f64,
    /// Share of one core in realtime mode, in percent.
    pub live_cpu_percent: f64,
    /// The most of its own length that one block took in realtime mode, in percent.
    pub live_worst_block_percent: f64,
    /// Level of the realtime take against the bounce in dB: far from 0, something was missing.
    pub live_level_db: f64,
    /// What is wrong; empty is well.
    pub faults: Vec<String>,
}

pub(super) fn judge(score: &Score, performance: &Performance) -> Summary {
    let take = &performance.take;
    let rate = take.sample_rate_hz;
    let both = [&take.left, &take.right];
    let rms = [level::rms(&take.left), level::rms(&take.right)];
    let power = |t: &crate::take::Take| (level::rms(&t.left).powi(2) + level::rms(&t.right).powi(2)).sqrt();
    let mut clicks_seconds: Vec<f64> =
        both.iter().flat_map(|c| clicks::find(c)).map(|c| c.frame as f64 / rate).collect();
    clicks_seconds.sort_by(f64::total_cmp);
    clicks_seconds.dedup_by(|a, b| (*a - *b).abs() < 0.002);
    let first = score.clip.notes.iter().map(|n| n.begin_seconds).fold(f64::INFINITY, f64::min);
    let last = score.clip.notes.iter().map(|n| n.end_seconds).fold(0.0, f64::max);
    let frame = |seconds: f64| ((seconds * rate) as usize).min(take.frames());
    let played = take.part(frame(first.min(last))..frame(last));
    let (silence_at, silence) = level::longest_silence(&played, SILENCE);
    let mean = |c: &[f32]| c.iter().map(|v| f64::from(*v)).sum::<f64>() / c.len().max(1) as f64;
    let live = &performance.live;

    let mut summary = Summary {
        seconds: take.seconds(),
        tail_seconds: take.seconds() - score.clip.end_seconds(),
        pack: performance.pack_name.clone(),
        notes: performance.notes.0,
        notes_ended: performance.notes.1,
        most_notes: performance.most_notes,
        peak_dbfs: db(both.iter().map(|c| f64::from(level::peak(c))).fold(0.0, f64::max)),
        rms_dbfs: db((0.5 * (rms[0].powi(2) + rms[1].powi(2))).sqrt()),
        loudness_lufs: level::loudness_lufs(take).unwrap_or(f64::NEG_INFINITY),
        balance_db: db(rms[0] / rms[1]),
        clipped_samples: level::clipped(take),
        broken_samples: level::not_finite(take),
        clicks_seconds,
        dc_offset: both.iter().map(|c| mean(c).abs()).fold(0.0, f64::max),
        longest_silence_seconds: silence,
        longest_silence_at_seconds: first + silence_at,
        bounce_speed: take.seconds() / take.spent.as_secs_f64().max(1e-9),
        live_cpu_percent: 100.0 * live.spent.as_secs_f64() / live.seconds(),
        live_worst_block_percent: 100.0 * live.worst_load,
        live_level_db: db(power(live) / power(take)),
        faults: Vec::new(),
    };
    summary.faults = faults(&summary);
    summary
}

fn faults(s: &Summary) -> Vec<String> {
    let mut faults = Vec::new();
    if s.broken_samples > 0 {
        faults.push(format!("{} samples are NaN or infinite", s.broken_samples));
    }
    if s.clipped_samples > 0 {
        faults.push(format!("{} samples clip (peak {:+.1} dBFS)", s.clipped_samples, s.peak_dbfs));
    }
    if s.loudness_lufs.is_nan() || s.loudness_lufs < FAINTEST_LUFS {
        faults.push(format!("it is silent or nearly so ({:.1} LUFS)", s.loudness_lufs));
    }
    if s.longest_silence_seconds > LONGEST_SILENCE_SECONDS {
        let (length, at) = (s.longest_silence_seconds, s.longest_silence_at_seconds);
        faults.push(format!("{length:.2} s of silence from {at:.2} s"));
    }
    if !s.clicks_seconds.is_empty() {
        let places: Vec<String> = s.clicks_seconds.iter().take(8).map(|t| format!("{t:.3} s")).collect();
        faults.push(format!("{} clicks, at {}", s.clicks_seconds.len(), places.join(", ")));
    }
    if s.dc_offset > 0.003 {
        faults.push(format!("a constant offset of {:.4}", s.dc_offset));
    }
    if s.balance_db.is_nan() || s.balance_db.abs() > 9.0 {
        faults.push(format!("one side is {:.1} dB louder", s.balance_db.abs()));
    }
    if s.notes_ended != s.notes {
        faults.push(format!("{} notes were played and {} ended", s.notes, s.notes_ended));
    }
    if s.live_level_db.is_nan() || s.live_level_db.abs() > 1.0 {
        faults.push(format!("in realtime mode the level differs by {:+.1} dB", s.live_level_db));
    }
    faults
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let pack = if self.pack.is_empty() { "unnamed" } else { &self.pack };
        writeln!(f, "Pack       {pack}")?;
        writeln!(f, "Length     {:.1} s, {:.1} s of it after the last event", self.seconds, self.tail_seconds)?;
        writeln!(f, "Notes      {}, at most {} at once, {} ended", self.notes, self.most_notes, self.notes_ended)?;
        writeln!(
            f,
            "Level      {:.1} LUFS, RMS {:.1} dBFS, peak {:.1} dBFS, left/right {:+.1} dB",
            self.loudness_lufs, self.rms_dbfs, self.peak_dbfs, self.balance_db
        )?;
        writeln!(
            f,
            "Faults     {} clicks, {} clipped, {} NaN, longest silence {:.2} s",
            self.clicks_seconds.len(),
            self.clipped_samples,
            self.broken_samples,
            self.longest_silence_seconds
        )?;
        writeln!(
            f,
            "Speed      bounce {:.0} × real time; live {:.1} % of a core, worst block {:.0} %",
            self.bounce_speed, self.live_cpu_percent, self.live_worst_block_percent
        )?;
        for fault in &self.faults {
            writeln!(f, "FAULT      {fault}")?;
        }
        Ok(())
    }
}
