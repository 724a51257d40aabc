//! The packs that an engine holds: the current one, and older ones that voices still play. They
//! come by ring and leave by ring, so the audio thread never frees one.

use std::sync::Arc;

use rtrb::{Consumer, Producer};

use crate::resident::PlayPack;

/// Packs that can sound at the same time.
pub(crate) const SLOTS: usize = 4;

/// Place of a pack in [`Packs`].
pub(crate) type Slot = u8;

struct Held {
    pack: Arc<PlayPack>,
    /// Order of arrival.
    age: u64,
}

/// The packs in use.
pub(crate) struct Packs {
    held: [Option<Held>; SLOTS],
    current: Option<Slot>,
    arrivals: u64,
    inbox: Consumer<Arc<PlayPack>>,
    outbox: Producer<Arc<PlayPack>>,
}

impl Packs {
    pub(crate) fn new(inbox: Consumer<Arc<PlayPack>>, outbox: Producer<Arc<PlayPack>>) -> Packs {
        Packs { held: [const { None }; SLOTS], current: None, arrivals: 0, inbox, outbox }
    }

    /// Sends away packs that no voice plays and takes newer ones in. `in_use` says which slots
    /// voices play. Returns the slot whose voices must end quickly because a newer pack waits for a
    /// place. Real-time safe.
    pub(crate) fn exchange(&mut self, in_use: impl Fn(Slot) -> bool) -> Option<Slot> {
        loop {
            self.release_unused(&in_use);
            if self.inbox.is_empty() {
                return None;
            }
            let Some(free) = self.held.iter().position(Option::is_none) else {
                return self.oldest();
            };
            let Ok(pack) = self.inbox.pop() else { return None };
            self.arrivals += 1;
            self.held[free] = Some(Held { pack, age: self.arrivals });
            self.current = Some(free as Slot);
        }
    }

    fn release_unused(&mut self, in_use: &impl Fn(Slot) -> bool) {
        for (i, place) in self.held.iter_mut().enumerate() {
            let slot = i as Slot;
            // The room in the ring is checked first: a pack that could not leave stays in its slot.
            let idle = place.is_some() && self.current != Some(slot) && !in_use(slot);
            if !idle || self.outbox.is_full() {
                continue;
            }
            let Some(held) = place.take() else { continue };
            // Cannot fail: this is the only producer and there was room.
            if let Err(rtrb::PushError::Full(pack)) = self.outbox.push(held.pack) {
                *place = Some(Held { pack, age: held.age });
            }
        }
    }

    fn oldest(&self) -> Option<Slot> {
        let held = self.held.iter().enumerate().filter_map(|(i, h)| h.as_ref().map(|h| (i as Slot, h.age)));
        held.filter(|(slot, _)| Some(*slot) != self.current).min_by_key(|(_, age)| *age).map(|(slot, _)| slot)
    }

    /// The pack that new notes play.
    pub(crate) fn current(&self) -> Option<(Slot, &PlayPack)> {
        let slot = self.current?;
        Some((slot, self.get(slot)?))
    }

    /// The pack in a slot.
    pub(crate) fn get(&self, slot: Slot) -> Option<&PlayPack> {
        self.held.get(usize::from(slot))?.as_ref().map(|h| &*h.pack)
    }
}
