//! Parameters: base values, modulation for all notes, and what follows from both.

use crate::envelope::Rates;
use crate::filter::{FilterKind, damping};
use crate::kernel::Quality;
use crate::limits::TICK_FRAMES;
use crate::params::{self, Param};

/// Pad glides up to this many milliseconds only smooth; while nothing sounds they are skipped, so
/// that a note which follows a jump of the point begins in its place.
const SMOOTHING_GLIDE_MS: f64 = 50.0;

/// How many notes sound at once, and how they follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoteMode {
    Poly,
    Mono,
    Legato,
}

/// What sustains a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoopMode {
    Pack,
    Off,
    On,
}

/// What the modulation wheel moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WheelTarget {
    None,
    X,
    Y,
    Cutoff,
}

/// The values that may differ from note to note.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sound {
    /// Amplitude.
    pub(crate) gain: f32,
    /// −1…1.
    pub(crate) pan: f32,
    /// Semitones.
    pub(crate) tune: f64,
    pub(crate) rates: Rates,
    /// Along the control's travel, 0…1.
    pub(crate) cutoff: f64,
    /// 1/Q.
    pub(crate) damping: f64,
    /// 0…1 of the note's length.
    pub(crate) start: f64,
}

/// The values that all notes share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shared {
    pub(crate) sound: Sound,
    /// Mid/side: 1 is as recorded.
    pub(crate) width: f32,
    /// Semitones.
    pub(crate) fine: f64,
    /// Semitones at full bend.
    pub(crate) bend_range: f64,
    /// 0…1.
    pub(crate) velocity: f64,
    pub(crate) mode: NoteMode,
    /// Seconds.
    pub(crate) glide: f64,
    pub(crate) voices: usize,
    pub(crate) filter: FilterKind,
    /// −1…1: of the cutoff's whole travel.
    pub(crate) filter_env: f64,
    /// 0…1.
    pub(crate) filter_key: f64,
    pub(crate) loop_mode: LoopMode,
    pub(crate) reverse: bool,
    pub(crate) quality: Quality,
    pub(crate) wheel: WheelTarget,
    pub(crate) latch: bool,
    pub(crate) bypass: bool,
    /// Part of the way to its target that the point goes in a tick.
    pub(crate) follow: f64,
}

/// All parameters.
pub(crate) struct Controls {
    sample_rate_hz: f64,
    base: [f64; params::COUNT],
    /// Modulation for all notes, normalised.
    offset: [f64; params::COUNT],
    shared: Shared,
    stale: bool,
    /// Rises when [`Shared`] changes: voices with values of their own then compute them again.
    revision: u32,
    /// Rises when anything changes that a voice follows, but the point.
    changes: u32,
    force_best: bool,
    /// Where the point is heard, before clamping.
    point: [f64; 2],
}

impl Controls {
    pub(crate) fn new(sample_rate_hz: f64) -> Controls {
        let mut base = [0.0; params::COUNT];
        for (value, param) in base.iter_mut().zip(Param::all()) {
            *value = param.default();
        }
        let offset = [0.0; params::COUNT];
        let values = Values { base: &base, offset: &offset, note: None, sample_rate_hz };
        let shared = values.shared(false);
        Controls {
            sample_rate_hz,
            base,
            offset,
            shared,
            stale: false,
            revision: 1,
            changes: 1,
            force_best: false,
            point: [Param::X.default(), Param::Y.default()],
        }
    }

    /// A new base value. NaN is ignored.
    pub(crate) fn set_base(&mut self, param: Param, plain: f64) {
        if !plain.is_nan() {
            self.base[param as usize] = param.clamp(plain);
            self.stale |= !param.is_point();
        }
    }

    /// New modulation for all notes. NaN is ignored.
    pub(crate) fn set_offset(&mut self, param: Param, offset: f32) {
        if !offset.is_nan() {
            self.offset[param as usize] = f64::from(offset.clamp(-1.0, 1.0));
            self.stale |= !param.is_point();
        }
    }

    /// Bounces always sound best.
    pub(crate) fn set_force_best(&mut self, force: bool) {
        self.force_best = force;
        self.stale = true;
    }

    /// Takes all modulation away and puts the point where it should be.
    pub(crate) fn reset(&mut self) {
        self.offset = [0.0; params::COUNT];
        self.stale = true;
        self.refresh();
        self.jump();
    }

    /// Brings what follows from the parameters up to date. Called after events, before sound.
    pub(crate) fn refresh(&mut self) {
        if self.stale {
            self.stale = false;
            self.revision = self.revision.wrapping_add(1);
            self.touch();
            let values =
                Values { base: &self.base, offset: &self.offset, note: None, sample_rate_hz: self.sample_rate_hz };
            self.shared = values.shared(self.force_best);
        }
    }

    /// See [`Shared`].
    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// A controller has moved that voices follow.
    pub(crate) fn touch(&mut self) {
        self.changes = self.changes.wrapping_add(1);
    }

    /// See the field.
    pub(crate) fn changes(&self) -> u32 {
        self.changes
    }

    /// See the field.
    pub(crate) fn revision(&self) -> u32 {
        self.revision
    }

