//! The window in a host: it opens and closes while notes sound, shows what happens, and what the
//! mouse does on the pad reaches the host as gestures, so that it can be recorded.

use betwixt_engine::params::Param;
use betwixt_tests::analysis::level;
use betwixt_tests::clap_host::{Instance, Output, OutputKind, PluginWindow, StateDocument};
use betwixt_tests::display::Server;
use betwixt_tests::rig::{Rig, plain};
use betwixt_tests::take::Take;
use betwixt_tests::timeline::Timeline;
use std::time::Duration;

const KEY_CTRL: u8 = 37;
const KEY_MINUS: u8 = 20;
const KEY_EQUALS: u8 = 21;
const KEY_SHIFT: u8 = 50;
const KEY_Z: u8 = 52;

/// Lets the window live for a while, a block of audio every 10 ms.
fn live(window: &mut PluginWindow, instance: &mut Instance, milliseconds: u64, first: &Timeline) -> Take {
    let params = instance.params().to_vec();
    let rest = Timeline::new();
    let mut take = Take::new(48_000.0, 0);
    let mut timeline = Some(first);
    window
        .run(instance, Duration::from_millis(milliseconds), |instance| {
            let events = timeline.take().unwrap_or(&rest);
            take.append(instance.processor().play(events, &params, 480, || 480).expect("it plays"));
        })
        .expect("the window lives");
    take
}

/// One test, so that windows do not take the pointer from one another.
#[test]
fn the_window_lives_with_the_sound() {
    let rig = Rig::new();
    let server = Server::start(1600, 1200).unwrap_or_else(|e| panic!("{e}"));
    rig.sandbox().choose_display(server.name());
    let mut instance = rig.live();

    opens_and_closes_while_notes_sound(&mut instance);
    shows_automation_and_takes_sizes(&mut instance);
    a_window_too_small_for_its_scale_is_drawn_at_a_lower_one(&mut instance);
    for how in ["auto", "texture", "whole"] {
        rig.sandbox().choose_painting(how);
        what_is_painted_in_parts_is_what_is_painted_whole(&mut instance, how);
    }
    rig.sandbox().choose_painting("auto");
    a_drag_on_the_pad_is_a_gesture(&mut instance);
    a_recalled_star_is_a_gesture_too(&mut instance);
    two_windows_live_side_by_side(rig, &mut instance);
    a_scale_reaches_a_window_that_opens_later(rig, &mut instance);
    opening_and_closing_leaks_nothing(&mut instance);

    // Mesa's software renderer gets GLX where there is one: with drivers of graphics cards it is EGL.
    let without_glx = Server::start_with(1600, 1200, &["-extension", "GLX"]).unwrap_or_else(|e| panic!("{e}"));
    rig.sandbox().choose_display(without_glx.name());
    opens_and_closes_while_notes_sound(&mut instance);
    shows_automation_and_takes_sizes(&mut instance);
    what_is_painted_in_parts_is_what_is_painted_whole(&mut instance, "EGL");
    two_windows_live_side_by_side(rig, &mut instance);
}

/// Pages of this process that are in memory, in MiB.
fn resident_mib() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<f64>().unwrap() * 4096.0 / f64::from(1 << 20)
}

fn two_windows_live_side_by_side(rig: &Rig, instance: &mut Instance) {
    let mut other = rig.live();
    let mut first = PluginWindow::open(instance, 1.0).expect("a window");
    let mut second = PluginWindow::open(&mut other, 1.0).expect("a second window");
    let notes = plain(0.2, 0.8).hold(0, 60);
    for round in 0..4 {
        let silence = Timeline::new();
        let events = if round == 0 { &notes } else { &silence };
        let take = live(&mut first, instance, 300, events);
        live(&mut second, &mut other, 300, events);
        assert!(level::rms(&take.left[take.frames() - 480..]) > 0.01, "round {round}: the first sounds on");
    }
    assert!(first.picture().unwrap().colours() > 8 || second.picture().unwrap().colours() > 8);
    second.close(&mut other).unwrap();
    live(&mut first, instance, 300, &Timeline::new());
    first.close(instance).unwrap();
    instance.processor().reset();
}

