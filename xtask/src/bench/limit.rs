//! The kernel limit: the whole work of a voice with no engine around it, a program of the peers' folder.

use std::path::{Path, PathBuf};

use super::samples::{Samples, Spread};
use crate::error::Error;
use crate::process::Command;

/// One row of its table in one pass: the variant, and ns per note-frame of 32 and of 64 notes.
pub(super) type Row = (String, [f64; 2]);

/// Builds it into `target`. It is written for AVX2: `None` on other processors.
pub(super) fn build(folder: &Path, target: &Path) -> Result<Option<PathBuf>, Error> {
    if !cfg!(target_arch = "x86_64") || !folder.join("Cargo.toml").is_file() {
        return Ok(None);
    }
    // In its folder: its settings of cargo, which ask for AVX2, are there.
    let build = Command::cargo("build").args(["--release", "--quiet", "--target-dir"]).arg(target);
    build.folder(folder).run()?;
    Ok(Some(target.join("release/kernel_limit")))
}

/// Times all variants once.
pub(super) fn time(program: &Path) -> Result<Vec<Row>, Error> {
    let output = Command::new(program).args(["time", "1"]).output()?;
    let rows = read(&String::from_utf8_lossy(&output));
    if rows.is_empty() {
        return Err(Error::Message(format!("{} printed no table", program.display())));
    }
    Ok(rows)
}

/// Reads `| variant | 32 notes, median | min | 64 notes, median | min |`.
fn read(text: &str) -> Vec<Row> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim().strip_prefix('|')?.split('|').map(str::trim).collect();
        Some(((*cells.first()?).to_owned(), [cells.get(1)?.parse().ok()?, cells.get(3)?.parse().ok()?]))
    };
    text.lines().filter_map(row).collect()
}

/// What a full voice costs at this number of taps, in `rows` by (variant, notes): the faster variant
/// with as many, from 16-bit sound; between two numbers of taps in proportion, for a chord in which
/// some notes have the one and some the other.
pub(super) fn at(rows: &Samples<(String, usize)>, taps: f64, up: bool, notes: usize) -> Option<(Spread, String)> {
    let mut known: Vec<(f64, Spread, &str)> = Vec::new();
    for (name, of_notes) in rows.keys() {
        let (Some(count), true) = (taps_of(name, up), *of_notes == notes) else { continue };
        let Some(spread) = rows.get(&(name.clone(), notes)) else { continue };
        match known.iter_mut().find(|k| k.0 == count) {
            Some(best) if best.1.median <= spread.median => {}
            Some(best) => *best = (count, spread, name),
            None => known.push((count, spread, name)),
        }
    }
    known.sort_by(|a, b| a.0.total_cmp(&b.0));
    let below = known.iter().rev().find(|k| k.0 <= taps)?;
    let above = known.iter().find(|k| k.0 >= taps)?;
    if above.0 == below.0 {
        return Some((below.1, below.2.to_owned()));
    }
    let way = (taps - below.0) / (above.0 - below.0);
    Some((below.1.towards(above.1, way), format!("{:.0} % to `{}` from `{}`", way * 100.0, above.2, below.2)))
}

/// Whether a variant does what our voice does.
pub(super) fn is_voice(name: &str) -> bool {
    taps_of(name, false).or_else(|| taps_of(name, true)).is_some()
}

/// The taps of a variant that does what our voice does: `voice 16, linear 256, i16`, and with `up`
/// `voice 16, quadratic 64, i16, up 7.35`.
fn taps_of(name: &str, up: bool) -> Option<f64> {
    let (taps, rest) = name.strip_prefix("voice ")?.split_once(", ")?;
    let (_, rest) = rest.split_once(", ")?;
    (rest == if up { "i16, up 7.35" } else { "i16" }).then(|| taps.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "| variant | 32 notes, median | min | 64 notes, median | min |\n\
        |---|---:|---:|---:|---:|\n\
        | mix only, i16 | 1.50 | 1.48 | 1.43 | 1.06 |\n\
        | voice 16, linear 256, i16 | 4.00 | 3.40 | 4.02 | 3.89 |\n\
        | voice 16, linear 256, f32 | 1.00 | 1.00 | 1.00 | 1.00 |\n\
        | voice 16, linear 256, i16, no prefetch | 1.00 | 1.00 | 1.00 | 1.00 |\n\
        | voice 16 on 96 kHz layers, quadratic 64, i16 | 1.00 | 1.00 | 1.00 | 1.00 |\n\
        | voice 16, quadratic 64, i16 | 4.50 | 4.50 | 4.50 | 4.50 |\n\
        | voice 24, quadratic 64, i16 | 6.00 | 4.77 | 5.03 | 4.87 |\n\
        | voice 32, quadratic 64, i16, up 7.35 | 7.00 | 6.00 | 5.03 | 4.87 |\n\n\
        clock 3.40 GHz (200000001)\n";

    fn samples() -> Samples<(String, usize)> {
        let mut samples = Samples::new();
        for (name, values) in read(TABLE) {
            for (notes, value) in [32, 64].into_iter().zip(values) {
                samples.add((name.clone(), notes), value);
            }
        }
        samples
    }

    #[test]
    fn the_table_is_read() {
        let rows = read(TABLE);
        assert_eq!(rows.len(), 8);
        assert_eq!(rows[1], ("voice 16, linear 256, i16".to_owned(), [4.0, 4.02]));
    }

    #[test]
    fn a_row_is_found_by_its_taps() {
        let at = |taps, up| super::at(&samples(), taps, up, 32).map(|(spread, name)| (spread.median, name));
        assert_eq!(at(16.0, false), Some((4.0, "voice 16, linear 256, i16".to_owned())));
        assert_eq!(at(32.0, true), Some((7.0, "voice 32, quadratic 64, i16, up 7.35".to_owned())));
        assert_eq!(at(18.0, false).map(|(ns, _)| ns), Some(4.5));
        assert_eq!(at(32.0, false), None);
    }
}
