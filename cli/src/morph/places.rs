//! Places on the pad, as the command line gives them, and what files of them are called.

use std::ffi::OsString;
use std::str::FromStr;

use betwixt_builder::plan;
use betwixt_builder::recipe::EXTRAPOLATE as PAST;

/// A place: 0…1 on both axes, or a little past that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub(super) x: f64,
    pub(super) y: f64,
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Place, String> {
        let bad = || {
            format!("{text:?} is no place; write X,Y from 0 to 1, like 0.5,0.25 (past the sources: from -0.25 to 1.25)")
        };
        let (x, y) = text.split_once(',').ok_or_else(bad)?;
        let inside = |v: &f64| (-PAST..=1.0 + PAST).contains(v);
        // No minus before nothing.
        let number = |t: &str| t.trim().parse::<f64>().ok().filter(inside).map(|v| v + 0.0).ok_or_else(bad);
        Ok(Place { x: number(x)?, y: number(y)? })
    }
}

impl Place {
    /// `0.25-0.50.wav`: two decimals, more where two are not exact.
    pub(super) fn file_name(self) -> String {
        format!("{}-{}.wav", decimal(self.x), decimal(self.y))
    }
}

/// A command line of `betwixt morph` with each place on the pad as an option of its own, `--at=X,Y`:
/// places may come in any number behind one `--at`, and begin with a minus.
pub(crate) fn apart(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut apart: Vec<OsString> = Vec::new();
    let is_place =
        |text: &str| text.split_once(',').is_some_and(|(x, y)| [x, y].iter().all(|v| v.parse::<f64>().is_ok()));
    // Behind `--at` and places; and behind an `--at` that has no place yet.
    let (mut among, mut open) = (false, false);
    let arguments: Vec<OsString> = arguments.collect();
    if arguments.get(1).is_none_or(|command| command != "morph") {
        return arguments;
    }
    for argument in arguments {
        let text = argument.to_str();
        let place = text.filter(|text| among && is_place(text)).map(|text| format!("--at={text}"));
        if open && place.is_none() {
            apart.push("--at".into());
        }
        open = argument == "--at";
        among = open || place.is_some() || text.is_some_and(|text| text.starts_with("--at="));
        match place {
            Some(place) => apart.push(place.into()),
            None if open => {}
            None => apart.push(argument),
        }
    }
    if open {
        apart.push("--at".into());
    }
    apart
}

/// The shortest text of 2 to 6 decimals that says the number.
fn decimal(value: f64) -> String {
    let exact = |digits: &usize| (format!("{value:.digits$}").parse::<f64>().unwrap_or(f64::NAN) - value).abs() < 1e-9;
    let digits = (2..=6).find(exact).unwrap_or(6);
    format!("{value:.digits$}")
}

/// Columns and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grid {
    columns: usize,
    rows: usize,
}

impl FromStr for Grid {
    type Err = String;

    fn from_str(text: &str) -> Result<Grid, String> {
        let bad = || format!("{text:?} is no grid; write columns and rows from 1 to 33, like 9x9");
        let (columns, rows) = text.split_once(['x', 'X', '×']).ok_or_else(bad)?;
        let number = |t: &str| {
            let side = 1..=betwixt_engine::limits::GRID_SIDE;
            t.trim().parse::<usize>().ok().filter(|n| side.contains(n)).ok_or_else(bad)
        };
        Ok(Grid { columns: number(columns)?, rows: number(rows)? })
    }
}

impl Grid {
    /// All places, row by row from y = 0.
    pub(super) fn places(self) -> Vec<Place> {
        (0..self.columns * self.rows)
            .map(|i| {
                let [x, y] = plan::place(i % self.columns, i / self.columns, self.columns, self.rows);
                Place { x, y }
            })
            .collect()
    }
}

/// Which axis carries which side of a sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axes {
    /// x is timbre, y dynamics.
    TimbreDynamics,
    /// x is dynamics, y timbre.
    DynamicsTimbre,
}

impl FromStr for Axes {
    type Err = String;

    fn from_str(text: &str) -> Result<Axes, String> {
        let mut parts: Vec<&str> = text.split(',').map(str::trim).collect();
        parts.sort_unstable();
        match parts[..] {
            ["x=timbre", "y=dynamics"] => Ok(Axes::TimbreDynamics),
            ["x=dynamics", "y=timbre"] => Ok(Axes::DynamicsTimbre),
            _ => Err(format!("{text:?} must be x=timbre,y=dynamics or x=dynamics,y=timbre")),
        }
    }
}

impl Axes {
    /// Timbre and dynamics at a place.
    pub(super) fn of(self, place: Place) -> (f64, f64) {
        match self {
            Axes::TimbreDynamics => (place.x, place.y),
            Axes::DynamicsTimbre => (place.y, place.x),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_by_place() {
        let name = |x, y| Place { x, y }.file_name();
        assert_eq!(name(0.25, 0.5), "0.25-0.50.wav");
        assert_eq!(name(0.125, 0.0), "0.125-0.00.wav");
        assert_eq!(name(1.0 / 3.0, 1.0), "0.333333-1.00.wav");
        assert_eq!(name(-0.25, 1.25), "-0.25-1.25.wav");
    }

    #[test]
    fn places_are_told_from_sources() {
        let apart = |text: &str| {
            let words = apart(text.split(' ').map(OsString::from));
            words.into_iter().map(|w| w.into_string().unwrap()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(apart("betwixt morph a b --at -0.25,0 0,0 -o d"), "betwixt morph a b --at=-0.25,0 --at=0,0 -o d");
        assert_eq!(apart("betwixt morph --at=-0.25,0 0,0 a b"), "betwixt morph --at=-0.25,0 --at=0,0 a b");
        assert_eq!(apart("betwixt morph a --at 0,0 -o 1,2 3,4"), "betwixt morph a --at=0,0 -o 1,2 3,4");
        assert_eq!(apart("betwixt morph --at 0.5,0 a,b b -o d"), "betwixt morph --at=0.5,0 a,b b -o d");
        assert_eq!(apart("betwixt morph a b --at 0.5 -o d --at"), "betwixt morph a b --at 0.5 -o d --at");
        assert_eq!(apart("betwixt other --at 0,0 1,1"), "betwixt other --at 0,0 1,1");
    }

    #[test]
    fn a_single_row_lies_at_zero() {
        let places = "3x1".parse::<Grid>().unwrap().places();
        assert_eq!(places, [(0.0, 0.0), (0.5, 0.0), (1.0, 0.0)].map(|(x, y)| Place { x, y }));
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!("-0,-0.25".parse::<Place>().unwrap().file_name(), "0.00--0.25.wav");
        for text in ["0.5", "0.5,2", "0,1.26", "nan,0", "a,b", ""] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
        for text in ["9", "0x3", "99x99"] {
            assert!(text.parse::<Grid>().is_err(), "{text}");
        }
        assert!("x=timbre,y=timbre".parse::<Axes>().is_err());
    }
}