    /// The values of a note with modulation of its own (by [`Param`], normalised).
    pub(crate) fn sound(&self, note: &[f32; params::COUNT]) -> Sound {
        let values =
            Values { base: &self.base, offset: &self.offset, note: Some(note), sample_rate_hz: self.sample_rate_hz };
        values.sound()
    }

    fn target(&self) -> [f64; 2] {
        [Param::X, Param::Y].map(|p| self.base[p as usize] + self.offset[p as usize])
    }

    /// The point goes where it should be at once.
    pub(crate) fn jump(&mut self) {
        self.point = self.target();
    }

    /// A note begins in silence: a pad glide that only smooths has nothing to smooth.
    pub(crate) fn begin_from_silence(&mut self) {
        if self.base[Param::GlideXy as usize] <= SMOOTHING_GLIDE_MS {
            self.jump();
        }
    }

    /// Where a new note begins: where the point is heard, or at once where it goes. A latched note stays
    /// where it begins, so smoothing alone must not keep it from its place; one that follows must not
    /// be ahead of the others.
    pub(crate) fn landing(&self) -> Option<[f64; 2]> {
        let glide_ms = self.base[Param::GlideXy as usize];
        let at_once = glide_ms == 0.0 || (self.shared.latch && glide_ms <= SMOOTHING_GLIDE_MS);
        at_once.then(|| self.target())
    }

    /// The point one tick later.
    pub(crate) fn advance_point(&mut self) -> [f64; 2] {
        let target = self.target();
        for (now, target) in self.point.iter_mut().zip(target) {
            let way = target - *now;
            *now = if way.abs() < 1e-6 { target } else { *now + way * self.shared.follow };
        }
        self.point
    }

    /// Where the point is heard.
    pub(crate) fn point(&self) -> [f64; 2] {
        self.point
    }
}

/// The sum of base, modulation and a note's modulation, by parameter.
struct Values<'a> {
    base: &'a [f64; params::COUNT],
    offset: &'a [f64; params::COUNT],
    note: Option<&'a [f32; params::COUNT]>,
    sample_rate_hz: f64,
}

impl Values<'_> {
    fn offset(&self, param: Param) -> f64 {
        self.offset[param as usize] + self.note.map_or(0.0, |n| f64::from(n[param as usize]))
    }

    /// Plain value. Without modulation the base value itself, exactly.
    fn plain(&self, param: Param) -> f64 {
        let (base, offset) = (self.base[param as usize], self.offset(param));
        if offset == 0.0 { base } else { param.denormalise(param.normalise(base) + offset) }
    }

    fn normalised(&self, param: Param) -> f64 {
        (param.normalise(self.base[param as usize]) + self.offset(param)).clamp(0.0, 1.0)
    }

    fn on(&self, param: Param) -> bool {
        self.plain(param) >= 0.5
    }

    fn sound(&self) -> Sound {
        let plain = |p| self.plain(p);
        Sound {
            gain: amplitude(plain(Param::Gain)) as f32,
            pan: (plain(Param::Pan) / 100.0) as f32,
            tune: plain(Param::Tune),
            rates: Rates::new(
                plain(Param::Attack),
                plain(Param::Decay),
                plain(Param::Sustain) / 100.0,
                plain(Param::Release),
                self.sample_rate_hz,
            ),
            cutoff: self.normalised(Param::Cutoff),
            damping: damping(plain(Param::Resonance) / 100.0),
            start: plain(Param::Start) / 100.0,
        }
    }

    fn shared(&self, force_best: bool) -> Shared {
        let plain = |p| self.plain(p);
        let tick = TICK_FRAMES as f64 / self.sample_rate_hz;
        let glide_seconds = plain(Param::GlideXy) / 1000.0;
        Shared {
            sound: self.sound(),
            width: (plain(Param::Width) / 100.0) as f32,
            fine: plain(Param::Fine) / 100.0,
            bend_range: plain(Param::BendRange),
            velocity: plain(Param::Velocity) / 100.0,
            mode: match plain(Param::Mode) as usize {
                0 => NoteMode::Poly,
                1 => NoteMode::Mono,
                _ => NoteMode::Legato,
            },
            glide: plain(Param::Glide),
            voices: plain(Param::Voices) as usize,
            filter: FilterKind::from_choice(plain(Param::Filter)),
            filter_env: plain(Param::FilterEnv) / 100.0,
            filter_key: plain(Param::FilterKey) / 100.0,
            loop_mode: match plain(Param::Loop) as usize {
                0 => LoopMode::Pack,
                1 => LoopMode::Off,
                _ => LoopMode::On,
            },
            reverse: self.on(Param::Reverse),
            quality: if force_best { Quality::Best } else { Quality::from_choice(plain(Param::Quality)) },
            wheel: match plain(Param::ModWheel) as usize {
                1 => WheelTarget::X,
                2 => WheelTarget::Y,
                3 => WheelTarget::Cutoff,
                _ => WheelTarget::None,
            },
            latch: self.on(Param::XyMode),
            bypass: self.on(Param::Bypass),
            follow: 1.0 - (-tick / glide_seconds.max(1e-9)).exp(),
        }
    }
}

/// dB to amplitude; −∞ is 0 and 0 dB is 1, both exactly.
pub(crate) fn amplitude(db: f64) -> f64 {
    if db == 0.0 { 1.0 } else { 10f64.powf(db / 20.0) }
}
