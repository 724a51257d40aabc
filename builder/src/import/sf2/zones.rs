//! Which samples of a preset sound for which keys and velocities, and how.
//!
//! Instrument generators are absolute and replace defaults; a preset's are added to them. A first
//! zone without its terminal generator is global: it gives the others their defaults. Key and
//! velocity ranges of both levels intersect.

use soundfont::raw::{Bag, Generator, GeneratorType as G, Hydra, SampleHeader};

use crate::recording::Envelope;

/// Largest number of resolved zones of one preset.
const MAX_ZONES: usize = 4096;
/// Generators 0…60.
const GENERATORS: usize = 61;

/// Tables that contradict themselves.
#[derive(Debug, thiserror::Error)]
pub(super) enum TableError {
    #[error("its {table} table points to record {index} of {count}")]
    Index { table: &'static str, index: usize, count: usize },
    #[error("a preset of more than {MAX_ZONES} zones is too large")]
    TooManyZones,
}

/// A sample as one preset plays it.
#[derive(Debug, Clone)]
pub(super) struct Zone {
    /// Keys, inclusive.
    pub(super) keys: (u8, u8),
    /// Velocities, inclusive.
    pub(super) velocities: (u8, u8),
    /// Header of the sample.
    pub(super) sample: SampleHeader,
    values: [i32; GENERATORS],
}

impl Zone {
    /// Does the file hold its sample?
    pub(super) fn is_playable(&self) -> bool {
        !self.sample.sample_type.is_rom() && self.sample.end > self.sample.start
    }

    /// The key at which the sample plays untransposed: `overridingRootKey`, else the header's;
    /// 60 where that is none.
    pub(super) fn sample_key(&self) -> u8 {
        match self.get(G::OverridingRootKey) {
            key @ 0..=127 => key as u8,
            _ if self.sample.origpitch <= 127 => self.sample.origpitch,
            _ => 60,
        }
    }

    /// The key, inside the zone, at which the sample is nearest to its own pitch.
    pub(super) fn root_key(&self) -> u8 {
        let scale = f64::from(self.get(G::ScaleTuning));
        let natural = if scale.abs() < 1.0 {
            f64::from(self.sample_key())
        } else {
            f64::from(self.sample_key()) - self.tune_cents() / scale
        };
        (natural.round().clamp(0.0, 127.0) as u8).clamp(self.keys.0, self.keys.1)
    }

    /// How far the sample is raised when `key` is played, in cents.
    pub(super) fn raise_cents(&self, key: u8) -> f64 {
        let scale = f64::from(self.get(G::ScaleTuning));
        (f64::from(key) - f64::from(self.sample_key())) * scale + self.tune_cents()
    }

    fn tune_cents(&self) -> f64 {
        f64::from(self.get(G::CoarseTune) * 100 + self.get(G::FineTune) + i32::from(self.sample.pitchadj))
    }

    /// Amplitudes of the left and right channel: attenuation, and a balance law with 0 dB at the
    /// centre, so that a centred sample and a hard-panned pair keep their own level.
    pub(super) fn gain(&self) -> [f32; 2] {
        let level_db = -0.4 * f64::from(self.get(G::InitialAttenuation).clamp(0, 1440)) / 10.0;
        let angle = (f64::from(self.get(G::Pan).clamp(-500, 500)) + 500.0) / 1000.0 * std::f64::consts::FRAC_PI_2;
        let level = 10f64.powf(level_db / 20.0);
        let side = |share: f64| (level * (share * std::f64::consts::SQRT_2).min(1.0)) as f32;
        // The cosine of a right angle is not quite 0 in floating point.
        let exact = |v: f32| if v < 1e-9 { 0.0 } else { v };
        [exact(side(angle.cos())), exact(side(angle.sin()))]
    }

    /// Does it loop (also when only until release)?
    pub(super) fn loops(&self) -> bool {
        matches!(self.get(G::SampleModes) & 3, 1 | 3)
    }

    /// Offsets to the sample's start, end, loop start and loop end, in frames.
    pub(super) fn offsets(&self) -> [i64; 4] {
        let sum = |fine, coarse| i64::from(self.get(fine)) + 32_768 * i64::from(self.get(coarse));
        [
            sum(G::StartAddrsOffset, G::StartAddrsCoarseOffset),
            sum(G::EndAddrsOffset, G::EndAddrsCoarseOffset),
            sum(G::StartloopAddrsOffset, G::StartloopAddrsCoarseOffset),
            sum(G::EndloopAddrsOffset, G::EndloopAddrsCoarseOffset),
        ]
    }

    /// The volume envelope when `key` is played.
    pub(super) fn envelope(&self, key: u8) -> Envelope {
        let by_key = |scale| (60 - i32::from(key)) * self.get(scale);
        Envelope {
            delay_seconds: seconds(self.get(G::DelayVolEnv), 5_000),
            attack_seconds: seconds(self.get(G::AttackVolEnv), 8_000),
            hold_seconds: seconds(self.get(G::HoldVolEnv) + by_key(G::KeynumToVolEnvHold), 5_000),
            decay_seconds: seconds(self.get(G::DecayVolEnv) + by_key(G::KeynumToVolEnvDecay), 8_000),
            sustain_drop_db: f64::from(self.get(G::SustainVolEnv).clamp(0, 1440)) / 10.0,
        }
    }

