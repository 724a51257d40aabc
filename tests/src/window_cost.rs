//! What the plugin's window costs: frames a second, and the share of a core that its threads take, at rest, while a
//! chord sounds, and while the point is dragged.

use crate::clap_host::{Bundle, HostFailure, Instance, PluginWindow};
use crate::display::Server;
use crate::sandbox::Sandbox;
use crate::timeline::Timeline;
use betwixt_engine::params::Param;
use std::fmt::Write as _;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What is wanted.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The `.clap` file.
    pub plugin: PathBuf,
    /// Width and height of the window in pixels.
    pub size: (u32, u32),
    /// Length of each state in seconds.
    pub seconds: f64,
}

const SAMPLE_RATE_HZ: f64 = 48_000.0;
const BLOCK: usize = 480;
/// Until a window is at rest after something moved.
const REST: Duration = Duration::from_secs(6);
/// The bars: share of a core at rest and while dragging, and frames a second while dragging.
const IDLE: f64 = 0.02;
const DRAGGING: f64 = 0.40;
const FRAMES: f64 = 57.0;

/// One state of the window.
struct State {
    name: &'static str,
    chord: bool,
    drag: bool,
}

const STATES: [State; 4] = [
    State { name: "nothing changes", chord: false, drag: false },
    State { name: "a chord sounds", chord: true, drag: false },
    State { name: "the point is dragged", chord: false, drag: true },
    State { name: "the point is dragged while a chord sounds", chord: true, drag: true },
];

/// Measures on an X server of its own and returns a table with verdicts.
///
/// # Errors
/// When there is no plugin or no Xvfb.
pub fn measure(wish: &Wish) -> Result<String, HostFailure> {
    let server = Server::start(wish.size.0.max(1280), wish.size.1.max(1024))?;
    let sandbox = Sandbox::enter();
    sandbox.choose_display(server.name());
    let log = sandbox.file("window.log");
    let _caught = Caught::begin(&log)?;
    sandbox.choose_log("warn,betwixt_plugin=debug,baseview=error");
    let bundle = Bundle::load(&wish.plugin)?;
    let mut instance = Instance::new(&bundle)?;
    instance.activate(SAMPLE_RATE_HZ, BLOCK as u32)?;
    crate::rig::wait_until_it_sounds(&mut instance);
    let mut window = PluginWindow::open(&mut instance, 1.0)?;
    window.resize(&mut instance, wish.size.0, wish.size.1)?;

    let mut out = format!(
        "Window of {}×{}, software rendering, factory pack; each state {} s. The share of a core is that of all threads \
         of the process but the host's own (which plays the audio) and the loader's.\n\n\
         | | frames a second | share of a core | bar |\n|---|---:|---:|---|\n",
        wish.size.0, wish.size.1, wish.seconds
    );
    for state in &STATES {
        let (frames, share) = run(&mut window, &mut instance, state, wish, &log)?;
        let bar = match (state.chord, state.drag) {
            (false, false) => verdict(share <= IDLE, "≤ 2 %"),
            (_, true) => verdict(share <= DRAGGING && frames >= FRAMES, "60 a second (57 count as 60), ≤ 40 %"),
            (true, false) => String::new(),
        };
        let _ = writeln!(out, "| {} | {frames:.1} | {:.1} % | {bar} |", state.name, share * 100.0);
    }
    window.close(&mut instance)?;
    Ok(out)
}

fn verdict(holds: bool, bar: &str) -> String {
    format!("{bar}: {}", if holds { "holds" } else { "MISSED" })
}

