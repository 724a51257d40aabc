//! The keys that are down, in the order in which they went down: what a mono line returns to, and
//! what begins to sound when the first pack arrives.

use crate::event::{NoteAddress, NoteRef};

/// Most keys that are remembered; more push out the oldest.
const MOST: usize = 256;

/// A key that is down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct HeldKey {
    pub(super) note: NoteRef,
    pub(super) velocity: f32,
    /// The host has been told that this note ended.
    pub(super) told: bool,
}

/// The keys that are down.
pub(super) struct HeldKeys(Vec<HeldKey>);

impl HeldKeys {
    pub(super) fn new() -> HeldKeys {
        HeldKeys(Vec::with_capacity(MOST))
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn press(&mut self, note: NoteRef, velocity: f32) {
        if self.0.len() == MOST {
            self.0.remove(0);
        }
        self.0.push(HeldKey { note, velocity, told: false });
    }

    /// Takes out the oldest key that answers to an address. Call until there is none.
    pub(super) fn lift(&mut self, to: NoteAddress) -> Option<HeldKey> {
        let at = self.0.iter().position(|k| to.matches(k.note))?;
        Some(self.0.remove(at))
    }

    /// How many keys are down.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// A key by its place in the order in which they went down.
    pub(super) fn get(&self, at: usize) -> Option<HeldKey> {
        self.0.get(at).copied()
    }

    /// The key that went down last.
    pub(super) fn newest(&self) -> Option<HeldKey> {
        self.0.last().copied()
    }

    pub(super) fn contains(&self, note: NoteRef) -> bool {
        self.0.iter().any(|k| k.note == note)
    }

    /// The host is told that `note` ended.
    pub(super) fn mark_told(&mut self, note: NoteRef) {
        for key in self.0.iter_mut().filter(|k| k.note == note) {
            key.told = true;
        }
    }
}
