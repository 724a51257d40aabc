//! Which presets are listed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::matches;
use crate::model::{PresetKey, PresetRow};

/// Whose presets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Filter {
    #[default]
    All,
    Favourites,
    Factory,
    Mine,
}

impl Filter {
    /// In the order of the chips.
    pub(super) const ALL: [(Filter, &str); 4] = [
        (Filter::All, "All"),
        (Filter::Favourites, "Favourites"),
        (Filter::Factory, "Factory"),
        (Filter::Mine, "Mine"),
    ];

    fn takes(self, row: &PresetRow) -> bool {
        match self {
            Filter::All => true,
            Filter::Favourites => row.favourite,
            Filter::Factory => matches!(row.key, PresetKey::Factory(_)),
            Filter::Mine => matches!(row.key, PresetKey::User(_)),
        }
    }
}

/// What is asked of the list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Question {
    pub(super) filter: Filter,
    pub(super) tags: BTreeSet<String>,
    pub(super) search: String,
}

impl Question {
    /// Chooses a tag, or no longer.
    pub(super) fn toggle(&mut self, tag: &str) {
        if !self.tags.remove(tag) {
            self.tags.insert(tag.to_owned());
        }
    }

    /// The places of the rows that fit.
    fn answer(&self, rows: &[PresetRow]) -> Vec<usize> {
        let takes = |row: &PresetRow| {
            let words = &row.words;
            let texts = [&words.name, &words.author, &words.tags.join(" "), &words.description, &row.pack];
            self.filter.takes(row)
                && self.tags.iter().all(|tag| words.tags.contains(tag))
                && matches(&self.search, &texts.map(String::as_str))
        };
        (0..rows.len()).filter(|i| takes(&rows[*i])).collect()
    }
}

/// The rows that are listed: found anew only when the presets or the question have changed, since there may be thousands.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listing {
    pub(super) rows: Arc<[PresetRow]>,
    question: Question,
    /// Those that fit, by their places in `rows`.
    pub(super) places: Vec<usize>,
    /// The tags of all rows, the commonest first.
    pub(super) tags: Vec<String>,
}

impl Listing {
    /// Brings it up to date. The question forgets tags that no preset has any more: no chip would take them away.
    pub(super) fn follow(&mut self, rows: &Arc<[PresetRow]>, question: &mut Question) {
        let same = Arc::ptr_eq(&self.rows, rows);
        if !same {
            self.rows = Arc::clone(rows);
            self.tags = tags(rows);
            question.tags.retain(|tag| self.tags.contains(tag));
        }
        if !same || self.question != *question {
            self.question.clone_from(question);
            self.places = question.answer(rows);
        }
    }
}

/// The tags of all presets, the commonest first.
fn tags(rows: &[PresetRow]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for tag in rows.iter().flat_map(|row| &row.words.tags) {
        *counts.entry(tag).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.into_iter().map(|(tag, _)| tag.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PresetWords;

    fn row(name: &str, tags: &[&str], mine: bool, favourite: bool) -> PresetRow {
        let key = if mine { PresetKey::User(name.into()) } else { PresetKey::Factory(name.into()) };
        let words = PresetWords {
            name: name.into(),
            tags: tags.iter().map(|t| (*t).to_owned()).collect(),
            ..PresetWords::default()
        };
        PresetRow { key, words, pack: String::new(), map: None, at: [0.5; 2], favourite, missing: false, broken: None }
    }

    #[test]
    fn owner_tags_and_search_all_have_to_agree() {
        let rows = [row("Ash", &["pad", "dark"], false, true), row("Beech", &["pad"], true, false)];
        let listed = |filter, tags: &[&str], search: &str| {
            let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
            Question { filter, tags, search: search.to_owned() }.answer(&rows)
        };
        assert_eq!(listed(Filter::All, &[], ""), [0, 1]);
        assert_eq!(listed(Filter::Mine, &[], ""), [1]);
        assert_eq!(listed(Filter::Favourites, &[], ""), [0]);
        assert_eq!(listed(Filter::All, &["pad", "dark"], ""), [0]);
        assert_eq!(listed(Filter::All, &[], "bee"), [1]);
        assert_eq!(tags(&rows), ["pad", "dark"]);
    }

    #[test]
    fn the_list_follows_presets_and_question() {
        let rows: Arc<[PresetRow]> = [row("Ash", &["pad"], false, true), row("Beech", &[], true, false)].into();
        let (mut listing, mut question) = (Listing::default(), Question::default());
        listing.follow(&rows, &mut question);
        assert_eq!((listing.places.len(), listing.tags.len()), (2, 1));
        question.search = "ash".to_owned();
        question.toggle("pad");
        listing.follow(&rows, &mut question);
        assert_eq!(listing.places, [0]);
        listing.follow(&rows[1..].into(), &mut question);
        assert_eq!((listing.places.len(), listing.tags.len(), question.tags.len()), (0, 0, 0));
    }
}
