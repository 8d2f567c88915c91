//! The icon's state and number as pixels, in any size; and tiny bars for menu rows.

use crate::view::Icon;

/// The icon as `size` x `size` straight (not premultiplied) RGBA, row by row.
#[must_use]
pub fn pixels(icon: &Icon, size: u32) -> Vec<u8> {
    todo!()
}

/// A tiny usage bar as a PNG file for a menu row; percent full.
#[must_use]
pub fn bar_png(percent: u8) -> Vec<u8> {
    todo!()
}
