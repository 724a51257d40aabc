//! The voices, and which of them play: notes, pedals, mono lines, stealing.
//!
//! `index` is always the place in the tick at which something happens, `frame` the place in the
//! block (for the note ends that hosts are told).

use super::EndedNote;
use super::controls::NoteMode;
use super::held::HeldKeys;
use super::packs::{Packs, Slot};
use crate::demand::VoiceDemand;
use crate::event::{Expression, NoteAddress, NoteRef};
use crate::limits::VOICES;
use crate::params::Param;
use crate::voice::{Begin, Context, Late, Span, Voice};

/// Places for voices that fade because they were stolen, beside the playing ones.
const RESERVE: usize = 64;
/// Note ends that can be told in one block.
const ENDS: usize = 4096;

/// All voices.
pub(super) struct Bank {
    voices: Box<[Voice]>,
    /// Sounding voices in the order in which they began.
    active: Vec<u16>,
    free: Vec<u16>,
    held: HeldKeys,
    /// Where the newest note's pitch went: the next glide begins there.
    last_key: Option<f64>,
    ended: Vec<EndedNote>,
}

impl Bank {
    pub(super) fn new() -> Bank {
        let count = VOICES + RESERVE;
        Bank {
            voices: (0..count).map(|_| Voice::idle()).collect(),
            active: Vec::with_capacity(count),
            free: (0..count as u16).rev().collect(),
            held: HeldKeys::new(),
            last_key: None,
            ended: Vec::with_capacity(ENDS),
        }
    }

    /// Stops everything at once.
    pub(super) fn reset(&mut self) {
        while let Some(voice) = self.active.pop() {
            self.free.push(voice);
        }
        // The same places again for the same notes.
        self.free.sort_unstable_by(|a, b| b.cmp(a));
        self.held.clear();
        self.last_key = None;
        self.ended.clear();
    }

    pub(super) fn clear_ended(&mut self) {
        self.ended.clear();
    }

    pub(super) fn sort_ended(&mut self) {
        self.ended.sort_unstable_by_key(|e| e.frame);
    }

    pub(super) fn ended(&self) -> &[EndedNote] {
        &self.ended
    }

    pub(super) fn sounding(&self) -> usize {
        self.active.len()
    }

