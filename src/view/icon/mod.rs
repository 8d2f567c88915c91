//! The icon's state and number as pixels, in any size; and tiny bars for menu rows.
//!
//! State is told by colour and by shape, so that it is seen without colour too: a plain pill is well, a short line
//! under the figure is a warning, square corners and a full line are critical, dots are stale, and an error is
//! drawn inverted. The digits are a subset of Roboto Condensed Bold (Apache-2.0, `icons/LICENSE-roboto.txt`).

mod bar;
mod face;
mod lettering;
mod pill;

pub use bar::{BAR_SIDE, bar_pixels, bar_png};
pub use face::face;

use crate::view::Icon;
use crate::view::icon::pill::Style;

/// The icon as `size` x `size` straight (not premultiplied) RGBA, row by row.
#[must_use]
pub fn pixels(icon: &Icon, size: u32) -> Vec<u8> {
    pill::draw(icon, size, Style::Coloured)
}

/// The icon in black with what is written on it cut out, for macOS's menu bar, which colours it itself.
#[must_use]
pub fn template_pixels(icon: &Icon, size: u32) -> Vec<u8> {
    pill::draw(icon, size, Style::Template)
}

#[cfg(test)]
mod tests;
