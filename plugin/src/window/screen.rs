//! How large the screen is: a window that a large scale makes larger than that could not be used.

/// Share of the screen that a window may take: there are panels, and the host's own frame.
const SHARE: f32 = 0.95;

/// Room for a window in pixels: that of the largest monitor. `None` where the system is not asked, or does not say.
pub(super) fn room() -> Option<[f32; 2]> {
    largest().map(|sides| sides.map(|side| SHARE * f32::from(side)))
}

#[cfg(target_os = "linux")]
fn largest() -> Option<[u16; 2]> {
    use x11rb::connection::Connection as _;
    use x11rb::protocol::randr::ConnectionExt as _;
    let (server, screen) = x11rb::connect(None).ok()?;
    let screen = &server.setup().roots[screen];
    let monitors = server.randr_get_monitors(screen.root, true).ok().and_then(|asked| asked.reply().ok());
    let monitors = monitors.into_iter().flat_map(|reply| reply.monitors).map(|monitor| [monitor.width, monitor.height]);
    let largest = monitors.max_by_key(|[width, height]| u32::from(*width) * u32::from(*height));
    Some(largest.unwrap_or([screen.width_in_pixels, screen.height_in_pixels]))
}

#[cfg(not(target_os = "linux"))]
fn largest() -> Option<[u16; 2]> {
    None
}
