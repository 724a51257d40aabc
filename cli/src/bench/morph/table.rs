//! The results as tables: text for people, markdown for the documentation.

use std::fmt::Write;
use std::path::Path;

use betwixt_builder::metrics::stats::{median, percentile};
use betwixt_builder::metrics::{Bound, Quantity, Row};

use super::special::VowelTest;
use super::{PairResult, Results};
use crate::metrics::number;

/// The generated part of a document stands between these lines.
const BEGIN: &str = "<!-- measured: begin (cargo xtask bench --morph writes what follows) -->";
const END: &str = "<!-- measured: end -->";

/// One quantity over all pairs.
struct Summary {
    /// Over the main pairs.
    median: Option<f64>,
    /// The worst pair of all.
    worst: Option<(f64, String)>,
    meets_target: Option<bool>,
    /// What lies beyond the target, and whether it is reached.
    beyond: String,
    /// Pairs outside the bound.
    outside: Vec<String>,
}

impl Summary {
    fn of(results: &[PairResult], quantity: Quantity, value: impl Fn(&PairResult) -> Option<f64>) -> Summary {
        let row = quantity.row();
        let main: Vec<f64> = results.iter().filter(|r| r.pair.main).filter_map(&value).collect();
        let median = median(&main);
        let all = results.iter().filter_map(|r| Some((value(r)?, r)));
        let worse = |a: f64, b: f64| row.direction().worse(a, b) == a;
        let worst = all.clone().reduce(|a, b| if worse(a.0, b.0) { a } else { b });
        // An uneven line between noise and a tone is a matter of taste.
        let counts = |r: &PairResult| quantity != Quantity::Evenness || r.pair.pitched;
        let outside = all.filter(|(v, r)| counts(r) && row.every.is_some_and(|b| !b.holds(*v)));
        let reached = |b: betwixt_builder::metrics::Beyond| {
            let worst = worst.as_ref()?;
            Some(format!("{b}: {}", if b.holds(median, worst.0) { "yes" } else { "no" }))
        };
        Summary {
            median,
            beyond: quantity.beyond().and_then(reached).unwrap_or_default(),
            worst: worst.map(|(v, r)| (v, r.pair.name())),
            meets_target: median.zip(row.target).map(|(v, b)| b.holds(v)),
            outside: outside.map(|(_, r)| r.pair.name()).collect(),
        }
    }

    fn verdict(&self) -> String {
        let target = match self.meets_target {
            Some(true) => "pass",
            Some(false) => "MISS",
            None => "",
        };
        match (self.outside.len(), target) {
            (0, "") if self.worst.is_some() => "pass".into(),
            (0, _) => target.into(),
            (n, "") => format!("{n} outside"),
            (n, _) => format!("{target}, {n} outside"),
        }
    }
}

/// Each quantity that was measured: what it is, the morph, and the mix beside it.
fn measured(results: &Results) -> impl Iterator<Item = (Row, Summary, Summary, String)> {
    Quantity::ALL.iter().filter_map(|&quantity| {
        let morph = Summary::of(&results.pairs, quantity, |r| r.morph.get(quantity));
        let mix = Summary::of(&results.pairs, quantity, |r| r.mix.get(quantity));
        let any = morph.worst.is_some() || mix.worst.is_some();
        any.then(|| (quantity.row(), morph, mix, quantity.rival().map_or_else(String::new, |r| r.to_string())))
    })
}

/// The tables for a terminal.
pub(super) fn text(results: &Results) -> String {
    if results.pairs.is_empty() {
        return others(results, "", "");
    }
    let mut out = format!(
        "\n{:<26}{:<8}{:>8}{:>8}  {:<32}{:>8}{:>10}  {:<18}{:<20}{:>8}{:>8}{:>13}\n",
        "", "", "median", "worst", "", "target", "every pair", "", "beyond", "mix", "worst", "rival"
    );
    for (row, morph, mix, rival) in measured(results) {
        let _ = writeln!(
            out,
            "{:<26}{:<8}{:>8}{:>8}  {:<32}{:>8}{:>10}  {:<18}{:<20}{:>8}{:>8}{rival:>13}",
            row.name,
            row.unit,
            number(morph.median),
            number(morph.worst.as_ref().map(|w| w.0)),
            morph.worst.as_ref().map_or("", |w| &w.1),
            bound(row.target),
            bound(row.every),
            morph.verdict(),
            morph.beyond,
            number(mix.median),
            number(mix.worst.as_ref().map(|w| w.0)),
        );
    }
    out.push_str("beyond: median (every pair) that would be better still; rival: SpectMorph 1.0 beta, median (worst), measured by others\n\n");
    out.push_str(&others(results, "  ", ""));
    out
}