    fn get(&self, generator: G) -> i32 {
        self.values[generator as usize]
    }
}

/// Timecents; −12000, a millisecond, counts as none.
fn seconds(timecents: i32, max: i32) -> f64 {
    if timecents <= -12_000 { 0.0 } else { 2f64.powf(f64::from(timecents.min(max)) / 1200.0) }
}

/// One zone of either level: ranges and the generators set in it.
#[derive(Clone)]
struct Level {
    keys: (u8, u8),
    velocities: (u8, u8),
    values: [Option<i32>; GENERATORS],
    terminal: Option<usize>,
}

impl Level {
    const EMPTY: Level = Level { keys: (0, 127), velocities: (0, 127), values: [None; GENERATORS], terminal: None };

    fn read(mut self, generators: &[Generator], terminal: G) -> Level {
        for g in generators {
            let Ok(kind) = g.ty.into_result() else { continue };
            if let Some(range) = g.amount.as_range() {
                match kind {
                    G::KeyRange => self.keys = (range.low.min(127), range.high.min(127)),
                    _ => self.velocities = (range.low.min(127), range.high.min(127)),
                }
            } else if let Some(&index) = g.amount.as_u16() {
                if kind == terminal {
                    // What follows the terminal generator is to be ignored.
                    self.terminal = Some(usize::from(index));
                    return self;
                }
            } else if let Some(&value) = g.amount.as_i16() {
                self.values[kind as usize % GENERATORS] = Some(i32::from(value));
            }
        }
        self
    }
}

/// All zones of the preset with this index, in the file's order.
pub(super) fn resolve(hydra: &Hydra, preset: usize) -> Result<Vec<Zone>, TableError> {
    let headers = &hydra.preset_headers;
    let bags = (usize::from(headers[preset].bag_id), usize::from(headers[preset + 1].bag_id));
    let outer = levels(&hydra.preset_bags, &hydra.preset_generators, bags, G::Instrument)?;
    let mut zones = Vec::new();
    for outer in outer {
        let Some(index) = outer.terminal else { continue };
        let headers = &hydra.instrument_headers;
        if index + 1 >= headers.len() {
            return Err(TableError::Index { table: "instrument", index, count: headers.len().saturating_sub(1) });
        }
        let bags = (usize::from(headers[index].bag_id), usize::from(headers[index + 1].bag_id));
        for inner in levels(&hydra.instrument_bags, &hydra.instrument_generators, bags, G::SampleID)? {
            zones.extend(combine(hydra, &outer, &inner)?);
            if zones.len() > MAX_ZONES {
                return Err(TableError::TooManyZones);
            }
        }
    }
    Ok(zones)
}

/// The zones of one preset or instrument, the global zone worked into the others.
fn levels(
    bags: &[Bag],
    generators: &[Generator],
    (first, end): (usize, usize),
    terminal: G,
) -> Result<Vec<Level>, TableError> {
    let mut global = Level::EMPTY;
    let mut found = Vec::new();
    for i in first..end {
        let (Some(bag), Some(next)) = (bags.get(i), bags.get(i + 1)) else {
            return Err(TableError::Index { table: "zone", index: i, count: bags.len().saturating_sub(1) });
        };
        let range = usize::from(bag.generator_id)..usize::from(next.generator_id);
        let Some(own) = generators.get(range.clone()) else {
            return Err(TableError::Index { table: "generator", index: range.end, count: generators.len() });
        };
        let level = global.clone().read(own, terminal);
        match level.terminal {
            Some(_) => found.push(level),
            None if i == first => global = level,
            // A later zone without a terminal generator plays nothing.
            None => {}
        }
    }
    Ok(found)
}

fn combine(hydra: &Hydra, outer: &Level, inner: &Level) -> Result<Option<Zone>, TableError> {
    let both = |a: (u8, u8), b: (u8, u8)| (a.0.max(b.0), a.1.min(b.1));
    let (keys, velocities) = (both(outer.keys, inner.keys), both(outer.velocities, inner.velocities));
    let Some(index) = inner.terminal.filter(|_| keys.0 <= keys.1 && velocities.0 <= velocities.1) else {
        return Ok(None);
    };
    // The last header is the end mark.
    let count = hydra.sample_headers.len().saturating_sub(1);
    let sample = hydra.sample_headers[..count].get(index).ok_or(TableError::Index { table: "sample", index, count })?;
    let mut values = defaults();
    for (i, value) in values.iter_mut().enumerate() {
        *value = inner.values[i].unwrap_or(*value);
        if adds(i) {
            *value += outer.values[i].unwrap_or(0);
        }
    }
    Ok(Some(Zone { keys, velocities, sample: sample.clone(), values }))
}

/// Generators that a preset may carry; the others are illegal there and ignored.
fn adds(generator: usize) -> bool {
    const ILLEGAL: &[G] = &[
        G::StartAddrsOffset,
        G::EndAddrsOffset,
        G::StartloopAddrsOffset,
        G::EndloopAddrsOffset,
        G::StartAddrsCoarseOffset,
        G::EndAddrsCoarseOffset,
        G::StartloopAddrsCoarseOffset,
        G::EndloopAddrsCoarseOffset,
        G::Keynum,
        G::Velocity,
        G::SampleModes,
        G::ExclusiveClass,
        G::OverridingRootKey,
    ];
    !ILLEGAL.iter().any(|g| *g as usize == generator)
}

fn defaults() -> [i32; GENERATORS] {
    let mut values = [0; GENERATORS];
    for g in [G::DelayVolEnv, G::AttackVolEnv, G::HoldVolEnv, G::DecayVolEnv] {
        values[g as usize] = -12_000;
    }
    values[G::ScaleTuning as usize] = 100;
    values[G::OverridingRootKey as usize] = -1;
    values
}