/// Chosen in one window, it holds in the next, of an instance that was there before.
fn a_scale_reaches_a_window_that_opens_later(rig: &Rig, instance: &mut Instance) {
    let mut other = rig.live();
    let window = PluginWindow::open(&mut other, 1.0).expect("a window");
    let (width, height) = window.size(&mut other).unwrap();
    window.close(&mut other).unwrap();
    let scale = |instance: &mut Instance, key: u8| {
        let mut window = PluginWindow::open(instance, 1.0).expect("a window");
        window.display().move_to(200, 200).unwrap();
        for down in [true, false] {
            window.display().press(down).unwrap();
            live(&mut window, instance, 100, &Timeline::new());
        }
        for (key, down) in [(KEY_CTRL, true), (key, true), (key, false), (KEY_CTRL, false)] {
            window.display().key(key, down).unwrap();
        }
        live(&mut window, instance, 300, &Timeline::new());
        window.close(instance).unwrap();
    };
    scale(instance, KEY_EQUALS);
    let mut window = PluginWindow::open(&mut other, 1.0).expect("a window");
    live(&mut window, &mut other, 500, &Timeline::new());
    assert_eq!(window.size(&mut other).unwrap(), (width * 5 / 4, height * 5 / 4));
    assert_eq!(window.resize(&mut other, 1000, 680).unwrap(), (1000, 680));
    live(&mut window, &mut other, 500, &Timeline::new());
    window.close(&mut other).unwrap();
    let mut window = PluginWindow::open(&mut other, 1.0).expect("a window");
    assert_eq!(window.size(&mut other).unwrap(), (1000, 680), "the size is kept at other scales too");
    live(&mut window, &mut other, 300, &Timeline::new());
    assert!(window.picture().unwrap().colours() > 8, "its first picture takes no longer than at 100 %");
    window.close(&mut other).unwrap();
    scale(instance, KEY_MINUS);
}

/// 200 windows, each resized while a note sounds.
fn opening_and_closing_leaks_nothing(instance: &mut Instance) {
    const SIZES: [(u32, u32); 3] = [(640, 420), (1000, 680), (820, 560)];
    let mut notes = plain(0.5, 0.5).hold(0, 60);
    let mut half_way = 0.0;
    for round in 0..200 {
        let mut window = PluginWindow::open(instance, 1.0).expect("a window");
        let (width, height) = SIZES[round % 3];
        window.resize(instance, width, height).unwrap();
        let take = live(&mut window, instance, 60, &notes);
        assert!(level::rms(&take.left[take.frames() - 480..]) > 0.01, "round {round}: the note sounds on");
        window.close(instance).unwrap();
        notes = Timeline::new();
        if round == 99 {
            half_way = resident_mib();
        }
    }
    // The renderer's arenas fill up over the first windows; from then on nothing may grow.
    let grown = resident_mib() - half_way;
    assert!(grown < 40.0, "100 windows have left {grown:.0} MiB");
    instance.processor().reset();
}

fn opens_and_closes_while_notes_sound(instance: &mut Instance) {
    let mut notes = plain(0.5, 0.5).hold(0, 60);
    for round in 0..5 {
        let mut window = PluginWindow::open(instance, 1.0).expect("a window");
        let take = live(&mut window, instance, 700, &notes);
        assert!(level::rms(&take.left[take.frames() - 480..]) > 0.01, "round {round}: the note sounds on");
        assert!(window.picture().unwrap().colours() > 8, "round {round}: an empty window");
        window.close(instance).unwrap();
        notes = Timeline::new();
    }
    instance.processor().reset();
}

fn shows_automation_and_takes_sizes(instance: &mut Instance) {
    let mut window = PluginWindow::open(instance, 1.0).expect("a window");
    assert_eq!(window.resize(instance, 1000, 680).unwrap(), (1000, 680));
    live(&mut window, instance, 800, &plain(0.1, 0.1));
    let before = window.picture().unwrap();
    live(&mut window, instance, 800, &plain(0.9, 0.9));
    let after = window.picture().unwrap();
    assert!(before.difference(&after) > 0.0005, "the point moved by the host is to be seen");
    assert_eq!((after.width, after.height), (1000, 680));
    window.close(instance).unwrap();
    let window = PluginWindow::open(instance, 1.0).expect("a window");
    assert_eq!(window.size(instance).unwrap(), (1000, 680), "the size is kept");
    window.close(instance).unwrap();
}

