//! What a keyboard writes into the window, under layouts other than the American one: each test
//! types the name of a preset and reads it in the file that is saved.

use betwixt_engine::params::Param;
use betwixt_tests::clap_host::{Instance, PluginWindow, StateDocument};
use betwixt_tests::display::Server;
use betwixt_tests::rig::{Rig, plain};
use betwixt_tests::timeline::Timeline;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

// Places on the keyboard, named after what is printed there on an American one.
const DIGIT_2: u8 = 11;
const DIGIT_8: u8 = 17;
const MINUS: u8 = 20;
const EQUAL: u8 = 21;
const Q: u8 = 24;
const E: u8 = 26;
const Y: u8 = 29;
const I: u8 = 31;
const OPEN_BRACKET: u8 = 34;
const ENTER: u8 = 36;
const CTRL: u8 = 37;
const A: u8 = 38;
const S: u8 = 39;
const SEMICOLON: u8 = 47;
const BACKQUOTE: u8 = 49;
const SHIFT: u8 = 50;
const Z: u8 = 52;
const PERIOD: u8 = 60;
const SPACE: u8 = 65;
const CAPS_LOCK: u8 = 66;
const RIGHT_ALT: u8 = 108;
const HOME: u8 = 110;
const END: u8 = 115;
const MENU: u8 = 135;
/// A place that common keyboards do not have.
const SPARE: u8 = 248;

/// One test, so that windows do not take the keyboard from one another.
#[test]
fn every_layout_is_heard() {
    let rig = Rig::new();
    let server = Server::start(1600, 1200).unwrap_or_else(|e| panic!("{e}"));
    rig.sandbox().choose_display(server.name());
    server.choose_layout(&["de"]).unwrap_or_else(|e| panic!("{e}"));
    let instance = rig.live();
    let mut typist = Typist::open(instance, rig.sandbox().file("data"));

    // German: umlauts, Shift, AltGr, letters that lie elsewhere, and dead keys, one of them alone.
    let keys: [&[u8]; 12] = [
        &[SEMICOLON],
        &[SHIFT, OPEN_BRACKET],
        &[MINUS],
        &[Y],
        &[Z],
        &[RIGHT_ALT, Q],
        &[EQUAL],
        &[E],
        &[BACKQUOTE],
        &[SHIFT, A],
        &[EQUAL],
        &[SPACE],
    ];
    assert_eq!(typist.saves_as(&keys), "öÜßzy@éÂ'");
    // Ctrl+Z and Ctrl+Y are where these letters are.
    assert_eq!(typist.moves_the_point(), 0.8);
    assert_eq!(typist.presses_on_the_pad(&[CTRL, Y]), 0.5, "the key that writes z");
    assert_eq!(typist.presses_on_the_pad(&[CTRL, Z]), 0.8, "the key that writes y");

    // A layout that is chosen while the window is open.
    server.choose_layout(&["fr"]).unwrap();
    assert_eq!(typist.saves_as(&[&[Q], &[DIGIT_2], &[Z], &[SHIFT, DIGIT_2]]), "aéw2");

    // A layout's second half, and capitals, switched on while another window had the keyboard. There
    // letters are not Latin ones, and keys that want one go by the place.
    server.choose_layout(&["us,ru", "-option", "grp:menu_toggle"]).unwrap();
    assert_eq!(typist.saves_as(&[&[A], &[SEMICOLON]]), "a;");
    typist.elsewhere(&[&[MENU], &[CAPS_LOCK]]);
    assert_eq!(typist.saves_as(&[&[A], &[SHIFT, SEMICOLON]]), "Фж");
    typist.elsewhere(&[&[CAPS_LOCK]]);
    assert_eq!(typist.moves_the_point(), 0.8);
    assert_eq!(typist.presses_on_the_pad(&[CTRL, Z]), 0.5);
    typist.elsewhere(&[&[MENU]]);

    // Single keys that are given a symbol, as programs do that type for someone.
    for (symbol, written) in [(0x0100_6f22, "漢"), (0x0101_f3b9, "🎹"), (0x00e9, "é")] {
        typist.window.display().remap(SPARE, symbol).unwrap();
        assert_eq!(typist.saves_as(&[&[SPARE], &[A]]), format!("{written}a"));
    }

    // Commands go by the letter: on Dvorak's layout c is on I, v on the point and s on the semicolon.
    server.choose_layout(&["us", "dvorak"]).unwrap();
    let keys: [&[u8]; 5] = [&[A], &[SHIFT, HOME], &[CTRL, I], &[END], &[CTRL, PERIOD]];
    assert_eq!(typist.saves_with(SEMICOLON, &keys), "aa");

    // The key of a digit that writes a bracket with AltGr is the bracket: the preset before.
    server.choose_layout(&["de"]).unwrap();
    typist.clicks(0.5);
    let before = typist.state();
    typist.presses_on_the_pad(&[DIGIT_8]);
    assert_eq!(typist.state(), before, "there is no star 8");
    typist.presses_on_the_pad(&[RIGHT_ALT, DIGIT_8]);
    assert_ne!(typist.state(), before);
    typist.close();
}

