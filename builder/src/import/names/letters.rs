//! Notes as letters with an octave: `C#4 Db4 Cs4 c_4 F-sharp3 C-1 A#-1`, German `H3 Fis2 Es4`.

/// A note found in a name.
#[derive(Debug, Clone, Copy)]
struct Token {
    /// 0 = C … 6 = H/B, as written.
    letter: char,
    accidental: Accidental,
    /// The octave's digits.
    digits: i32,
    /// A minus stands before them: a separator or a sign.
    minus: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Accidental {
    None,
    Sharp,
    Flat,
    /// An `s` alone: sharp, but German `Es` and `As` are flat.
    S,
}

/// Longest first, so that `sharp` is not read as `s`.
const ACCIDENTALS: &[(&str, Accidental)] = &[
    ("-sharp", Accidental::Sharp),
    ("-flat", Accidental::Flat),
    ("sharp", Accidental::Sharp),
    ("flat", Accidental::Flat),
    ("is", Accidental::Sharp),
    ("es", Accidental::Flat),
    ("#", Accidental::Sharp),
    ("♯", Accidental::Sharp),
    ("♭", Accidental::Flat),
    ("b", Accidental::Flat),
    ("s", Accidental::S),
    ("", Accidental::None),
];

/// The notes of all names, where every name has one; C4 = 60. Readings differ in which of several
/// tokens counts: the last one (most common), or the first.
pub(super) fn readings(names: &[&str]) -> Vec<Vec<i32>> {
    let tokens: Vec<Vec<Token>> = names.iter().map(|n| tokens(n)).collect();
    if tokens.iter().any(Vec::is_empty) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let picks: [fn(&[Token]) -> Token; 2] = [|t| t[t.len() - 1], |t| t[0]];
    for pick in picks {
        let picked: Vec<Token> = tokens.iter().map(|t| pick(t)).collect();
        let german = picked.iter().any(|t| t.letter == 'h');
        // A minus is a sign only where it is rare and the octave is one that exists below 0.
        let signed = picked.iter().filter(|t| t.minus).all(|t| t.digits <= 2)
            && !picked.iter().all(|t| t.minus && t.digits != 1);
        let notes: Vec<i32> = picked.iter().map(|t| t.note(german, signed)).collect();
        if !found.contains(&notes) {
            found.push(notes);
        }
    }
    found
}

impl Token {
    fn note(self, german: bool, signed: bool) -> i32 {
        let class = match self.letter {
            'c' => 0,
            'd' => 2,
            'e' => 4,
            'f' => 5,
            'g' => 7,
            'a' => 9,
            'b' if german => 10,
            _ => 11,
        };
        let shift = match self.accidental {
            Accidental::None => 0,
            Accidental::Sharp => 1,
            Accidental::Flat => -1,
            Accidental::S if german && matches!(self.letter, 'e' | 'a') => -1,
            Accidental::S => 1,
        };
        let octave = if self.minus && signed { -self.digits } else { self.digits };
        12 * (octave + 1) + class + shift
    }
}

fn tokens(name: &str) -> Vec<Token> {
    let lower = name.to_lowercase();
    let mut found = Vec::new();
    let mut before = ' ';
    for (at, c) in lower.char_indices() {
        if ('a'..='h').contains(&c) && !before.is_alphabetic() {
            found.extend(token(c, &lower[at + 1..]));
        }
        before = c;
    }
    found
}

/// A token whose letter has just been read.
fn token(letter: char, after: &str) -> Option<Token> {
    for (text, accidental) in ACCIDENTALS {
        let Some(rest) = after.strip_prefix(text) else { continue };
        let (rest, mut minus) = match rest.strip_prefix('-') {
            Some(r) => (r, true),
            None => (rest.strip_prefix(['_', ' ']).unwrap_or(rest), false),
        };
        // "A#_-1": a separator and a sign.
        let rest = match rest.strip_prefix('-') {
            Some(r) if !minus => {
                minus = true;
                r
            }
            _ => rest,
        };
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if let 1..=2 = digits {
            let digits = rest[..digits].parse().ok()?;
            if digits <= 10 {
                return Some(Token { letter, accidental: *accidental, digits, minus });
            }
        }
    }
    None
}
