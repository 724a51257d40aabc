//! The tables of `bench --peers`, with the bars that they are held against.

use std::fmt::Write;

use serde_json::Value;

use super::limit;
use super::peers::{Figures, NOTES, QUALITIES};
use super::samples::{Samples, Spread};

/// Our name in the script's rows.
const OURS: &str = "betwixt";
/// A full voice against the kernel limit: at most.
const LIMIT_BAR: f64 = 1.6;
/// Best against the fastest linear player: at least so many times as fast.
const LINEAR_BAR: f64 = 3.0;
/// The first sound of a warm pack, in ms: at most.
const WARM_BAR_MS: f64 = 10.0;

/// All tables that there are figures for.
pub(super) fn tables(figures: &Figures) -> String {
    let parts = [bench(figures), ratios(figures), quality(&figures.quality), load(&figures.load)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

fn verdict(holds: bool) -> &'static str {
    if holds { "holds" } else { "FAILS" }
}

fn cells(spread: Option<Spread>, digits: usize) -> String {
    spread.map_or_else(|| "| ".to_owned(), |s| format!("{:.digits$} | {:.digits$}", s.median, s.min))
}

fn bench(figures: &Figures) -> String {
    let mut rows: Vec<(String, String)> = Vec::new();
    for (player, quality, _) in figures.bench.keys() {
        let row = (player.clone(), quality.clone());
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    if rows.is_empty() {
        return String::new();
    }
    let at = |(player, quality): &(String, String), notes| figures.bench.get(&(player.clone(), quality.clone(), notes));
    // The fastest first, so that everyone sees who stands where.
    rows.sort_by(|a, b| {
        let ns = |row| at(row, NOTES[0]).map_or(f64::MAX, |s| s.median);
        ns(a).total_cmp(&ns(b))
    });
    let mut out = String::from("### ns per note-frame\n\n");
    out += "| player | quality | 32 notes, median | min | 64 notes, median | min |\n|---|---|---:|---:|---:|---:|\n";
    for row in &rows {
        let [few, many] = NOTES.map(|notes| cells(at(row, notes), 2));
        let _ = writeln!(out, "| {} | {} | {few} | {many} |", row.0, row.1);
    }
    for quality in QUALITIES {
        let [few, many] = NOTES.map(|notes| cells(figures.up.get(&(quality.to_owned(), notes)), 2));
        let _ = writeln!(out, "| {OURS}, all notes up 7.35 | {quality} | {few} | {many} |");
    }
    let mut named: Vec<&String> = figures.limit.keys().map(|(name, _)| name).collect();
    named.dedup();
    for name in named.iter().filter(|name| limit::is_voice(name)) {
        let [few, many] = NOTES.map(|notes| cells(figures.limit.get(&((*name).clone(), notes)), 2));
        let _ = writeln!(out, "| kernel limit | {name} | {few} | {many} |");
    }
    for notes in NOTES {
        let linear = rows.iter().filter(|row| row.0 != OURS && row.1 == "linear");
        let linear = linear.filter_map(|row| Some((at(row, notes)?.median, &row.0)));
        let best = at(&(OURS.to_owned(), "best".to_owned()), notes);
        if let (Some((ns, player)), Some(best)) = (linear.min_by(|a, b| a.0.total_cmp(&b.0)), best) {
            let times = ns / best.median;
            let verdict = verdict(times >= LINEAR_BAR);
            let _ = write!(
                out,
                "\n{notes} notes: best is {times:.1} × as fast as the fastest linear player of this run, {player} (bar: {LINEAR_BAR:.0} ×): {verdict}.\n"
            );
        }
    }
    out
}

/// Ours against the limit with the same taps.
fn ratios(figures: &Figures) -> String {
    let mut out = String::from("### Against the kernel limit\n\n");
    out += "| quality | notes | shift | taps | ours, median | min | limit, median | min | its row | ratio of medians | of minima | at most 1.6 |\n";
    out += "|---|---:|---|---:|---:|---:|---:|---:|---|---:|---:|---|\n";
    let mut any = false;
    for up in [false, true] {
        for quality in QUALITIES {
            for notes in NOTES {
                let ours = if up {
                    figures.up.get(&(quality.to_owned(), notes))
                } else {
                    figures.bench.get(&(OURS.to_owned(), quality.to_owned(), notes))
                };
                let (Some(ours), Some(taps)) = (ours, figures.taps.get(&(quality.to_owned(), notes, up))) else {
                    continue;
                };
                let Some((limit, row)) = limit::at(&figures.limit, taps.median, up, notes) else { continue };
                let (ratio, least) = (ours.median / limit.median, ours.min / limit.min);
                let shift = if up { "up 7.35" } else { "near the root" };
                let _ = writeln!(
                    out,
                    "| {quality} | {notes} | {shift} | {:.2} | {} | {} | {row} | {ratio:.2} | {least:.2} | {} |",
                    taps.median,
                    cells(Some(ours), 2),
                    cells(Some(limit), 2),
                    verdict(ratio <= LIMIT_BAR)
                );
                any = true;
            }
        }
    }
    if any { out } else { String::new() }
}

fn quality(rows: &[Value]) -> String {
    let Some(first) = rows.first() else { return String::new() };
    let heard = |value: &Value, name: &str| value[name].as_f64();
    // 17 kHz is there for its alias alone, and 13 kHz up lands above 16 kHz.
    let names = |field: &str| -> Vec<String> {
        let all = first[field].as_object().into_iter().flatten().map(|(name, _)| name.clone());
        all.filter(|name| !name.starts_with("17")).collect()
    };
    let (snr, levels) = (names("snr"), ["10+", "13-", "16~"]);
    let mut out = String::from(
        "### SNR in dB by kHz of the source (+ up 7.35 semitones, - down 5.2, ~ up 0.35), alias of 17 kHz up, levels in dB\n\n",
    );
    let _ = writeln!(out, "| player | quality | {} | alias | level {} |", snr.join(" | "), levels.join(" | level "));
    let _ = writeln!(out, "|---|---|{}", "---:|".repeat(snr.len() + 1 + levels.len()));
    for row in rows {
        let cell = |value: Option<f64>, digits: usize| value.map_or_else(String::new, |v| format!("{v:.digits$}"));
        let mut line: Vec<String> = snr.iter().map(|name| cell(heard(&row["snr"], name), 0)).collect();
        line.push(cell(heard(&row["alias"], "up"), 0));
        line.extend(levels.iter().map(|name| cell(heard(&row["level"], name), 2)));
        let word = |field: &str| row[field].as_str().unwrap_or_default();
        let _ = writeln!(out, "| {} | {} | {} |", word("player"), word("quality"), line.join(" | "));
    }
    out
}

fn load(figures: &Samples<(String, String, &'static str)>) -> String {
    let mut players: Vec<&String> = figures.keys().map(|(player, ..)| player).collect();
    players.dedup();
    let mut seen: Vec<&String> = Vec::new();
    players.retain(|player| {
        !seen.contains(player) && {
            seen.push(player);
            true
        }
    });
    if players.is_empty() {
        return String::new();
    }
    let at = |player: &str, cache: &str, figure| figures.get(&(player.to_owned(), cache.to_owned(), figure));
    let mut out = String::from("### First sound of a pack of 317 MB, in ms from the program's start\n\n");
    out += "| player | cold: median | min | warm: median | min | peak MiB |\n|---|---:|---:|---:|---:|---:|\n";
    for player in &players {
        let [cold, warm] = ["cold", "warm"].map(|cache| cells(at(player, cache, "first_sound_ms"), 1));
        let peak = at(player, "cold", "peak_rss_mib").map_or_else(String::new, |s| format!("{:.0}", s.median));
        let _ = writeln!(out, "| {player} | {cold} | {warm} | {peak} |");
    }
    let first = |player: &str, cache: &str| at(player, cache, "first_sound_ms").map(|s| s.median);
    let others = players.iter().filter(|player| **player != OURS).filter_map(|player| first(player, "cold"));
    if let (Some(ours), Some(fastest)) = (first(OURS, "cold"), others.min_by(f64::total_cmp)) {
        let verdict = verdict(ours < fastest);
        let _ = write!(
            out,
            "\nCold, ours {ours:.1} ms against {fastest:.1} of the fastest other (bar: below it): {verdict}.\n"
        );
    }
    if let Some(ours) = first(OURS, "warm") {
        let _ = write!(out, "\nWarm, ours {ours:.1} ms (bar: {WARM_BAR_MS:.0}): {}.\n", verdict(ours <= WARM_BAR_MS));
    }
    out
}
