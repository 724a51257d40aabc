//! What a file's name says beside the note: velocity layer, round robin, channel.

/// How hard the note was played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Velocity {
    /// A number: a MIDI velocity or the layer's ordinal, which the whole folder decides.
    Number(u16),
    /// A dynamic mark: 0 is ppp, 7 is fff.
    Mark(u8),
}

/// One channel of a stereo pair that lies in two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Channel {
    /// Left.
    Left,
    /// Right.
    Right,
}

/// What a name says beside the note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Labels {
    /// How hard it was played.
    pub(crate) velocity: Option<Velocity>,
    /// Which of several takes.
    pub(crate) take: Option<u16>,
    /// Which channel.
    pub(crate) channel: Option<Channel>,
}

const MARKS: &[(&str, u8)] = &[
    ("ppp", 0),
    ("pp", 1),
    ("p", 2),
    ("soft", 2),
    ("mp", 3),
    ("medium", 4),
    ("mf", 4),
    ("f", 5),
    ("hard", 6),
    ("ff", 6),
    ("fff", 7),
];

/// Takes the labels out of a name; the rest keeps a space where each stood.
pub(super) fn split(stem: &str) -> (String, Labels) {
    let mut labels = Labels::default();
    let mut rest = String::new();
    let mut words = Vec::new();
    let mut word = String::new();
    for c in stem.chars().chain(std::iter::once('\0')) {
        if c.is_alphanumeric() || c == '#' {
            word.push(c);
        } else {
            words.push((std::mem::take(&mut word), c));
        }
    }
    let last = words.len() - 1;
    for (i, (word, separator)) in words.iter().enumerate() {
        // A lone letter at the front is a name ("p 60" is no dynamic mark of take 60).
        if !(i > 0 && labels.take_word(word, i == last)) {
            rest.push_str(word);
        }
        if *separator != '\0' {
            rest.push(*separator);
        }
    }
    (rest, labels)
}

impl Labels {
    /// Is this word a label? Then remembers it.
    fn take_word(&mut self, word: &str, last: bool) -> bool {
        let word = word.to_ascii_lowercase();
        let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
        let number = word[letters.len()..].parse::<u16>().ok();
        match (letters, number) {
            ("v" | "vel" | "vl" | "velocity", Some(n)) if n <= 127 => self.velocity = Some(Velocity::Number(n)),
            ("rr" | "r", Some(n)) => self.take = Some(n),
            ("l" | "left", None) if last => self.channel = Some(Channel::Left),
            ("r" | "right", None) if last => self.channel = Some(Channel::Right),
            (_, None) => match MARKS.iter().find(|(mark, _)| *mark == word) {
                Some((_, level)) => self.velocity = Some(Velocity::Mark(*level)),
                None => return false,
            },
            _ => return false,
        }
        true
    }
}
