//! The chunks that sounding notes need, in the order in which they need them.

use std::collections::HashSet;
use std::sync::Arc;

use super::load::Load;

/// A chunk that is wanted.
#[derive(Clone)]
pub(super) struct Wish {
    /// Lower is sooner: about the milliseconds until it is needed.
    pub(super) key: u32,
    pub(super) load: Arc<Load>,
    /// Index into the load's cells.
    pub(super) cell: u32,
    pub(super) chunk: u32,
}

/// What a wish is about.
pub(super) type Target = (usize, u32, u32);

impl Wish {
    pub(super) fn target(&self) -> Target {
        (Arc::as_ptr(&self.load).addr(), self.cell, self.chunk)
    }
}

/// All wishes of the moment.
#[derive(Default)]
pub(super) struct Wishes {
    /// The next one last.
    waiting: Vec<Wish>,
    /// Those that threads are at.
    under_way: HashSet<Target>,
}

impl Wishes {
    /// What is wanted now replaces what was wanted before. False if there is nothing to do.
    pub(super) fn replace(&mut self, mut wishes: Vec<Wish>) -> bool {
        wishes.retain(|wish| !self.under_way.contains(&wish.target()));
        // What a bounce waits for stays until it is done.
        wishes.extend(self.waiting.drain(..).filter(|wish| wish.key == 0));
        wishes.sort_by_key(|wish| std::cmp::Reverse(wish.key));
        self.waiting = wishes;
        !self.waiting.is_empty()
    }

    /// A wish that comes before all others: its key is 0. It may be asked for again and again.
    pub(super) fn push_first(&mut self, wish: Wish) {
        let mut firsts = self.waiting.iter().rev().take_while(|first| first.key == 0);
        if !firsts.any(|first| first.target() == wish.target()) && !self.under_way.contains(&wish.target()) {
            self.waiting.push(wish);
        }
    }

    /// The next one, which is under way from now on.
    pub(super) fn take(&mut self) -> Option<Wish> {
        let wish = self.waiting.pop()?;
        self.under_way.insert(wish.target());
        Some(wish)
    }

    /// It is there, or has failed.
    pub(super) fn done(&mut self, wish: &Wish) {
        self.under_way.remove(&wish.target());
    }
}
