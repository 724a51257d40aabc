//! Instances and windows that come and go while automation plays: what once ended the host.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use betwixt_engine::params::Param;
use betwixt_tests::display::{Display, Server};
use betwixt_tests::sandbox::Sandbox;
use betwixt_tests::vst3_host::{Instance, Mode, Player, Score, Window};

use crate::{play, stage};

/// The host ids of X and Y.
fn axes(instance: &Instance) -> [u32; 2] {
    [Param::X, Param::Y].map(|param| instance.id(param.spec().name))
}

/// Some blocks in which X and Y are automated all the time.
fn automate([x, y]: [u32; 2], player: &mut Player, round: usize) {
    let mut score = Score::new().on(0, round as i32, 60, 0.5).off(900, round as i32, 60);
    for frame in (0..1024).step_by(8) {
        let value = ((frame + 13 * round) % 97) as f64 / 97.0;
        score = score.set(frame as u64, (x, value)).set(frame as u64, (y, 1.0 - value));
    }
    player.render(&score, 1024, 128);
}

/// D1: the worker that all instances share ended at the first task of an instance that was gone.
#[test]
fn instances_are_made_automated_and_removed_sixty_times() {
    for round in 0..60 {
        let (instance, mut player) = play(if round % 2 == 0 { Mode::Realtime } else { Mode::Offline });
        // Off the main thread, as hosts do: there the framework posts tasks for it.
        let axes = axes(&instance);
        std::thread::scope(|scope| {
            scope.spawn(|| automate(axes, &mut player, round));
        });
        drop(player);
        drop(instance);
    }
    // Its code still works.
    let (instance, mut player) = play(Mode::Offline);
    automate(axes(&instance), &mut player, 0);
}

/// S11: with no editor open, automation must wake no other thread.
#[test]
fn automation_without_an_editor_wakes_nobody() {
    let (instance, mut player) = play(Mode::Offline);
    automate(axes(&instance), &mut player, 0);
    let before = worker_wakes();
    let axes = axes(&instance);
    std::thread::scope(|scope| {
        scope.spawn(|| (0..20).for_each(|round| automate(axes, &mut player, round)));
    });
    // Other tests of this process may use the worker too, but not once for each of 5000 changes.
    let woken = worker_wakes() - before;
    assert!(woken < 200, "the framework's worker was woken {woken} times");
}

/// D2: the editor was opened while the worker told it of automation.
#[test]
fn the_editor_opens_and_closes_while_automation_plays() {
    stage();
    let server = Server::start(1400, 1000).expect("an X server");
    Sandbox::enter().choose_display(server.name());
    let display = Display::connect().expect("a display");

    let (instance, mut player) = play(Mode::Realtime);
    let axes = axes(&instance);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (player, done) = (&mut player, &done);
        let audio = scope.spawn(move || {
            let mut rounds = 0;
            while !done.load(Ordering::Relaxed) {
                automate(axes, player, rounds);
                rounds += 1;
            }
            rounds
        });
        for _ in 0..5 {
            let parent = display.open_window(1000, 700).expect("a window");
            let window = Window::open(&instance, parent).expect("the editor");
            window.run(Duration::from_millis(300));
            let (width, height) = window.size().expect("a size");
            assert!(width > 100 && height > 100, "{width}×{height}");
            drop(window);
            display.close_window(parent).expect("the window closes");
        }
        done.store(true, Ordering::Relaxed);
        assert!(audio.join().expect("audio went on") > 5);
    });
    drop(player);
    drop(instance);
    // And the worker of the next instance is alive: it comes, plays and goes.
    let (instance, mut player) = play(Mode::Offline);
    automate(self::axes(&instance), &mut player, 1);
}

/// How often the framework's worker threads of this process have run.
fn worker_wakes() -> u64 {
    let mut wakes = 0;
    for thread in fs::read_dir("/proc/self/task").expect("a list of threads").flatten() {
        let status = fs::read_to_string(thread.path().join("status")).unwrap_or_default();
        if status.lines().next().is_some_and(|name| name.ends_with("bg-worker")) {
            let count = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
            wakes += count.and_then(|count| count.trim().parse::<u64>().ok()).unwrap_or(0);
        }
    }
    wakes
}