/// At 200 % in a window of the least size it looks as at 100 %, and the window stays when the scale is set back.
fn a_window_too_small_for_its_scale_is_drawn_at_a_lower_one(instance: &mut Instance) {
    let mut window = PluginWindow::open(instance, 1.0).expect("a window");
    window.resize(instance, 640, 420).unwrap();
    // The keys go where the last press was.
    window.display().move_to(200, 200).unwrap();
    for down in [true, false] {
        window.display().press(down).unwrap();
        live(&mut window, instance, 100, &Timeline::new());
    }
    let picture = |window: &mut PluginWindow, instance: &mut Instance| {
        window.display().move_to(1500, 1100).unwrap();
        // Until the point's trail has gone.
        live(window, instance, 2500, &plain(0.3, 0.3));
        window.picture().unwrap()
    };
    let before = picture(&mut window, instance);
    let step = |window: &mut PluginWindow, instance: &mut Instance, key: u8, times: usize| {
        for _ in 0..times {
            for (key, down) in [(KEY_CTRL, true), (key, true), (key, false), (KEY_CTRL, false)] {
                window.display().key(key, down).unwrap();
            }
            live(window, instance, 300, &Timeline::new());
        }
    };
    step(&mut window, instance, KEY_EQUALS, 4);
    assert_eq!(window.size(instance).unwrap(), (1280, 840), "it asks for the room that it needs");
    window.resize(instance, 640, 420).unwrap();
    let lowered = picture(&mut window, instance);
    assert!(before.difference(&lowered) < 0.002, "{}", before.difference(&lowered));
    // Down is below what is drawn: 75 %. Up from there is 100 %, and the window has room for it again.
    step(&mut window, instance, KEY_MINUS, 1);
    assert_eq!(window.size(instance).unwrap(), (640, 420));
    step(&mut window, instance, KEY_EQUALS, 1);
    window.resize(instance, 640, 420).unwrap();
    let after = picture(&mut window, instance);
    assert!(before.difference(&after) < 0.002, "{}", before.difference(&after));
    window.close(instance).unwrap();
}

/// Nothing of what was there before may stay behind where only what has changed is painted.
fn what_is_painted_in_parts_is_what_is_painted_whole(instance: &mut Instance, how: &str) {
    let mut window = PluginWindow::open(instance, 1.0).expect("a window");
    window.resize(instance, 900, 640).unwrap();
    live(&mut window, instance, 800, &plain(0.3, 0.3).hold(0, 60).hold(0, 67));
    // Over the map while notes sound, over the rest of the window, and away.
    for (x, y, down) in [(200, 200, true), (300, 350, true), (420, 250, false), (700, 300, false), (300, 560, false)] {
        window.display().move_to(x, y).unwrap();
        window.display().press(down).unwrap();
        live(&mut window, instance, 250, &Timeline::new());
    }
    window.display().move_to(1500, 1100).unwrap();
    instance.processor().reset();
    // Tips, trails and peaks go.
    live(&mut window, instance, 6000, &plain(0.4, 0.8));
    let parts = window.picture().unwrap();
    // All of it is painted after a change of size.
    window.resize(instance, 1000, 640).unwrap();
    live(&mut window, instance, 500, &Timeline::new());
    window.resize(instance, 900, 640).unwrap();
    live(&mut window, instance, 1500, &Timeline::new());
    let whole = window.picture().unwrap();
    window.close(instance).unwrap();
    if parts.difference(&whole) > 0.0 {
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
        parts.write_png(&folder.join("painted-in-parts.png")).unwrap();
        whole.write_png(&folder.join("painted-whole.png")).unwrap();
        panic!("{how}: {} of the pixels differ, see {}", parts.difference(&whole), folder.display());
    }
}

