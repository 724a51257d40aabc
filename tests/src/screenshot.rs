//! The plugin's window as a PNG: a real window in the host, a pack loaded, voices sounding.

use crate::clap_host::{Bundle, HostFailure, Instance, PluginWindow};
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
    /// Keys that are held.
    pub keys: Vec<u8>,
    /// Where the point is, 0…1.
    pub xy: (f64, f64),
}

const SAMPLE_RATE_HZ: f64 = 48_000.0;
const BLOCK: usize = 480;

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
    let mut start = Timeline::new().set(0, Param::X, wish.xy.0).set(0, Param::Y, wish.xy.1);
    for key in &wish.keys {
        start = start.hold(1, *key);
    }
    // Offline, so that the pack is there when the window opens.
    instance.processor().play(&start, &params, BLOCK, || BLOCK)?;

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
    let mut run = |window: &mut PluginWindow, time: Duration| {
        let mut fault = None;
        window.run(&mut instance, time, |instance| {
            if let Err(e) = instance.processor().play(&rest, &params, BLOCK, || BLOCK) {
                fault = Some(e);
            }
        })?;
        fault.map_or(Ok(()), Err)
    };
    run(&mut window, Duration::from_millis(2500))?;
    // The pointer rests in the middle of the screen, where it would bring up a tooltip.
    window.display().move_to(0, 0)?;
    let mut picture = window.picture()?;
    for _ in 0..50 {
        run(&mut window, Duration::from_millis(100))?;
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
