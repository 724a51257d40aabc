//! What a project says apart from the values of its parameters: words, stars, pack; and what it said when it was last
//! loaded or saved.

use std::path::{Path, PathBuf};

use betwixt_editor::model::{Document, PackKey, PresetKey, PresetWords, Star};
use betwixt_engine::params::Param;
use betwixt_engine::preset::{self, PackReference, Preset, Words};
use serde_json::{Value, json};

/// Field of a project's object that names the preset it was made from. Presets have none.
pub(crate) const FROM: &str = "from";

/// A project's object, without the values of the parameters, and as it was.
#[derive(Debug, Clone)]
pub(crate) struct Papers {
    /// As it is.
    pub(crate) now: Preset,
    /// As it was loaded, saved or restored last, with the values.
    pub(crate) kept: Preset,
    /// They differ, the values aside.
    pub(crate) differ: bool,
    /// Counts everything that a window would show anew.
    pub(crate) changes: u64,
}

impl Papers {
    pub(crate) fn new() -> Papers {
        Papers { now: Preset::new(), kept: Preset::new(), differ: false, changes: 0 }
    }

    /// To be called after each change.
    pub(crate) fn settle(&mut self) {
        let (now, kept) = (&self.now, &self.kept);
        self.differ = now.words() != kept.words()
            || now.stars() != kept.stars()
            || now.star_glide_seconds() != kept.star_glide_seconds()
            || now.star_keys() != kept.star_keys()
            || match (now.pack(), kept.pack()) {
                (Some(now), Some(kept)) => !is_same(&now, &kept),
                (now, kept) => now.is_some() != kept.is_some(),
            };
        self.changes += 1;
    }

    /// For the editor.
    pub(crate) fn document(&self) -> Document {
        Document {
            key: key(&self.now),
            words: words_of(self.now.words()),
            stars: self.now.stars().into_iter().map(|s| Star { name: s.name, at: [s.x as f32, s.y as f32] }).collect(),
            star_glide_seconds: self.now.star_glide_seconds() as f32,
            star_keys: self.now.star_keys(),
            pack: self.now.pack().map(|PackReference { name, sha256, path }| PackKey { name, sha256, path }),
        }
    }

    /// Takes over what the editor made of it, but for the pack.
    pub(crate) fn take(&mut self, document: &Document) {
        let now = &mut self.now;
        set_key(now, document.key.as_ref());
        now.set_words(&words_from(&document.words));
        // What the editor did not move keeps all its digits.
        let before = now.stars();
        let stars = document.stars.iter().map(|star| {
            let [x, y] = star.at;
            let same = before.iter().find(|s| (s.x as f32, s.y as f32) == (x, y));
            let (x, y) = same.map_or((f64::from(x), f64::from(y)), |s| (s.x, s.y));
            preset::Star { name: star.name.clone(), x: finite(x), y: finite(y) }
        });
        now.set_stars(&stars.collect::<Vec<_>>());
        if document.star_glide_seconds != now.star_glide_seconds() as f32 {
            now.set_star_glide_seconds(short(document.star_glide_seconds));
        }
        now.set_star_keys(document.star_keys);
    }
}

/// Do a preset and a project mean it, or only hosts and projects?
pub(crate) fn counts(param: Param) -> bool {
    // Bypass is the host's own: a preset must not switch the instrument on or off.
    param.automatable() && param != Param::Bypass
}

/// Is it the same pack? Presets of ours know theirs by name only.
pub(crate) fn is_same(a: &PackReference, b: &PackReference) -> bool {
    match (&a.sha256, &b.sha256) {
        (Some(a), Some(b)) => a == b,
        _ => a.name == b.name && a.path == b.path,
    }
}

/// The preset that a project was made from.
fn key(preset: &Preset) -> Option<PresetKey> {
    let from = preset.field(FROM)?;
    let text = |name: &str| from.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let user = || text("file").map(|file| PresetKey::User(PathBuf::from(file)));
    text("factory").map(|name| PresetKey::Factory(name.to_owned())).or_else(user)
}

/// Sets it.
pub(crate) fn set_key(preset: &mut Preset, from: Option<&PresetKey>) {
    if key(preset).as_ref() != from {
        let json = from.map(|from| match from {
            PresetKey::Factory(name) => json!({ "factory": name }),
            PresetKey::User(path) => json!({ "file": Path::to_string_lossy(path) }),
        });
        preset.set_field(FROM, json);
    }
}

/// For the editor.
pub(crate) fn words_of(words: Words) -> PresetWords {
    let Words { name, author, description, tags } = words;
    PresetWords { name, author, description, tags }
}

/// From the editor.
pub(crate) fn words_from(words: &PresetWords) -> Words {
    let PresetWords { name, author, description, tags } = words.clone();
    Words { name, author, description, tags }
}

/// The number with the fewest digits that is this one in single precision.
fn short(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(0.0)
}

fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { 0.5 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn papers(text: &str) -> Papers {
        let (preset, warnings) = Preset::parse(text).unwrap();
        assert_eq!(warnings, []);
        let mut papers = Papers { now: preset.clone(), kept: preset, ..Papers::new() };
        papers.settle();
        papers
    }

    const TEXT: &str = r#"{"format":"betwixt-preset","version":1,"name":"Dusk","stars":[{"name":"A","x":0.1,"y":0.3,"mine":1}],
        "star_glide":0.7,"pack":{"name":"P","sha256":"ab","path":"/p.btx"},"mine":{"deep":[1]}}"#;

    #[test]
    fn a_document_that_comes_back_unchanged_changes_nothing() {
        let mut papers = papers(TEXT);
        let json = papers.now.to_json();
        let document = papers.document();
        assert_eq!(document.stars[0].at, [0.1, 0.3]);
        papers.take(&document);
        papers.settle();
        assert!(!papers.differ);
        assert_eq!(papers.now.to_json(), json);
    }

    #[test]
    fn what_the_editor_changes_differs_and_what_it_does_not_know_stays() {
        let mut papers = papers(TEXT);
        let before = papers.document();
        for change in [
            |d: &mut Document| d.words.description = "Soft".into(),
            |d: &mut Document| d.stars.push(Star { name: String::new(), at: [1.0, 0.5] }),
            |d: &mut Document| d.star_glide_seconds = 0.3,
            |d: &mut Document| d.star_keys = Some(24),
        ] {
            let mut document = before.clone();
            change(&mut document);
            papers.take(&document);
            papers.settle();
            assert!(papers.differ, "{document:?}");
            assert_eq!(papers.document(), document);
            papers.take(&before);
            papers.settle();
            assert!(!papers.differ, "undone");
        }
        assert_eq!(papers.now.field("mine").unwrap()["deep"][0], 1);
        assert_eq!(papers.now.field("stars").unwrap()[0]["mine"], 1);
        let mut document = before;
        document.star_glide_seconds = 0.3;
        papers.take(&document);
        assert_eq!(papers.now.field("star_glide").unwrap().to_string(), "0.3");
    }

    #[test]
    fn the_preset_that_it_came_from_is_remembered() {
        let mut papers = papers(TEXT);
        for from in [Some(PresetKey::Factory("dusk".into())), Some(PresetKey::User("/a/b.json".into())), None] {
            set_key(&mut papers.now, from.as_ref());
            let (again, _) = Preset::parse(&papers.now.to_json()).unwrap();
            assert_eq!(key(&again), from);
        }
    }
}
