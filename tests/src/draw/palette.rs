//! The editor's dark colours.

use super::Colour;

/// Behind all.
pub const GROUND: Colour = Colour::hex(0x111214);
/// Where something is drawn on.
pub const WELL: Colour = Colour::hex(0x17181b);
/// A faint line.
pub const LINE: Colour = Colour::hex(0x2b2d32);
/// A line that is seen.
pub const EDGE: Colour = Colour::hex(0x7a7f88);
/// Titles.
pub const TEXT1: Colour = Colour::hex(0xedebe5);
/// Values.
pub const TEXT2: Colour = Colour::hex(0xb4b2ab);
/// Labels.
pub const TEXT3: Colour = Colour::hex(0x8f8e89);
/// What is wrong.
pub const DANGER: Colour = Colour::hex(0xff7a7a);
