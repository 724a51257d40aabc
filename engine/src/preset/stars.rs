//! Stars: places on the pad that the player keeps and recalls.

use serde_json::{Map, Value};

use super::value::describe;
use super::{Preset, Warning};
use crate::limits::{STAR_GLIDE_SECONDS, STARS};

const LIST: &str = "stars";
const GLIDE: &str = "star_glide";
const KEYS: &str = "star_keys";

/// A place on the pad.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Star {
    /// Its name; may be empty.
    pub name: String,
    /// Left to right, 0…1.
    pub x: f64,
    /// Bottom to top, 0…1.
    pub y: f64,
}

impl Star {
    fn read(json: &Value) -> Option<Star> {
        let object = json.as_object()?;
        let place = |axis| object.get(axis).and_then(Value::as_f64).map(|at: f64| at.clamp(0.0, 1.0));
        let name = match object.get("name") {
            None | Some(Value::Null) => String::new(),
            Some(name) => name.as_str()?.to_owned(),
        };
        Some(Star { name, x: place("x")?, y: place("y")? })
    }
}

impl Preset {
    /// The stars in the order of their numbers, at most [`STARS`].
    pub fn stars(&self) -> Vec<Star> {
        let list = self.object.get(LIST).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(Star::read).take(STARS).collect()
    }

    /// Sets the stars; those beyond [`STARS`] are left out. Fields of a star that are not ours stay with its name or place.
    pub fn set_stars(&mut self, stars: &[Star]) {
        let stars = &stars[..stars.len().min(STARS)];
        if self.stars() == stars {
            return;
        }
        let mut before: Vec<(Star, Map<String, Value>)> = match self.object.get(LIST) {
            Some(Value::Array(list)) => {
                list.iter().filter_map(|s| Some((Star::read(s)?, s.as_object()?.clone()))).collect()
            }
            _ => Vec::new(),
        };
        let list = stars.iter().map(|star| {
            let same_place = |was: &Star| (was.x, was.y) == (star.x, star.y);
            let same_name = |was: &Star| was.name == star.name;
            let at = before.iter().position(|(was, _)| same_place(was) && same_name(was));
            let at = at.or_else(|| before.iter().position(|(was, _)| same_name(was) && !star.name.is_empty()));
            let at = at.or_else(|| before.iter().position(|(was, _)| same_place(was)));
            let mut object = at.map(|at| before.remove(at).1).unwrap_or_default();
            object.insert("name".into(), star.name.clone().into());
            object.insert("x".into(), star.x.clamp(0.0, 1.0).into());
            object.insert("y".into(), star.y.clamp(0.0, 1.0).into());
            Value::from(object)
        });
        let list: Vec<Value> = list.collect();
        self.object.insert(LIST.into(), list.into());
    }

    /// How long the point takes to a star, 0…10 s; 0 unless it says otherwise.
    pub fn star_glide_seconds(&self) -> f64 {
        self.object.get(GLIDE).and_then(Value::as_f64).map_or(0.0, |s| s.clamp(0.0, STAR_GLIDE_SECONDS))
    }

    /// Sets it; out of range is clamped, NaN is 0.
    pub fn set_star_glide_seconds(&mut self, seconds: f64) {
        let seconds = if seconds.is_nan() { 0.0 } else { seconds.clamp(0.0, STAR_GLIDE_SECONDS) };
        if seconds != self.star_glide_seconds() {
            self.object.insert(GLIDE.into(), seconds.into());
        }
    }

    /// The MIDI key that recalls the first star, the next ones following it; `None` where keys only play.
    pub fn star_keys(&self) -> Option<u8> {
        self.object.get(KEYS).and_then(Value::as_u64).filter(|key| *key < 128).map(|key| key as u8)
    }

    /// Sets it.
    pub fn set_star_keys(&mut self, key: Option<u8>) {
        let key = key.filter(|key| *key < 128);
        if key != self.star_keys() {
            self.object.insert(KEYS.into(), key.into());
        }
    }

    /// Says what of the stars can't be used.
    pub(super) fn check_stars(&self, warnings: &mut Vec<Warning>) {
        let mut warn = |message: String| warnings.push(Warning { message });
        match self.object.get(LIST) {
            None | Some(Value::Null) => {}
            Some(Value::Array(list)) => {
                if let Some(bad) = list.iter().find(|star| Star::read(star).is_none()) {
                    let found = describe(bad);
                    warn(format!("\"{LIST}\" has {found} where a star with \"x\" and \"y\" should be: it is left out"));
                }
                if list.len() > STARS {
                    warn(format!("\"{LIST}\" has {} stars: the first {STARS} are used", list.len()));
                }
            }
            Some(other) => warn(format!("\"{LIST}\" is {}, not a list: there are no stars", describe(other))),
        }
        match self.object.get(GLIDE) {
            None | Some(Value::Null | Value::Number(_)) => {}
            Some(other) => warn(format!("\"{GLIDE}\" is {}, no number of seconds: 0 is used", describe(other))),
        }
        match self.object.get(KEYS) {
            None | Some(Value::Null) => {}
            Some(key) if key.as_u64().is_some_and(|key| key < 128) => {}
            Some(other) => warn(format!("\"{KEYS}\" is {}, no MIDI key (0 to 127): no key is used", describe(other))),
        }
    }
}