/// Plays one state; returns frames a second and the share of a core.
fn run(
    window: &mut PluginWindow,
    instance: &mut Instance,
    state: &State,
    wish: &Wish,
    log: &Path,
) -> Result<(f64, f64), HostFailure> {
    let params = instance.params().to_vec();
    let mut start = Timeline::new().set(0, Param::X, 0.5).set(0, Param::Y, 0.5);
    if state.chord {
        for key in [48, 55, 60, 64] {
            start = start.hold(1, key);
        }
    } else {
        instance.processor().reset();
    }
    let rest = Timeline::new();
    let mut first = Some(start);
    let mut play = |window: &mut PluginWindow, instance: &mut Instance, time: Duration| {
        window.run(instance, time, |instance| {
            let timeline = first.take();
            // A block that fails is a silent one: the window is what is measured.
            let _ = instance.processor().play(timeline.as_ref().unwrap_or(&rest), &params, BLOCK, || BLOCK);
        })
    };
    let (width, height) = (f64::from(wish.size.0), f64::from(wish.size.1));
    // The middle of the map, in every window of the common size and up.
    let place = |turns: f64| {
        let (sin, cos) = (turns * std::f64::consts::TAU).sin_cos();
        ((width * (0.30 + 0.13 * cos)) as i32, (height * (0.40 + 0.14 * sin)) as i32)
    };
    if state.drag {
        let (x, y) = place(0.0);
        window.display().move_to(x, y)?;
        window.display().press(true)?;
    } else {
        window.display().move_to(1, 1)?;
    }
    play(window, instance, if state.chord || state.drag { Duration::from_millis(1500) } else { REST })?;

    let lines_before = lines(log).len();
    let (before, begun) = (window_cpu_seconds(), Instant::now());
    while begun.elapsed().as_secs_f64() < wish.seconds {
        if state.drag {
            let (x, y) = place(begun.elapsed().as_secs_f64() * 0.4);
            window.display().move_at_once(x, y)?;
        }
        play(window, instance, Duration::from_millis(if state.drag { 5 } else { 100 }))?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let share = (window_cpu_seconds() - before) / seconds;
    if state.drag {
        window.display().press(false)?;
    }
    let told: Vec<(f64, f64)> = lines(log).iter().skip(lines_before).filter_map(|line| frames_of(line)).collect();
    let (frames, over) = told.iter().fold((0.0, 0.0), |(f, s), told| (f + told.0, s + told.1));
    // The last part of a second is told with the next frame, which comes at once only while something moves.
    let drawn = frames / if state.drag { over.max(1e-3) } else { seconds };
    Ok((drawn, share))
}

/// The standard error stream, led into a file until this is dropped: the plugin's log goes there as it is written, to a
/// file of its own only at the end.
struct Caught(OwnedFd);

impl Caught {
    fn begin(file: &Path) -> Result<Caught, HostFailure> {
        let fail = |e: std::io::Error| HostFailure::Display(format!("{}: {e}", file.display()));
        let own = rustix::io::dup(std::io::stderr()).map_err(|e| fail(e.into()))?;
        let file = std::fs::File::create(file).map_err(fail)?;
        rustix::stdio::dup2_stderr(&file).map_err(|e| fail(e.into()))?;
        Ok(Caught(own))
    }
}

impl Drop for Caught {
    fn drop(&mut self) {
        // What can't be given back is gone with the process, which ends soon.
        let _ = rustix::stdio::dup2_stderr(&self.0);
    }
}

fn lines(log: &Path) -> Vec<String> {
    std::fs::read_to_string(log).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// Frames and seconds of a line of the log such as *window: 60 frames in 1.002 s*.
fn frames_of(line: &str) -> Option<(f64, f64)> {
    let rest = line.rsplit("window: ").next()?;
    let (frames, seconds) = rest.strip_suffix(" s")?.split_once(" frames in ")?;
    Some((frames.parse().ok()?, seconds.parse().ok()?))
}

/// Processor time that all threads have taken but the first and the loader's.
fn window_cpu_seconds() -> f64 {
    let ticks_per_second = rustix::param::clock_ticks_per_second() as f64;
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let own = std::process::id().to_string();
    let ticks: u64 = tasks
        .filter(|task| task.file_name().to_string_lossy() != own)
        .filter_map(|task| std::fs::read_to_string(task.path().join("stat")).ok())
        .filter_map(|stat| {
            let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
            let fields: Vec<&str> = rest.split_whitespace().collect();
            // Fields 14 and 15 of stat(5); the third is the first behind the name.
            let time = |i: usize| fields.get(i)?.parse::<u64>().ok();
            (!name.starts_with("betwixt-load")).then(|| Some(time(11)? + time(12)?))?
        })
        .sum();
    ticks as f64 / ticks_per_second
}

#[cfg(test)]
mod tests {
    use super::frames_of;

    #[test]
    fn the_log_tells_frames() {
        assert_eq!(frames_of("12:00 DEBUG betwixt_plugin::window: window: 59 frames in 1.004 s"), Some((59.0, 1.004)));
        assert_eq!(frames_of("something else"), None);
    }
}
