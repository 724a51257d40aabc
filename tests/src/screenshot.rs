//! The plugin's window as a PNG: a real window in the host, a preset loaded, voices sounding.

use crate::clap_host::{Bundle, HostFailure, Instance, PluginWindow, StateDocument};
use crate::display::Server;
use crate::sandbox::Sandbox;
use crate::timeline::Timeline;
use betwixt_engine::params::Param;
use std::path::PathBuf;
use std::time::Duration;

/// What is wanted.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The `.clap` file.
    pub plugin: PathBuf,
    /// Width and height in pixels; `None` is the plugin's own size.
    pub size: Option<(u32, u32)>,
    /// Where the PNG goes.
    pub png: PathBuf,
    /// The preset's file; `None` leaves what a fresh instance plays.
    pub preset: Option<PathBuf>,
    /// Keys that are held, pressed one after the other while the point goes round.
    pub keys: Vec<u8>,
    /// Where the point ends, 0…1.
    pub xy: (f64, f64),
}

const SAMPLE_RATE_HZ: f64 = 48_000.0;
const BLOCK: usize = 480;
/// From one key to the next.
const STEP: Duration = Duration::from_millis(600);

/// Takes the picture, on an X server of its own. Returns its size in pixels.
///
/// # Errors
/// When there is no plugin or no Xvfb, or the window stays empty or takes another size.
pub fn take(wish: &Wish) -> Result<(u32, u32), HostFailure> {
    let (width, height) = wish.size.unwrap_or((0, 0));
    let server = Server::start(width.max(2560), height.max(1600))?;
    Sandbox::enter().choose_display(server.name());
    let bundle = Bundle::load(&wish.plugin)?;
    let mut instance = Instance::new(&bundle)?;
    instance.set_offline(true)?;
    instance.activate(SAMPLE_RATE_HZ, BLOCK as u32)?;
    let params = instance.params().to_vec();
    if let Some(path) = &wish.preset {
        let bad = |e: String| HostFailure::plugin("preset", format!("{}: {e}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|e| bad(e.to_string()))?;
        let state = StateDocument::read(&instance.save()?).map_err(bad)?;
        instance.load(&state.write_field(&text))?;
    }
    // Offline, so that the pack is there when the window opens.
    instance.processor().play(&Timeline::new(), &params, BLOCK, || BLOCK)?;

    let mut window = PluginWindow::open(&mut instance, 1.0)?;
    let size = match wish.size {
        Some((width, height)) => {
            let got = window.resize(&mut instance, width, height)?;
            if got != (width, height) {
                return Err(HostFailure::plugin(
                    "gui.adjust_size",
                    format!("{width}×{height} was asked for, the plugin takes {}×{}", got.0, got.1),
                ));
            }
            got
        }
        None => window.size(&mut instance)?,
    };
    let rest = Timeline::new();
    // A block every 10 ms: the picture shows the instrument as it sounds.
    let mut run = |window: &mut PluginWindow, time: Duration, first: &Timeline| {
        let mut first = Some(first);
        let mut fault = None;
        window.run(&mut instance, time, |instance| {
            let events = first.take().unwrap_or(&rest);
            if let Err(e) = instance.processor().play(events, &params, BLOCK, || BLOCK) {
                fault = Some(e);
            }
        })?;
        fault.map_or(Ok(()), Err)
    };
    // The pointer rests in the middle of the screen, where it would bring up a tooltip.
    window.display().move_to(0, 0)?;
    let at = |x: f64, y: f64| Timeline::new().set(0, Param::X, x).set(0, Param::Y, y);
    for (i, key) in wish.keys.iter().enumerate() {
        let (sin, cos) = (std::f64::consts::TAU * (0.4 + i as f64 / wish.keys.len() as f64)).sin_cos();
        run(&mut window, STEP, &at(0.5 + 0.3 * cos, 0.5 + 0.3 * sin).hold(1, *key))?;
    }
    run(&mut window, STEP, &at(wish.xy.0, wish.xy.1))?;
    let mut picture = window.picture()?;
    for _ in 0..50 {
        run(&mut window, Duration::from_millis(100), &rest)?;
        picture = window.picture()?;
        if picture.colours() >= 8 {
            break;
        }
    }
    let colours = picture.colours();
    window.close(&mut instance)?;
    if colours < 8 {
        return Err(HostFailure::plugin("window", format!("it shows only {colours} colours: nothing was drawn")));
    }
    picture.write_png(&wish.png)?;
    Ok(size)
}
