//! A model with a pack and voices, and a shell that does what the editor asks, as the plugin does.
#![allow(dead_code, reason = "each test file uses a part of it")]

pub(crate) mod painter;

use std::sync::Arc;

use betwixt_editor::model::{
    Analysis, Anchor, BANDS, Cell, Column, Document, EnvelopePlace, Files, HIGHEST_HZ, KeyRange, Keys, LOWEST_HZ, Pack,
    PackFile, PackMap, PackState, Parameter, PresetKey, PresetRow, PresetWords, Settings, Star, Status, Theme, Thumb,
    Voice,
};
use betwixt_editor::{Action, Model};
use egui::{Event, Modifiers, PointerButton, Pos2};
use egui_kittest::Harness;

/// Id, name, normalised default, normalised value, text, words, bipolar.
type Row = (&'static str, &'static str, f32, f32, &'static str, &'static [&'static str], bool);

const TABLE: &[Row] = &[
    ("x", "X", 0.5, 0.70, "70 %", &[], false),
    ("y", "Y", 0.5, 0.70, "70 %", &[], false),
    ("glide_xy", "Pad Glide", 0.21, 0.394, "120 ms", &[], false),
    ("xy_mode", "Note Position", 0.0, 0.0, "", &["Follow", "Latch"], false),
    ("gain", "Volume", 0.63, 0.562, "-3.0 dB", &[], false),
    ("pan", "Pan", 0.5, 0.5, "C", &[], true),
    ("width", "Width", 0.5, 0.5, "100 %", &[], false),
    ("tune", "Tune", 0.5, 0.5, "0 st", &[], true),
    ("fine", "Fine", 0.5, 0.54, "4 ct", &[], true),
    ("bend_range", "Bend Range", 0.0417, 0.0417, "2 st", &[], false),
    ("attack", "Attack", 0.084, 0.209, "38 ms", &[], false),
    ("decay", "Decay", 0.473, 0.495, "1.20 s", &[], false),
    ("sustain", "Sustain", 1.0, 0.58, "58 %", &[], false),
    ("release", "Release", 0.348, 0.422, "640 ms", &[], false),
    ("velocity", "Velocity", 0.7, 0.7, "70 %", &[], false),
    ("mode", "Mode", 0.0, 0.0, "", &["Poly", "Mono", "Legato"], false),
    ("glide", "Glide", 0.0, 0.0, "0 ms", &[], false),
    ("voices", "Voices", 0.496, 0.496, "64", &[], false),
    ("filter", "Filter", 0.0, 1.0 / 3.0, "", &["Off", "LP", "BP", "HP"], false),
    ("cutoff", "Cutoff", 1.0, 0.693, "2.4 kHz", &[], false),
    ("resonance", "Resonance", 0.0, 0.34, "34 %", &[], false),
    ("filter_env", "Filter Env", 0.5, 0.62, "24 %", &[], true),
    ("filter_key", "Filter Key", 0.0, 0.5, "50 %", &[], false),
    ("start", "Start", 0.0, 0.08, "8 %", &[], false),
    ("loop", "Loop", 0.0, 0.0, "", &["Pack", "Off", "On"], false),
    ("reverse", "Reverse", 0.0, 0.0, "", &["Off", "On"], false),
    ("quality", "Quality", 0.5, 0.5, "", &["Eco", "Normal", "Best"], false),
    ("modwheel", "Mod Wheel", 0.0, 0.0, "", &["None", "X", "Y", "Cutoff"], false),
];

fn parameters() -> Vec<Parameter> {
    TABLE
        .iter()
        .map(|&(id, name, default, value, text, words, bipolar)| {
            let mut p = Parameter::new(id, name, default);
            p.set(value, text);
            p.words = words.iter().map(|w| (*w).to_owned()).collect();
            p.steps = match id {
                "voices" => Some(127),
                "bend_range" => Some(48),
                _ if words.is_empty() => None,
                _ => Some(words.len() as u32 - 1),
            };
            p.bipolar = bipolar;
            p.help = "What it does, in one sentence.".to_owned();
            p
        })
        .collect()
}

/// A 9×9 map of four contrasting sounds: brightness and hue each bent over the pad, as real maps are.
fn cells() -> Arc<[Cell]> {
    const HUES: [(f32, f32); 8] = [
        (0.0, 292.0),
        (0.2, 268.0),
        (0.38, 240.0),
        (0.54, 210.0),
        (0.68, 182.0),
        (0.8, 140.0),
        (0.9, 98.0),
        (1.0, 66.0),
    ];
    let lerp = |a: f32, b: f32, t: f32| a + (b - a) * t;
    let ease = |t: f32| 0.55 * t * t * (3.0 - 2.0 * t) + 0.45 * t;
    let between = |c: [f32; 4], x: f32, y: f32| lerp(lerp(c[0], c[1], ease(x)), lerp(c[2], c[3], ease(x)), ease(y));
    let degrees = |share: f32| {
        let share = share.clamp(0.0, 1.0);
        let at = HUES.windows(2).find(|w| share <= w[1].0).unwrap_or(&HUES[6..]);
        lerp(at[0].1, at[1].1, (share - at[0].0) / (at[1].0 - at[0].0))
    };
    let mut cells = Vec::new();
    for row in (0..9).rev() {
        for column in 0..9 {
            // From the upper left corner: A, B, C, D.
            let (x, y) = (column as f32 / 8.0, row as f32 / 8.0);
            let bright = between([0.36, 0.92, 0.17, 0.52], x, y)
                + 0.075 * (5.1 * x + 1.2 * y + 0.4).sin() * (4.3 * y - 1.7 * x).cos()
                + 0.045 * (9.3 * x - 6.1 * y + 1.0).sin();
            let hue = between([0.84, 1.16, -0.06, 0.36], x, y)
                + 0.07 * (4.1 * x - 3.3 * y + 2.2).sin()
                + 0.05 * (7.2 * y + 3.0 * x).cos();
            let (sin, cos) = degrees(hue).to_radians().sin_cos();
            cells.push(Cell {
                rgb: rgb(0.65, 0.1 * cos, 0.1 * sin),
                brightness_hz: 350.0 * (3.6 * bright).exp2(),
                level_db: -20.0,
            });
        }
    }
    cells.into()
}

fn rgb(l: f32, a: f32, b: f32) -> [u8; 3] {
    let c = betwixt_editor::theme::color::Oklab { l, a, b }.to_color();
    [c.r(), c.g(), c.b()]
}

/// The model of the reference picture: a pack, two voices, the point at 70 %, 70 %.
pub(crate) fn model() -> Model {
    let anchor = |at, name: &str, detail: &str| Anchor {
        at,
        name: name.to_owned(),
        detail: detail.to_owned(),
        thumb: Some(Arc::new(thumb(name.len()))),
    };
    let mut keys = Keys::default();
    for key in [55, 60, 63] {
        keys.set(key, true);
    }
    keys.modulation = 0.34;
    let voice = |id, key, x, y, level, released| {
        let envelope = if released { EnvelopePlace::Release(level) } else { EnvelopePlace::Decay(level) };
        Voice { id, key, x, y, level, envelope, released, pressure: 0.0 }
    };
    Model {
        parameters: parameters(),
        pack: Pack {
            name: "Harbour at six".to_owned(),
            author: "Betwixt".to_owned(),
            columns: 9,
            rows: 9,
            cells: cells(),
            anchors: vec![
                anchor([0.0, 1.0], "Alto flute", "Winds · C3–C6"),
                anchor([1.0, 1.0], "Wine glass", "Glass · C4–C7"),
                anchor([0.0, 0.0], "Cello, bowed", "Strings · C2–A5"),
                anchor([1.0, 0.0], "Choir, “oo”", "Voice · F2–C6"),
            ],
            ranges: [(28, 42, 36), (43, 54, 48), (55, 66, 60), (67, 78, 72), (79, 89, 84)]
                .map(|(low, high, root)| KeyRange { low, high, root })
                .to_vec(),
            resident: Vec::new(),
            state: PackState::Ready,
        },
        packs: Vec::new(),
        file_dialog: false,
        voices: vec![
            voice(1, 60, 0.70, 0.70, 0.8, false),
            voice(2, 55, 0.48, 0.64, 0.6, false),
            voice(3, 63, 0.80, 0.45, 0.3, true),
        ],
        heard: Some([0.70, 0.70]),
        keys,
        status: Status { voices: 3, cpu: Some(0.04), peak: [0.55, 0.42], missing_chunks: 0, memory_bytes: 0 },
        toasts: Vec::new(),
        settings: Settings { theme: Theme::Dark, ..Settings::default() },
        document: document(),
        changed: true,
        presets: presets(),
        analysis: analysis(),
        files: Files {
            data: Some("/home/someone/.local/share/betwixt".into()),
            cache: Some("/home/someone/.cache/betwixt".into()),
            cache_bytes: Some(734_003_200),
            settings: Some("/home/someone/.config/betwixt/settings.json".into()),
            ..Files::default()
        },
        ..Model::default()
    }
}

fn document() -> Document {
    let star = |name: &str, x, y| Star { name: name.to_owned(), at: [x, y] };
    Document {
        key: Some(PresetKey::Factory("harbour-at-six".to_owned())),
        words: PresetWords {
            name: "Harbour at six".to_owned(),
            author: "Betwixt".to_owned(),
            description: "Glass over slow strings; the wheel opens it.".to_owned(),
            tags: vec!["pad".to_owned(), "slow".to_owned()],
        },
        stars: vec![
            star("", 0.12, 0.80),
            star("Glass", 0.93, 0.88),
            star("", 0.30, 0.20),
            star("", 0.84, 0.24),
            star("Low tide", 0.50, 0.52),
        ],
        ..Document::default()
    }
}

/// A list of presets with everything that can stand in it: long words, favourites, the player's own, a missing pack.
fn presets() -> Arc<[PresetRow]> {
    let map = Arc::new(PackMap { columns: 9, rows: 9, cells: cells() });
    let names = [
        ("Harbour at six", "pad slow", false),
        ("Aftermath", "keys dark", false),
        ("Bellwether with a name that goes on and on for longer than any row could be", "bell", true),
        ("Choir of one", "voice pad", false),
        ("Drawn breath", "wind", true),
        ("Eel", "bass", true),
        ("Felt and foil", "keys", false),
        ("Glasshouse", "glass pad", false),
        ("Half light", "pad", false),
        ("In the reeds", "wind pluck", false),
        ("Juniper", "pluck", false),
        ("Kettle", "drone", false),
    ];
    let row = |(i, (name, tags, mine)): (usize, (&str, &str, bool))| PresetRow {
        key: if mine {
            PresetKey::User(format!("/presets/{name}.json").into())
        } else {
            PresetKey::Factory(name.to_lowercase().replace(' ', "-"))
        },
        words: PresetWords {
            name: name.to_owned(),
            author: if mine { "Me".to_owned() } else { "Betwixt".to_owned() },
            description: "What it is good for, in a sentence.".to_owned(),
            tags: tags.split(' ').map(str::to_owned).collect(),
        },
        pack: "First Light".to_owned(),
        map: Some(Arc::clone(&map)),
        at: [i as f32 * 0.083, (i as f32 * 0.37) % 1.0],
        favourite: i % 3 == 0,
        missing: i == 4,
        broken: (i == 5).then(|| "version 9 comes from a newer Betwixt: update it".to_owned()),
    };
    names.into_iter().enumerate().map(row).collect()
}

/// Some seconds of partials that begin one after the other.
fn analysis() -> Analysis {
    const NOTES_HZ: [f32; 8] = [82.0, 110.0, 131.0, 165.0, 196.0, 220.0, 262.0, 330.0];
    let column = |i: usize| {
        let mut column: Column = [0; BANDS];
        for (note, root_hz) in NOTES_HZ.into_iter().enumerate().filter(|(note, _)| i >= note * 60) {
            let age = (i - note * 60) as f32 / 60.0;
            for partial in 1..7_u8 {
                let hz = root_hz * f32::from(partial);
                let at = (hz / LOWEST_HZ).ln() / (HIGHEST_HZ / LOWEST_HZ).ln() * (BANDS - 1) as f32;
                let level = (235.0 - 22.0 * f32::from(partial) - 28.0 * age).max(0.0);
                for (band, value) in column.iter_mut().enumerate() {
                    let near = level - 60.0 * (band as f32 - at).abs();
                    *value = (*value).max(near.clamp(0.0, 255.0) as u8);
                }
            }
        }
        column
    };
    Analysis {
        columns: (0..560).map(column).collect(),
        wave: (0..512).map(|i| (i as f32 * 0.05).sin() * 0.5 + (i as f32 * 0.13).sin() * 0.2).collect(),
    }
}

/// Ink of a sound: partials that fade.
fn thumb(seed: usize) -> Thumb {
    let (width, height) = (80, 64);
    let ink = (0..width * height).map(|i| {
        let (x, y) = ((i % width) as f32, (i / width) as f32);
        let partial = (y * (0.35 + 0.02 * seed as f32)).sin().max(0.0).powi(4);
        (255.0 * partial * (-x / (30.0 + 4.0 * seed as f32)).exp() * (0.3 + y / 90.0)).clamp(0.0, 255.0) as u8
    });
    Thumb { width, height, ink: ink.collect() }
}

/// A pack for the list.
pub(crate) fn pack_file(name: &str, detail: &str) -> PackFile {
    PackFile {
        name: name.to_owned(),
        detail: detail.to_owned(),
        path: Some(format!("/packs/{name}.btx").into()),
        sha256: name.to_owned(),
        author: "Nobody".to_owned(),
        license: "CC0".to_owned(),
        map: Some(Arc::new(PackMap { columns: 9, rows: 9, cells: cells() })),
        broken: None,
    }
}

/// A model and the actions that its editor gave, carried out as a shell would.
pub(crate) struct Shell {
    pub(crate) model: Model,
    pub(crate) actions: Vec<Action>,
    /// Values are echoed into the model at once.
    pub(crate) echo: bool,
}

impl Shell {
    pub(crate) fn new() -> Self {
        Self { model: model(), actions: Vec::new(), echo: true }
    }

    /// One frame, for the harness.
    pub(crate) fn frame(ui: &mut egui::Ui, shell: &mut Shell) {
        let actions = betwixt_editor::ui(ui, &mut shell.model);
        for action in &actions {
            match action {
                Action::SetNormalised(id, value) if shell.echo => {
                    let text = format!("{:.0} %", value * 100.0);
                    if let Some(p) = shell.model.parameter_mut(id) {
                        p.set(*value, text);
                    }
                    if let (Some(heard), true) = (&mut shell.model.heard, matches!(*id, "x" | "y")) {
                        heard[usize::from(*id == "y")] = *value;
                    }
                }
                Action::ModWheel(value) => shell.model.keys.modulation = *value,
                Action::Settings(settings) => shell.model.settings = settings.clone(),
                Action::SetDocument(document) => {
                    shell.model.document = (**document).clone();
                    shell.model.changed = true;
                }
                Action::LoadPreset(key) => {
                    let row = shell.model.presets.iter().find(|row| row.key == *key).cloned();
                    if let Some(row) = row {
                        shell.model.document = Document { key: Some(row.key), words: row.words, ..Document::default() };
                        shell.model.changed = false;
                    }
                }
                Action::Favourite(key, on) => {
                    let mut rows = shell.model.presets.to_vec();
                    rows.iter_mut().filter(|row| row.key == *key).for_each(|row| row.favourite = *on);
                    shell.model.presets = rows.into();
                }
                _ => {}
            }
        }
        shell.actions.extend(actions.into_iter().filter(|action| *action != Action::List));
    }

    /// The actions since the last call.
    pub(crate) fn take(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }

    pub(crate) fn value(&self, id: &str) -> f32 {
        self.model.parameter(id).map_or(f32::NAN, |p| p.value)
    }
}

/// A window without graphics, after its first frames.
pub(crate) fn harness_at<'a>(size: [f32; 2], shell: Shell) -> Harness<'a, Shell> {
    let mut harness = Harness::builder()
        .with_size(size)
        .with_step_dt(1.0 / 60.0)
        .with_context_setup(betwixt_editor::set_up)
        .build_ui_state(Shell::frame, shell);
    harness.run_steps(3);
    harness.state_mut().take();
    harness
}

/// The left button goes down or comes up at a place.
pub(crate) fn button(harness: &mut Harness<'_, Shell>, pos: Pos2, pressed: bool, modifiers: Modifiers) {
    harness.event(Event::ModifiersChanged(modifiers));
    harness.event(Event::PointerMoved(pos));
    harness.event(Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers });
    harness.run_steps(1);
}

/// The pointer goes to a place.
pub(crate) fn move_to(harness: &mut Harness<'_, Shell>, pos: Pos2, modifiers: Modifiers) {
    harness.event(Event::ModifiersChanged(modifiers));
    harness.event(Event::PointerMoved(pos));
    harness.run_steps(1);
}
