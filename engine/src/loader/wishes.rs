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

/// Chunks of a cell that are read together at most: more would keep others waiting.
const MOST_TOGETHER: usize = 4;
/// How much later the others may be needed than the first.
const TOGETHER_KEY: u32 = 200;

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
        // What a bounce waits for stays until it is done.
        self.waiting.retain(|wish| wish.key == 0);
        let (firsts, under_way) = (&self.waiting, &self.under_way);
        let is_known = |wish: &Wish| firsts.iter().any(|first| first.target() == wish.target());
        wishes.retain(|wish| !under_way.contains(&wish.target()) && !is_known(wish));
        wishes.append(&mut self.waiting);
        wishes.sort_by_key(|wish| std::cmp::Reverse(wish.key));
        self.waiting = wishes;
        !self.waiting.is_empty()
    }

    /// A wish that comes before all others: its key is 0. It may be asked for again and again.
    pub(super) fn push_first(&mut self, wish: Wish) {
        let mut firsts = self.waiting.iter().rev().take_while(|first| first.key == 0);
        if !firsts.any(|first| first.target() == wish.target()) && !self.under_way.contains(&wish.target()) {
            // It may have been wished less.
            self.waiting.retain(|waiting| waiting.target() != wish.target());
            self.waiting.push(wish);
        }
    }

    /// The next one, and after it what follows it in its cell and is needed soon after: one read brings all. They
    /// are under way from now on.
    pub(super) fn take(&mut self) -> Vec<Wish> {
        let Some(first) = self.waiting.pop() else { return Vec::new() };
        let soon = self.waiting.partition_point(|wish| wish.key > first.key.saturating_add(TOGETHER_KEY));
        let mut together = vec![first];
        while together.len() < MOST_TOGETHER
            && let Some(last) = together.last()
            && let next = (Arc::as_ptr(&last.load).addr(), last.cell, last.chunk + 1)
            && let Some(place) = self.waiting[soon..].iter().rposition(|wish| wish.target() == next)
        {
            together.push(self.waiting.remove(soon + place));
        }
        self.under_way.extend(together.iter().map(Wish::target));
        together
    }

    /// They are there, or have failed.
    pub(super) fn done(&mut self, wishes: &[Wish]) {
        for wish in wishes {
            self.under_way.remove(&wish.target());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loader::stage::Stage;

    impl Wishes {
        /// Those that wait, the next one last.
        pub(in crate::loader) fn all(&self) -> &[Wish] {
            &self.waiting
        }
    }

    #[test]
    fn what_a_bounce_waits_for_stays_when_others_are_replaced() {
        let load = Stage::new(1, 4, 0).load;
        let wish = |key, chunk| Wish { key, load: load.clone(), cell: 0, chunk };
        let mut wishes = Wishes::default();
        wishes.push_first(wish(0, 3));
        wishes.push_first(wish(0, 3));
        assert!(wishes.replace(vec![wish(5, 1), wish(9, 2)]));
        assert!(wishes.replace(vec![wish(7, 2), wish(4, 0)]));
        assert_eq!(std::array::from_fn(|_| wishes.take()[0].chunk), [3, 0, 2]);
        assert!(wishes.take().is_empty());
        assert!(!wishes.replace(vec![wish(1, 0)]), "a thread is at it");
        wishes.done(&[wish(1, 0)]);
        assert!(wishes.replace(vec![wish(1, 0)]));
    }

    #[test]
    fn a_chunk_is_taken_once_however_it_was_wished() {
        let load = Stage::new(2, 4, 0).load;
        let wish = |key, cell, chunk| Wish { key, load: load.clone(), cell, chunk };
        let mut wishes = Wishes::default();
        wishes.replace(vec![wish(5, 0, 1), wish(500, 1, 1)]);
        wishes.push_first(wish(0, 0, 1));
        wishes.replace(vec![wish(5, 0, 1), wish(500, 1, 1)]);
        let mut taken: Vec<_> =
            std::iter::repeat_with(|| wishes.take()).take_while(|t| !t.is_empty()).flatten().collect();
        taken.sort_by_key(|wish| wish.cell);
        assert_eq!(taken.iter().map(Wish::target).map(|t| (t.1, t.2)).collect::<Vec<_>>(), [(0, 1), (1, 1)]);
    }

    #[test]
    fn chunks_that_follow_each_other_and_are_needed_soon_are_taken_together() {
        let load = Stage::new(2, 16, 0).load;
        let wish = |key, cell, chunk| Wish { key, load: load.clone(), cell, chunk };
        let mut wishes = Wishes::default();
        let mut all = vec![wish(1, 0, 3), wish(60, 0, 4), wish(30, 1, 4), wish(2, 1, 3), wish(900, 1, 5)];
        all.extend((5..12).map(|chunk| wish(100 + chunk, 0, chunk)));
        wishes.replace(all);
        let mut take = || wishes.take().iter().map(|wish| (wish.cell, wish.chunk)).collect::<Vec<_>>();
        assert_eq!(take(), [(0, 3), (0, 4), (0, 5), (0, 6)], "not more than four");
        assert_eq!(take(), [(1, 3), (1, 4)], "what is needed much later waits");
        assert_eq!(take().len() + take().len(), 5);
        assert_eq!(take(), [(1, 5)]);
        assert!(!wishes.replace(vec![wish(1, 0, 4)]), "all of them are under way");
    }
}
