//! What a preset says of itself.

use serde_json::Value;

use super::Preset;

/// Name, author, description and tags; each may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words {
    /// Proper name.
    pub name: String,
    /// Who made it.
    pub author: String,
    /// One or two sentences.
    pub description: String,
    /// Words to find it by.
    pub tags: Vec<String>,
}

impl Preset {
    /// The preset's name; empty where it has none.
    pub fn name(&self) -> &str {
        self.text("name")
    }

    /// What it says of itself.
    pub fn words(&self) -> Words {
        let tags = self.object.get("tags").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        Words {
            name: self.name().to_owned(),
            author: self.text("author").to_owned(),
            description: self.text("description").to_owned(),
            tags: tags.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        }
    }

    /// Sets all of them. What says the same already stays as it is.
    pub fn set_words(&mut self, words: &Words) {
        let before = self.words();
        let texts = [
            ("name", &words.name, &before.name),
            ("author", &words.author, &before.author),
            ("description", &words.description, &before.description),
        ];
        for (field, now, before) in texts {
            if now != before {
                self.object.insert(field.into(), now.clone().into());
            }
        }
        if words.tags != before.tags {
            self.object.insert("tags".into(), words.tags.clone().into());
        }
    }

    fn text(&self, field: &str) -> &str {
        self.object.get(field).and_then(Value::as_str).unwrap_or_default()
    }
}
