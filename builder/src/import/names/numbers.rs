//! Notes as MIDI numbers: `flute_060`, `name-060-127` (note, velocity), `303_24`.

/// Notes, and velocities where the names have them.
pub(super) struct Reading {
    pub(super) notes: Vec<i32>,
    pub(super) velocities: Vec<Option<u16>>,
}

/// The fields, counted from the end, that lie in 0…127 in every name and vary; best first.
pub(super) fn readings(names: &[&str]) -> Vec<Reading> {
    let fields: Vec<Vec<u32>> = names.iter().map(|n| fields(n)).collect();
    let common = fields.iter().map(Vec::len).min().unwrap_or(0);
    let column = |i: usize| -> Vec<u32> { fields.iter().map(|f| f[f.len() - 1 - i]).collect() };
    let mut found = Vec::new();
    if common >= 2 && names.iter().all(|n| ends_in_two_triples(n)) && column(1).iter().all(|&v| v <= 127) {
        let velocities = column(0).iter().map(|&v| (v <= 127).then_some(v as u16)).collect();
        found.push(Reading { notes: column(1).iter().map(|&v| v as i32).collect(), velocities });
    }
    let mut single = Vec::new();
    for i in 0..common {
        let values = column(i);
        let varies = names.len() == 1 || values.iter().any(|v| *v != values[0]);
        if varies && values.iter().all(|&v| v <= 127) {
            // What counts 1, 2, 3 … is an index, not a note, unless there is nothing else.
            single.push((is_index(&values), i, values));
        }
    }
    single.sort_by_key(|(index, i, _)| (*index, *i));
    for (_, _, values) in single {
        let notes = values.iter().map(|&v| v as i32).collect();
        found.push(Reading { notes, velocities: vec![None; names.len()] });
    }
    found
}

/// Whole numbers of a name; a number too long for a note stays too large.
fn fields(name: &str) -> Vec<u32> {
    name.split(|c: char| !c.is_ascii_digit()).filter(|s| !s.is_empty()).map(|s| s.parse().unwrap_or(u32::MAX)).collect()
}

/// `…-060-127`, as NSynth names its notes.
fn ends_in_two_triples(name: &str) -> bool {
    let mut parts = name.rsplit('-');
    let triple = |p: Option<&str>| p.is_some_and(|p| p.len() == 3 && p.bytes().all(|b| b.is_ascii_digit()));
    triple(parts.next()) && triple(parts.next()) && parts.next().is_some()
}

fn is_index(values: &[u32]) -> bool {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    values.len() > 1 && sorted[0] <= 1 && sorted.windows(2).all(|w| w[1] == w[0] + 1)
}
