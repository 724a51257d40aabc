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
                let ours = if up { &figures.up } else { &figures.near }.get(&(quality.to_owned(), notes));
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

/// Tones by shift, in the order of the peers' own table; 13 kHz up lands above 16 kHz.
const TONES: [&str; 13] = ["1+", "3+", "6+", "10+", "13+", "1-", "3-", "6-", "10-", "13-", "16-", "10~", "16~"];
/// Of these the level is asked for, relative to 1 kHz at the same shift.
const LEVELS: [&str; 3] = ["10+", "13-", "16~"];

/// What a quality of ours is held to, in dB.
struct Promise {
    quality: &'static str,
    snr: f64,
    /// The tones of which the SNR is asked for.
    tones: &'static [&'static str],
    alias: Option<f64>,
    levels: Option<[f64; 3]>,
}

const PROMISES: [Promise; 3] = [
    Promise {
        quality: "eco",
        snr: 60.0,
        tones: &["1-", "3-", "6-", "10-", "1~", "3~", "6~", "10~"],
        alias: None,
        levels: None,
    },
    Promise { quality: "normal", snr: 95.0, tones: &TONES, alias: Some(-80.0), levels: Some([-0.5, -0.1, -1.5]) },
    Promise { quality: "best", snr: 118.0, tones: &TONES, alias: Some(-110.0), levels: Some([-0.5, -0.1, -0.5]) },
];

impl Promise {
    /// What of a row misses it; what is not there is missed.
    fn missed(&self, row: &Value) -> Vec<String> {
        let at_least = |kind: &str, name: &str, least: f64| {
            let value = row[kind][name].as_f64();
            (!value.is_some_and(|v| v >= least)).then(|| format!("{kind} {name} {}", told(value)))
        };
        let mut missed: Vec<String> = self.tones.iter().filter_map(|tone| at_least("snr", tone, self.snr)).collect();
        let levels = self.levels.into_iter().flatten();
        missed.extend(LEVELS.iter().zip(levels).filter_map(|(tone, least)| at_least("level", tone, least)));
        let alias = row["alias"]["up"].as_f64();
        if self.alias.is_some_and(|most| !alias.is_some_and(|v| v <= most)) {
            missed.push(format!("alias {}", told(alias)));
        }
        missed
    }
}

fn told(value: Option<f64>) -> String {
    value.map_or_else(|| "unknown".to_owned(), |value| format!("{value:.1}"))
}

fn quality(rows: &[Value]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "### SNR in dB by kHz of the source (+ up 7.35 semitones, - down 5.2, ~ up 0.35), alias of 17 kHz up, levels in dB\n\n",
    );
    let _ = writeln!(out, "| player | quality | {} | alias | level {} |", TONES.join(" | "), LEVELS.join(" | level "));
    let _ = writeln!(out, "|---|---|{}", "---:|".repeat(TONES.len() + 1 + LEVELS.len()));
    let word = |row: &Value, field: &str| row[field].as_str().unwrap_or_default().to_owned();
    for row in rows {
        let cell = |value: &Value, digits: usize| value.as_f64().map_or_else(String::new, |v| format!("{v:.digits$}"));
        let mut line: Vec<String> = TONES.iter().map(|name| cell(&row["snr"][name], 0)).collect();
        line.push(cell(&row["alias"]["up"], 0));
        line.extend(LEVELS.iter().map(|name| cell(&row["level"][name], 2)));
        let _ = writeln!(out, "| {} | {} | {} |", word(row, "player"), word(row, "quality"), line.join(" | "));
    }
    for promise in PROMISES {
        let ours = rows.iter().find(|row| word(row, "player") == OURS && word(row, "quality") == promise.quality);
        let Some(ours) = ours else { continue };
        let missed = promise.missed(ours);
        let list = if missed.is_empty() { String::new() } else { format!(" ({})", missed.join(", ")) };
        let _ = write!(out, "\nQuality of {}: {}{list}.\n", promise.quality, verdict(missed.is_empty()));
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_promise_is_missed_by_what_is_low_or_absent() {
        let mut row = json!({ "player": OURS, "quality": "normal", "snr": {}, "level": {}, "alias": { "up": -95.0 } });
        for tone in TONES {
            row["snr"][tone] = json!(96.0);
            row["level"][tone] = json!(0.0);
        }
        assert!(PROMISES[1].missed(&row).is_empty());
        assert!(quality(&[row.clone()]).contains("Quality of normal: holds."));
        row["snr"]["10~"] = json!(94.9);
        row["level"]["16~"] = Value::Null;
        assert_eq!(PROMISES[1].missed(&row), ["snr 10~ 94.9", "level 16~ unknown"]);
        for tone in PROMISES[0].tones {
            row["snr"][*tone] = json!(60.0);
        }
        assert!(PROMISES[0].missed(&row).is_empty());
    }

    #[test]
    fn ours_is_held_against_the_row_with_its_taps() {
        let mut figures = Figures::new();
        for notes in NOTES {
            figures.near.add(("eco".into(), notes), 5.0);
            figures.taps.add(("eco".into(), notes, false), 8.0);
            figures.limit.add(("voice 8, linear 256, i16".into(), notes), if notes == 32 { 3.2 } else { 3.0 });
        }
        let table = tables(&figures);
        assert!(table.contains("| eco | 32 | near the root | 8.00 | 5.00 | 5.00 | 3.20 | 3.20 |"), "{table}");
        assert!(table.contains("| 1.56 | 1.56 | holds |") && table.contains("| 1.67 | 1.67 | FAILS |"), "{table}");
    }

    #[test]
    fn the_first_sound_is_held_against_the_fastest_other() {
        let mut figures = Figures::new();
        for (player, cold, warm) in [(OURS, 20.0, 9.0), ("a", 300.0, 200.0), ("b", 19.0, 100.0)] {
            for (cache, ms) in [("cold", cold), ("warm", warm)] {
                figures.load.add((player.into(), cache.into(), "first_sound_ms"), ms);
            }
        }
        let table = tables(&figures);
        assert!(table.contains("ours 20.0 ms against 19.0 of the fastest other (bar: below it): FAILS"), "{table}");
        assert!(table.contains("Warm, ours 9.0 ms (bar: 10): holds"), "{table}");
    }
}
