//! Pictures of the views, compared with those in `snapshots/`.
//!
//! A picture that differs is written beside the old one as `*.new.png`, with the difference as `*.diff.png`. After a look,
//! `UPDATE_SNAPSHOTS=1 cargo test --release -p betwixt-editor --test snapshots` keeps the new ones. Letters that the font
//! lacks make the harness panic.

mod support;

use betwixt_editor::model::{Loading, PackState, Theme, Toast, ToastKind};
use egui_kittest::{Harness, SnapshotOptions, image_snapshot_options};
use support::Shell;
use support::painter::Painter;

fn picture(name: &str, size: [f32; 2], scale: f32, prepare: impl FnOnce(&mut Shell)) {
    picture_after(name, size, scale, prepare, |_| {});
}

/// As [`picture`], after something was done in the window.
fn picture_after(
    name: &str,
    size: [f32; 2],
    scale: f32,
    prepare: impl FnOnce(&mut Shell),
    act: impl FnOnce(&mut Harness<'_, Shell>),
) {
    let mut shell = Shell::new();
    prepare(&mut shell);
    let mut harness = Harness::builder()
        .with_size(size)
        .with_pixels_per_point(scale)
        .with_max_steps(64)
        .with_step_dt(1.0 / 60.0)
        .with_context_setup(betwixt_editor::set_up)
        .renderer(Painter::default())
        .build_ui_state(Shell::frame, shell);
    harness.run_steps(4);
    act(&mut harness);
    let image = harness.render().expect("the painter works");
    assert_eq!([image.width(), image.height()], size.map(|s| (s * scale) as u32));
    let colours: std::collections::HashSet<_> = image.pixels().step_by(97).map(|p| p.0).collect();
    assert!(colours.len() > 60, "{name} has {} colours", colours.len());
    image_snapshot_options(&image, name, &SnapshotOptions::new());
}

fn themed(theme: Theme) -> impl FnOnce(&mut Shell) {
    move |shell| shell.model.settings.theme = theme
}

#[test]
fn the_common_window() {
    picture("1000-dark", [1000.0, 680.0], 1.0, |s| s.model.view.set_weights(true));
    picture("1000-light", [1000.0, 680.0], 1.0, themed(Theme::Light));
    picture("1000-contrast", [1000.0, 680.0], 1.0, themed(Theme::Contrast));
}

#[test]
fn small_and_between() {
    picture("640-dark", [640.0, 420.0], 1.0, |_| {});
    picture("640-light", [640.0, 420.0], 1.0, themed(Theme::Light));
    picture("820-dark", [820.0, 560.0], 1.0, |_| {});
}

#[test]
fn large() {
    picture("1600-dark", [1600.0, 1000.0], 1.0, |_| {});
    picture("1600-light", [1600.0, 1000.0], 1.0, themed(Theme::Light));
    picture("2560-dark", [2560.0, 1600.0], 1.0, |_| {});
}

#[test]
fn twice_the_pixels() {
    picture("1000-dark-2x", [1000.0, 680.0], 2.0, |_| {});
}

/// The windows that a review found cut at 300 and 200 %.
#[test]
fn too_small_for_the_scale() {
    let at = |size: [f32; 2], scale: f32| {
        move |h: &mut Harness<'_, Shell>| {
            h.set_pixels_per_point(scale);
            h.step();
            h.set_size(egui::Vec2::from(size) / scale);
            h.run_steps(4);
        }
    };
    let [wide, small] = [[960.0, 640.0], [900.0, 640.0]];
    picture_after("fit-3x", wide, 1.0, |s| s.model.view.open_browser(false), at(wide, 3.0));
    let settings = |s: &mut Shell| {
        s.model.settings.scale = 2.0;
        s.model.view.set_settings_open(true);
    };
    picture_after("fit-2x", small, 1.0, settings, at(small, 2.0));
}