/// What is not a quantity of a pair, as lines with a prefix and an end.
fn others(results: &Results, prefix: &str, end: &str) -> String {
    let mut out = String::new();
    let mut line = |text: String| {
        let _ = writeln!(out, "{prefix}{text}{end}");
    };
    let q90 = |value: &dyn Fn(&PairResult) -> Option<f64>| {
        percentile(&results.pairs.iter().filter_map(value).collect::<Vec<_>>(), 0.9)
    };
    if !results.pairs.is_empty() {
        line(format!(
            "noise, 90 % point of all pairs: {} dB (mix {})",
            number(q90(&|r| r.morph.get(Quantity::Noise))),
            number(q90(&|r| r.mix.get(Quantity::Noise)))
        ));
    }
    if let Some(vowel) = &results.vowel {
        let peaks = |peaks: &[super::special::Peak]| {
            let texts: Vec<_> = peaks.iter().map(|p| format!("{:.0} Hz ({:.1} dB)", p.hz, p.prominence_db)).collect();
            if texts.is_empty() { "none".into() } else { texts.join(", ") }
        };
        line(format!(
            "vowel test: {}; one peak at {:.0} Hz within 0.5 ERB, 8 dB or more is wanted: {}; the mix has {}",
            peaks(&vowel.morph),
            VowelTest::ideal_hz(),
            if vowel.passes() { "pass" } else { "MISS" },
            peaks(&vowel.mix)
        ));
    }
    for test in &results.detuned {
        let figures = |v: [Option<f64>; 3]| {
            format!("pitch {} cents, beating {} dB, loudness {} dB", number(v[0]), number(v[1]), number(v[2]))
        };
        line(format!(
            "{} {}, the second 25 cents sharp: {} (≤ 1, ≤ 1: {}); mix: {}",
            test.pair.name(),
            test.pair.key,
            figures(test.morph),
            if test.passes() { "pass" } else { "MISS" },
            figures(test.mix)
        ));
    }
    for (set, report) in &results.sets {
        let figures = |c: &betwixt_builder::metrics::square::Centre| {
            let d: Vec<_> = c.distances_db.iter().map(|d| format!("{d:.1}")).collect();
            format!(
                "pitch {} cents, {:.1} LUFS, neighbour dip {} dB (p5 {}), D to the corners {}",
                number(c.pitch_cents),
                c.lufs,
                number(c.dip.map(|d| d.mean_db)),
                number(c.dip.map(|d| d.p5_db)),
                d.join(" / ")
            )
        };
        let corners: Vec<_> = set.corners.iter().map(|c| c.name).collect();
        let holds = report.morph.dip.is_some_and(|d| betwixt_builder::metrics::square::Centre::DIP.holds(d.mean_db));
        line(format!(
            "{} ({}, key {}), centre: {} (dip {}: {}); mix: {}",
            set.name,
            corners.join(", "),
            set.key,
            figures(&report.morph),
            betwixt_builder::metrics::square::Centre::DIP,
            if holds { "pass" } else { "MISS" },
            figures(&report.mix)
        ));
    }
    for h in &results.hybrids {
        line(format!(
            "timbre of {}, dynamics of {}, key {}: attack {:.1} ms (its dynamics' {:.1}), level {} dB RMS off its \
             dynamics', quantiles {} ERB from its timbre's, {} from the other's: {}",
            h.timbre.name,
            h.dynamics.name,
            h.key,
            h.attack_ms[0],
            h.attack_ms[1],
            number(Some(h.contour_db)),
            number(Some(h.quantiles_erb[0])),
            number(Some(h.quantiles_erb[1])),
            if h.passes() { "pass" } else { "MISS" },
        ));
    }
    for p in &results.past {
        line(format!(
            "{} {}, a quarter past either source: pitch {} cents off the nearer one's, peak {} dB and loudness {} dB over the louder \
             source, bands within {} dB of the nearer one (≤ 4, ≤ 4, ≤ 1: {})",
            p.pair.name(),
            p.pair.key,
            number(p.pitch_cents),
            number(Some(p.peak_db)),
            number(Some(p.louder_db)),
            number(Some(p.band_db)),
            if p.passes() { "pass" } else { "MISS" },
        ));
    }
    if let Some(speed) = results.speed {
        line(format!(
            "speed: {speed:.1} s of audio for a second of one core, 9 × 9 notes, analysis included (≥ 30: {})",
            if speed >= 30.0 { "pass" } else { "MISS" }
        ));
    }
    out
}