/// Someone at the keyboard of an open window.
struct Typist {
    window: PluginWindow,
    instance: Instance,
    data: PathBuf,
}

impl Typist {
    fn open(mut instance: Instance, data: PathBuf) -> Typist {
        let mut window = PluginWindow::open(&mut instance, 1.0).expect("a window");
        window.resize(&mut instance, 1000, 680).unwrap();
        let mut typist = Typist { window, instance, data };
        typist.live(800);
        typist
    }

    fn close(self) {
        let Typist { window, mut instance, .. } = self;
        window.close(&mut instance).unwrap();
    }

    /// Lets the window live for a while, a block of audio every 10 ms.
    fn live(&mut self, milliseconds: u64) {
        self.play(&Timeline::new(), milliseconds);
    }

    fn play(&mut self, first: &Timeline, milliseconds: u64) {
        let params = self.instance.params().to_vec();
        let rest = Timeline::new();
        let mut timeline = Some(first);
        let each = |instance: &mut Instance| {
            let events = timeline.take().unwrap_or(&rest);
            instance.processor().play(events, &params, 480, || 480).expect("it plays");
        };
        self.window.run(&mut self.instance, Duration::from_millis(milliseconds), each).expect("the window lives");
    }

    /// Presses keys one after the other, and lets them go in the other order.
    fn presses(&mut self, keys: &[u8]) {
        keys.iter().for_each(|key| self.window.display().key(*key, true).unwrap());
        self.live(40);
        keys.iter().rev().for_each(|key| self.window.display().key(*key, false).unwrap());
        self.live(40);
    }

    /// Presses keys while another window has the keyboard.
    fn elsewhere(&mut self, keys: &[&[u8]]) {
        self.window.display().focus(self.window.parent()).unwrap();
        self.live(100);
        keys.iter().for_each(|keys| self.presses(keys));
    }

    /// Saves a preset under the name that these keys write, and returns that name.
    fn saves_as(&mut self, keys: &[&[u8]]) -> String {
        self.saves_with(S, keys)
    }

    /// The same where S is at another place.
    fn saves_with(&mut self, save: u8, keys: &[&[u8]]) -> String {
        let before = names(&self.data);
        self.clicks(0.5);
        self.presses(&[CTRL, save]);
        // The old name is selected: what is typed takes its place.
        self.live(300);
        keys.iter().for_each(|keys| self.presses(keys));
        self.presses(&[ENTER]);
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(5) {
            self.live(50);
            if let Some(new) = names(&self.data).difference(&before).next() {
                self.live(300);
                return new.clone();
            }
        }
        let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).join("keys.png");
        self.window.picture().unwrap().write_png(&picture).unwrap();
        panic!("nothing was saved, see {}", picture.display());
    }

    /// What the host would save.
    fn state(&mut self) -> serde_json::Value {
        StateDocument::read(&self.instance.save().unwrap()).unwrap().betwixt.into()
    }

    /// Where the point is then, to a tenth.
    fn x(&mut self) -> f64 {
        (self.instance.plain(Param::X).unwrap() * 10.0).round() / 10.0
    }

    /// Puts the point into the middle as a host does, and then elsewhere with the mouse: one step to undo.
    fn moves_the_point(&mut self) -> f64 {
        self.play(&plain(0.5, 0.5), 300);
        self.clicks(0.8);
        self.x()
    }

    /// Clicks on the map, which has the keyboard from then on. The place is right once the browser is open.
    fn clicks(&mut self, x: f64) {
        // Beside the browser, the map of a window of 1000×680 is 360×372 at (16, 100), its outermost points 10 inside.
        self.window.display().move_to(26 + (340.0 * x) as i32, 286).unwrap();
        self.window.display().press(true).unwrap();
        self.live(100);
        self.window.display().press(false).unwrap();
        self.live(300);
    }

    fn presses_on_the_pad(&mut self, keys: &[u8]) -> f64 {
        self.presses(keys);
        self.live(300);
        self.x()
    }
}

/// The names of the presets in a folder and those inside it.
fn names(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(names(&path));
        } else if let Ok(text) = std::fs::read_to_string(&path)
            && let Ok(json) = serde_json::from_str::<serde_json::Value>(&text)
            && let Some(name) = json["name"].as_str()
        {
            found.insert(name.to_owned());
        }
    }
    found
}
