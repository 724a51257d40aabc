//! Which presets are listed.

use super::matches;
use crate::model::{PresetKey, PresetRow};
use std::collections::BTreeSet;

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

/// The places of the rows that are listed.
pub(super) fn listed(rows: &[PresetRow], filter: Filter, tags: &BTreeSet<String>, search: &str) -> Vec<usize> {
    let takes = |row: &PresetRow| {
        let words = &row.words;
        filter.takes(row)
            && tags.iter().all(|tag| words.tags.contains(tag))
            && matches(search, &[&words.name, &words.author, &words.tags.join(" "), &words.description, &row.pack])
    };
    (0..rows.len()).filter(|i| takes(&rows[*i])).collect()
}

/// The tags of all presets, the commonest first.
pub(super) fn tags(rows: &[PresetRow]) -> Vec<String> {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for tag in rows.iter().flat_map(|row| &row.words.tags) {
        match counts.iter_mut().find(|(known, _)| known == tag) {
            Some((_, count)) => *count += 1,
            None => counts.push((tag.clone(), 1)),
        }
    }
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts.into_iter().map(|(tag, _)| tag).collect()
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
        PresetRow { key, words, pack: String::new(), map: None, at: [0.5; 2], favourite, missing: false }
    }

    #[test]
    fn owner_tags_and_search_all_have_to_agree() {
        let rows = [row("Ash", &["pad", "dark"], false, true), row("Beech", &["pad"], true, false)];
        let none = BTreeSet::new();
        assert_eq!(listed(&rows, Filter::All, &none, ""), [0, 1]);
        assert_eq!(listed(&rows, Filter::Mine, &none, ""), [1]);
        assert_eq!(listed(&rows, Filter::Favourites, &none, ""), [0]);
        assert_eq!(listed(&rows, Filter::All, &["pad".to_owned(), "dark".to_owned()].into(), ""), [0]);
        assert_eq!(listed(&rows, Filter::All, &none, "bee"), [1]);
        assert_eq!(tags(&rows), ["pad", "dark"]);
    }
}
