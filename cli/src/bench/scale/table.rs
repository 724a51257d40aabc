//! A table of one quantity against another.

use serde_json::{Value, json};

/// Rows by what was varied.
#[derive(Debug)]
pub(super) struct Table {
    name: &'static str,
    /// What it says, with its unit and what was kept the same.
    title: String,
    columns: Vec<&'static str>,
    rows: Vec<(String, Vec<f64>)>,
    /// What each column's figures end on; more digits for smaller things.
    digits: usize,
    verdicts: Vec<(String, bool)>,
}

impl Table {
    pub(super) fn new(name: &'static str, title: String, columns: &[&'static str]) -> Table {
        Table { name, title, columns: columns.to_vec(), rows: Vec::new(), digits: 2, verdicts: Vec::new() }
    }

    /// Adds a row; NaN is left empty.
    pub(super) fn row(&mut self, of: String, values: Vec<f64>) {
        self.rows.push((of, values));
    }

    /// Says whether a bar holds.
    pub(super) fn bar(&mut self, what: String, holds: bool) {
        self.verdicts.push((what, holds));
    }

    pub(super) fn text(&self) -> String {
        let mut out = format!(
            "### {}\n\n| {} |\n|---|{}\n",
            self.title,
            self.columns.join(" | "),
            "---:|".repeat(self.columns.len() - 1)
        );
        for (of, values) in &self.rows {
            let cells: Vec<String> = values.iter().map(|v| number(*v, self.digits)).collect();
            out += &format!("| {of} | {} |\n", cells.join(" | "));
        }
        for (what, holds) in &self.verdicts {
            out += &format!("\n{what}: {}.\n", if *holds { "holds" } else { "FAILS" });
        }
        out
    }

    pub(super) fn json(&self) -> (String, Value) {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|(of, values)| {
                let mut row = serde_json::Map::new();
                row.insert(self.columns[0].into(), json!(of));
                row.extend(
                    self.columns[1..].iter().zip(values).map(|(name, value)| ((*name).to_owned(), json!(value))),
                );
                Value::Object(row)
            })
            .collect();
        let bars: Vec<Value> =
            self.verdicts.iter().map(|(what, holds)| json!({ "bar": what, "holds": holds })).collect();
        (self.name.to_owned(), json!({ "title": self.title, "rows": rows, "bars": bars }))
    }
}

/// Large numbers need no digits after the point.
fn number(value: f64, digits: usize) -> String {
    if value.is_nan() {
        String::new()
    } else if value.abs() >= 1000.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.digits$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_cells_under_their_columns() {
        let mut table = Table::new("voices", "Cost".into(), &["voices", "ns"]);
        table.row("1".into(), vec![7.123]);
        table.row("2".into(), vec![f64::NAN]);
        table.bar("at most 8".into(), false);
        assert_eq!(
            table.text(),
            "### Cost\n\n| voices | ns |\n|---|---:|\n| 1 | 7.12 |\n| 2 |  |\n\nat most 8: FAILS.\n"
        );
        assert_eq!(table.json().1["rows"][0]["ns"], 7.123);
    }
}