#[test]
fn states() {
    picture("state-filter-off", [1000.0, 680.0], 1.0, |s| {
        if let Some(filter) = s.model.parameter_mut("filter") {
            filter.set(0.0, "Off".to_owned());
        }
    });
    picture("state-empty", [1000.0, 680.0], 1.0, |s| {
        s.model.pack = betwixt_editor::model::Pack::default();
        s.model.voices.clear();
    });
    picture("state-failed", [1000.0, 680.0], 1.0, |s| {
        s.model.pack.state = PackState::Failed {
            reason: "Pack “Tides” was moved from /home/someone/Music/Packs. Locate it, or play on with another."
                .to_owned(),
            missing: true,
        };
        s.model.voices.clear();
        // Where the words would stand.
        for id in ["x", "y"] {
            s.model.parameter_mut(id).unwrap().set(0.5, "50 %".to_owned());
        }
        s.model.heard = Some([0.5; 2]);
    });
    picture("state-loading", [1000.0, 680.0], 1.0, |s| {
        s.model.pack.state = PackState::Loading(Loading { done: 60, total: 81 });
        s.model.pack.resident = (0..81).map(|i| i < 60).collect();
        s.model.toasts.push(Toast { kind: ToastKind::Error, text: "“loud” is no value of Volume.".to_owned() });
    });
    picture("packs", [1000.0, 680.0], 1.0, |s| {
        for (name, detail) in [("Harbour at six", "180 MB"), ("Tides", "12 MB")] {
            s.model.packs.push(support::pack_file(name, detail));
        }
        s.model.view.open_browser(true);
    });
    picture("presets", [1000.0, 680.0], 1.0, |s| s.model.view.open_browser(false));
    picture("presets-small", [640.0, 420.0], 1.0, |s| s.model.view.open_browser(false));
    picture("settings", [1000.0, 680.0], 1.0, |s| s.model.view.set_settings_open(true));
    picture("settings-files", [1000.0, 1000.0], 1.0, |s| s.model.view.set_settings_open(true));
    picture("settings-small", [640.0, 420.0], 1.0, |s| s.model.view.set_settings_open(true));
}

#[test]
fn long_names_are_cut_with_an_ellipsis() {
    picture("long-names", [640.0, 420.0], 1.0, |s| {
        s.model.pack.name = "A very long name of a pack that somebody thought of at night".to_owned();
        for anchor in &mut s.model.pack.anchors {
            anchor.name = format!("{} with a very long name", anchor.name);
        }
    });
}

#[test]
fn under_the_hand() {
    use egui::{Event, Key, Modifiers, PointerButton, pos2, vec2};
    let press = |h: &mut Harness<'_, Shell>, pos, button| {
        h.event(Event::PointerMoved(pos));
        h.event(Event::PointerButton { pos, button, pressed: true, modifiers: Modifiers::NONE });
        h.run_steps(1);
    };
    picture_after(
        "hand-drag",
        [1000.0, 680.0],
        1.0,
        |_| {},
        |h| {
            let at = pos2(240.0, 400.0);
            press(h, at, PointerButton::Primary);
            for i in 0..50 {
                let t = i as f32 / 50.0;
                h.event(Event::PointerMoved(at + vec2(260.0 * t, -160.0 * (3.1 * t).sin() - 60.0 * t)));
                h.run_steps(1);
            }
        },
    );
    picture_after(
        "hand-keys",
        [1000.0, 680.0],
        1.0,
        |_| {},
        |h| {
            h.key_press(Key::Tab);
            h.run_steps(2);
            h.key_press(Key::ArrowRight);
            h.run_steps(3);
        },
    );
    picture_after(
        "hand-menu",
        [1000.0, 680.0],
        1.0,
        |_| {},
        |h| {
            let at = pos2(300.0, 300.0);
            press(h, at, PointerButton::Secondary);
            h.event(Event::PointerButton {
                pos: at,
                button: PointerButton::Secondary,
                pressed: false,
                modifiers: Modifiers::NONE,
            });
            h.run_steps(3);
            h.event(Event::PointerMoved(at + vec2(60.0, 45.0)));
            h.run_steps(12);
        },
    );
    picture_after(
        "hand-tooltip",
        [1000.0, 680.0],
        1.0,
        |s| {
            for (id, by) in [("cutoff", 0.15), ("fine", 0.2), ("x", -0.1)] {
                if let Some(p) = s.model.parameter_mut(id) {
                    p.modulated = p.value + by;
                    p.automated = true;
                }
            }
            s.model.heard = Some([0.6, 0.7]);
        },
        |h| {
            h.event(Event::PointerMoved(pos2(767.0, 470.0)));
            h.run_steps(60);
        },
    );
    picture_after(
        "hand-typing",
        [1000.0, 680.0],
        1.0,
        |s| {
            s.model.settings.theme = Theme::Light;
            s.model.status.peak = [1.09, 0.5];
            s.model.status.voices = 64;
            s.model.status.cpu = Some(0.37);
        },
        |h| {
            let at = pos2(857.0, 401.0);
            press(h, at, PointerButton::Primary);
            h.event(Event::PointerButton {
                pos: at,
                button: PointerButton::Primary,
                pressed: false,
                modifiers: Modifiers::NONE,
            });
            h.run_steps(4);
        },
    );
}