fn bound(bound: Option<Bound>) -> String {
    bound.map_or_else(|| "–".to_owned(), |b| b.to_string())
}

/// The tables for a document.
fn markdown(results: &Results) -> String {
    let mut out = String::from(
        "| row | unit | median | worst pair | target | every pair | | beyond | mix | mix, worst pair | rival |\n\
         | --- | --- | ---: | --- | --- | --- | --- | --- | ---: | --- | --- |\n",
    );
    let worst =
        |s: &Summary| s.worst.as_ref().map_or_else(String::new, |(v, name)| format!("{} {name}", number(Some(*v))));
    for (row, morph, mix, rival) in measured(results) {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {rival} |",
            row.name,
            row.unit,
            number(morph.median),
            worst(&morph),
            bound(row.target),
            bound(row.every),
            morph.verdict(),
            morph.beyond,
            number(mix.median),
            worst(&mix),
        );
    }
    out.push('\n');
    out.push_str(&others(results, "- ", ""));
    out.push_str("\nEvery pair (the first 24 are those of the medians):\n\n");
    let shown: Vec<Quantity> = Quantity::ALL
        .iter()
        .copied()
        .filter(|q| results.pairs.iter().any(|r| r.morph.get(*q).or(r.mix.get(*q)).is_some()))
        .collect();
    let names: Vec<_> = shown.iter().map(|q| q.row().id).collect();
    let _ = writeln!(out, "| pair | key | {} |", names.join(" | "));
    let _ = writeln!(out, "| --- | ---: |{}", " ---: |".repeat(shown.len()));
    for r in &results.pairs {
        let values: Vec<_> = shown.iter().map(|q| number(r.morph.get(*q))).collect();
        let _ = writeln!(out, "| {} | {} | {} |", r.pair.name(), r.pair.key, values.join(" | "));
    }
    out
}

/// Puts the tables into a document: between its marks, or, where it has none or does not exist, at its end.
pub(super) fn write(path: &Path, results: &Results) -> std::io::Result<()> {
    let before = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => "# The morph\n".to_owned(),
        other => other?,
    };
    std::fs::write(path, replaced(&before, &markdown(results)))
}

fn replaced(document: &str, generated: &str) -> String {
    let part = format!("{BEGIN}\n\n{}\n\n{END}", generated.trim());
    match (document.find(BEGIN), document.find(END)) {
        (Some(from), Some(to)) if from < to => {
            format!("{}{part}{}", &document[..from], &document[to + END.len()..])
        }
        _ => format!("{}\n\n{part}\n", document.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generated_part_is_replaced_and_all_else_stays() {
        let first = replaced("# Title\n\nText.\n", "one");
        let second = replaced(&format!("{first}\nMore.\n"), "two");
        assert!(second.starts_with("# Title\n\nText.\n") && second.ends_with("\nMore.\n"));
        assert!(second.contains("two") && !second.contains("one"));
        assert_eq!(second.matches(BEGIN).count(), 1);
    }
}