fn a_drag_on_the_pad_is_a_gesture(instance: &mut Instance) {
    let mut window = PluginWindow::open(instance, 1.0).expect("a window");
    window.resize(instance, 1000, 680).unwrap();
    live(&mut window, instance, 800, &plain(0.5, 0.5));
    // The map of a window of 1000×680 is 608×372 at (16, 100), its outermost points 10 inside.
    let place = |x: f64, y: f64| (26 + (588.0 * x) as i32, 110 + (352.0 * (1.0 - y)) as i32);
    let mut output: Vec<Output> = Vec::new();
    let rest = Timeline::new();
    let (x, y) = place(0.3, 0.4);
    window.display().move_to(x, y).unwrap();
    output.extend(live(&mut window, instance, 100, &rest).output);
    window.display().press(true).unwrap();
    for step in 0..=10 {
        let t = f64::from(step) / 10.0;
        let (x, y) = place(0.3 + 0.5 * t, 0.4 + 0.3 * t);
        window.display().move_to(x, y).unwrap();
        output.extend(live(&mut window, instance, 60, &rest).output);
    }
    window.display().press(false).unwrap();
    output.extend(live(&mut window, instance, 400, &rest).output);
    // Ctrl+Z takes it back, Ctrl+Shift+Z does it again: with Shift the key writes another letter.
    let with = |window: &mut PluginWindow, instance: &mut Instance, held: &[u8]| {
        held.iter().chain([&KEY_Z]).for_each(|key| window.display().key(*key, true).unwrap());
        live(window, instance, 100, &rest);
        held.iter().chain([&KEY_Z]).for_each(|key| window.display().key(*key, false).unwrap());
        live(window, instance, 300, &rest);
        instance.plain(Param::X).unwrap()
    };
    assert!((with(&mut window, instance, &[KEY_CTRL]) - 0.5).abs() < 0.01);
    assert!((with(&mut window, instance, &[KEY_CTRL, KEY_SHIFT]) - 0.8).abs() < 0.03);
    window.close(instance).unwrap();

    one_gesture(instance, &output, [(Param::X, 0.3, 0.8), (Param::Y, 0.4, 0.7)]);
}

/// The way to a star, so that the host can record it.
fn a_recalled_star_is_a_gesture_too(instance: &mut Instance) {
    let mut state = StateDocument::read(&instance.save().unwrap()).unwrap();
    state.betwixt.insert("stars".into(), serde_json::json!([{ "x": 0.9, "y": 0.1 }]));
    state.betwixt.insert("star_glide".into(), 0.8.into());
    instance.load(&state.write()).unwrap();
    let mut window = PluginWindow::open(instance, 1.0).expect("a window");
    live(&mut window, instance, 800, &plain(0.2, 0.6));
    let recall = Timeline::new().midi(0, [0xC0, 0, 0]);
    let output = live(&mut window, instance, 2000, &recall).output;
    window.close(instance).unwrap();
    one_gesture(instance, &output, [(Param::X, 0.2, 0.9), (Param::Y, 0.6, 0.1)]);
}

fn one_gesture(instance: &mut Instance, output: &[Output], moved: [(Param, f64, f64); 2]) {
    for (param, from, to) in moved {
        let row = instance.row(param).clone();
        let of: Vec<&OutputKind> = output
            .iter()
            .map(|o| &o.kind)
            .filter(|k| match k {
                OutputKind::GestureBegin(id) | OutputKind::GestureEnd(id) | OutputKind::Param(id, _) => {
                    *id == row.id.get()
                }
                _ => false,
            })
            .collect();
        assert!(matches!(of.first(), Some(OutputKind::GestureBegin(_))), "{}: {of:?}", param.id());
        assert!(matches!(of.last(), Some(OutputKind::GestureEnd(_))), "{}: {of:?}", param.id());
        let begins = of.iter().filter(|k| matches!(k, OutputKind::GestureBegin(_))).count();
        assert_eq!(begins, 1, "one drag is one gesture");
        let values: Vec<f64> = of
            .iter()
            .filter_map(|k| match k {
                OutputKind::Param(_, v) => Some(row.to_plain(*v)),
                _ => None,
            })
            .collect();
        assert!(values.len() >= 5, "{}: {values:?}", param.id());
        assert!((values[0] - from).abs() < 0.1, "{} begins at {}: {of:?}", param.id(), values[0]);
        assert!((values[values.len() - 1] - to).abs() < 0.03, "{} ends at {values:?}", param.id());
        let heard = instance.plain(param).unwrap();
        assert!((heard - to).abs() < 0.03, "{} is {heard}", param.id());

        // A host that has recorded these values plays them back as automation: the point goes the same way again.
        instance.processor().reset();
        let params = instance.params().to_vec();
        for value in [&values[0], &values[values.len() / 2], &values[values.len() - 1]] {
            let recorded = Timeline::new().set(0, param, *value);
            instance.processor().play(&recorded, &params, 480, || 480).expect("it plays");
            assert!((instance.plain(param).unwrap() - value).abs() < 1e-4);
        }
    }
}