    /// Sounding voices in the order in which they began.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Voice> {
        self.active.iter().map(|i| &self.voices[usize::from(*i)])
    }

    /// What the sounding voices play.
    pub(super) fn demands(&self, packs: &Packs) -> impl Iterator<Item = VoiceDemand> {
        self.active.iter().filter_map(|place| {
            let voice = &self.voices[usize::from(*place)];
            Some(voice.demand(packs.get(voice.slot)?.id, *place))
        })
    }

    /// Does something to the sounding voices that `which` picks.
    fn each(&mut self, which: impl Fn(&Voice) -> bool, mut act: impl FnMut(&mut Voice)) {
        for i in &self.active {
            let voice = &mut self.voices[usize::from(*i)];
            if which(voice) {
                act(voice);
            }
        }
    }

    /// Does any voice play the pack in this slot?
    pub(super) fn plays(&self, slot: Slot) -> bool {
        self.iter().any(|v| v.slot == slot)
    }

    /// Fades the voices of a pack that must leave.
    pub(super) fn choke_pack(&mut self, slot: Slot, index: usize, context: &Context<'_>) {
        self.each(|v| v.slot == slot, |v| v.choke(index, context.clock));
    }

    fn tell(&mut self, note: NoteRef, frame: u32) {
        if self.ended.len() < ENDS {
            self.ended.push(EndedNote { note, frame });
        }
        self.held.mark_told(note);
    }

    // ---- notes

    pub(super) fn note_on(
        &mut self,
        context: &Context<'_>,
        packs: &Packs,
        note: NoteRef,
        velocity: f32,
        index: usize,
        frame: u32,
    ) {
        self.held.press(note, velocity);
        let shared = context.controls.shared();
        if shared.bypass {
            self.tell(note, frame);
            return;
        }
        let lead = if shared.mode == NoteMode::Legato { self.lead() } else { None };
        if let Some(lead) = lead {
            self.slur(context, lead, note, frame);
        } else {
            self.start(context, packs, note, velocity, index, frame);
        }
    }

    /// The voice that a slur goes on with.
    fn lead(&self) -> Option<usize> {
        let playing = |i: &usize| {
            let voice = &self.voices[*i];
            !voice.is_fading() && voice.holds.any()
        };
        self.active.iter().rev().map(|i| usize::from(*i)).find(playing)
    }

    fn slur(&mut self, context: &Context<'_>, lead: usize, note: NoteRef, frame: u32) {
        let before = self.voices[lead].note;
        self.voices[lead].slur(note, glide_frames(context));
        self.last_key = Some(f64::from(note.key));
        if !self.held.contains(before) {
            self.tell(before, frame);
        }
    }

    fn start(&mut self, context: &Context<'_>, packs: &Packs, note: NoteRef, velocity: f32, index: usize, frame: u32) {
        // Without a pack the key waits: see `start_waiting`.
        let Some((slot, pack)) = packs.current() else { return };
        let step = (velocity * 127.0).round().clamp(1.0, 127.0) as u8;
        let Some(chosen) = pack.choose(note.key, step) else {
            self.tell(note, frame);
            return;
        };
        let shared = context.controls.shared();
        let from = match shared.mode {
            NoteMode::Poly | NoteMode::Legato => self.last_key,
            NoteMode::Mono => self.lead().map(|i| self.voices[i].key()).or(self.last_key),
        };
        let frames = glide_frames(context);
        let glides = frames > 0.0 && shared.mode != NoteMode::Legato;
        if shared.mode == NoteMode::Poly {
            self.make_room(context, shared.voices, index);
        } else {
            self.each(|_| true, |v| v.choke(index, context.clock));
        }
        let Some(place) = self.take_place(frame) else { return };
        self.last_key = Some(f64::from(note.key));
        self.voices[place].begin(&Begin {
            note,
            slot,
            index: chosen,
            // 40·log10(v) dB, as far as the velocity counts.
            level: f64::from(velocity.max(1.0 / 127.0)).powf(2.0 * shared.velocity) as f32,
            soft: context.channels[usize::from(note.channel)].soft,
            glide: from.filter(|_| glides).map(|key| (key, frames)),
        });
        self.active.push(place as u16);
    }

    /// The first pack is there: the keys that went down before it and are still down begin now.
    pub(super) fn start_waiting(&mut self, context: &Context<'_>, packs: &Packs, index: usize, frame: u32) {
        let poly = context.controls.shared().mode == NoteMode::Poly;
        let first = if poly { 0 } else { self.held.len().saturating_sub(1) };
        for at in first..self.held.len() {
            let Some(key) = self.held.get(at).filter(|key| !key.told) else { continue };
            self.start(context, packs, key.note, key.velocity, index, frame);
        }
    }

    /// Steals until one more may play: released voices first, the quietest of them; then the oldest.
    fn make_room(&mut self, context: &Context<'_>, limit: usize, index: usize) {
        let limit = limit.clamp(1, VOICES);
        while self.iter().filter(|v| !v.is_fading()).count() >= limit {
            let playing = || self.active.iter().map(|i| usize::from(*i)).filter(|i| !self.voices[*i].is_fading());
            let quietest = playing()
                .filter(|i| self.voices[*i].is_released())
                .min_by(|a, b| self.voices[*a].level().total_cmp(&self.voices[*b].level()));
            let Some(victim) = quietest.or_else(|| playing().next()) else { return };
            self.voices[victim].choke(index, context.clock);
        }
    }

    /// A slot. When even the reserve is full, the quietest fading voice is cut.
    fn take_place(&mut self, frame: u32) -> Option<usize> {
        if let Some(place) = self.free.pop() {
            return Some(usize::from(place));
        }
        let fading = self.active.iter().enumerate().filter(|(_, i)| self.voices[usize::from(**i)].is_fading());
        let level = |i: u16| self.voices[usize::from(i)].level();
        let (at, place) =
            fading.min_by(|a, b| level(*a.1).total_cmp(&level(*b.1))).map(|(at, i)| (at, usize::from(*i)))?;
        self.active.remove(at);
        let note = self.voices[place].note;
        self.tell(note, frame);
        Some(place)
    }

    pub(super) fn note_off(&mut self, context: &Context<'_>, packs: &Packs, to: NoteAddress, index: usize, frame: u32) {
        self.lift(to, frame);
        for at in 0..self.active.len() {
            let voice = &mut self.voices[usize::from(self.active[at])];
            if voice.holds.key && !voice.is_fading() && to.matches(voice.note) {
                voice.holds.key = false;
                voice.holds.sustain = context.channels[usize::from(voice.note.channel)].sustain;
            }
        }
        self.release_unheld(context, packs, index, frame);
    }

    /// Forgets keys; notes that no voice plays any more end with them.
    fn lift(&mut self, to: NoteAddress, frame: u32) {
        while let Some(key) = self.held.lift(to) {
            if !key.told && !self.iter().any(|v| v.note == key.note) {
                self.tell(key.note, frame);
            }
        }
    }

    /// Releases the voices that nothing holds any more; a mono line returns to the newest key that
    /// is still down.
    fn release_unheld(&mut self, context: &Context<'_>, packs: &Packs, index: usize, frame: u32) {
        let mode = context.controls.shared().mode;
        for at in 0..self.active.len() {
            let place = usize::from(self.active[at]);
            let voice = &mut self.voices[place];
            if voice.is_released() || voice.is_fading() || voice.holds.any() {
                continue;
            }
            match self.held.newest() {
                Some(key) if mode == NoteMode::Legato => self.slur(context, place, key.note, frame),
                Some(key) if mode == NoteMode::Mono => {
                    self.start(context, packs, key.note, key.velocity, index, frame);
                    return;
                }
                _ => voice.release(index, context),
            }
        }
    }

    pub(super) fn choke(&mut self, context: &Context<'_>, to: NoteAddress, index: usize, frame: u32) {
        self.lift(to, frame);
        self.each(|v| to.matches(v.note), |v| v.choke(index, context.clock));
    }

    // ---- pedals

    /// The sustain pedal of a channel goes up.
    pub(super) fn sustain_up(&mut self, context: &Context<'_>, packs: &Packs, channel: u8, index: usize, frame: u32) {
        self.each(|v| v.note.channel == channel, |v| v.holds.sustain = false);
        self.release_unheld(context, packs, index, frame);
    }

    /// The sostenuto pedal goes down: it holds the keys that are down now.
    pub(super) fn sostenuto_down(&mut self, channel: u8) {
        self.each(|v| v.note.channel == channel, |v| v.holds.sostenuto = v.holds.key);
    }

    /// The sostenuto pedal goes up.
    pub(super) fn sostenuto_up(&mut self, context: &Context<'_>, packs: &Packs, channel: u8, index: usize, frame: u32) {
        self.each(|v| v.note.channel == channel, |v| v.holds.sostenuto = false);
        self.release_unheld(context, packs, index, frame);
    }

    // ---- per-note control

    pub(super) fn modulate(&mut self, to: NoteAddress, param: Param, offset: f32) {
        self.each(|v| to.matches(v.note), |v| v.modulate(param, offset));
    }

    /// Modulation of X or Y from a tick of the way on.
    pub(super) fn modulate_ahead(&mut self, to: NoteAddress, param: Param, offset: f32, tick: usize) {
        self.each(|v| to.matches(v.note), |v| v.modulate_ahead(param, offset, tick));
    }

    pub(super) fn express(&mut self, to: NoteAddress, expression: Expression, value: f32) {
        self.each(|v| to.matches(v.note), |v| v.express(expression, value));
    }

    // ---- sound

    /// Adds a span of frames, the first of which is `frame` of the block, to the outputs and frees the
    /// voices that ended in it. Real-time safe.
    pub(super) fn render(
        &mut self,
        context: &Context<'_>,
        late: &mut Late,
        packs: &Packs,
        frame: u32,
        mut span: Span<'_>,
    ) {
        let mut kept = 0;
        for at in 0..self.active.len() {
            let place = self.active[at];
            let voice = &mut self.voices[usize::from(place)];
            let pack = packs.get(voice.slot);
            match voice.render(context, late, pack, &mut span) {
                None => {
                    self.active[kept] = place;
                    kept += 1;
                }
                Some(end) => {
                    let note = voice.note;
                    self.free.push(place);
                    // A key that a mono line may come back to has not ended.
                    let covered = context.controls.shared().mode != NoteMode::Poly && self.held.contains(note);
                    if !covered {
                        self.tell(note, frame + end as u32);
                    }
                }
            }
        }
        self.active.truncate(kept);
    }
}

fn glide_frames(context: &Context<'_>) -> f64 {
    context.controls.shared().glide * context.clock.sample_rate_hz
}
