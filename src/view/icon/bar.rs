//! A tiny usage bar for a menu row; visible on light and dark menus.

#![expect(clippy::float_arithmetic, reason = "pixels, not money")]

use rust_decimal::Decimal;
use tiny_skia::{Color, FillRule, Paint, Pixmap, Transform};

use crate::view::format::{BarClass, bar_class};
use crate::view::icon::pill::rounded;

/// Width and height: menu icons are square on most desktops.
const SIDE: u32 = 16;
/// The bar within it.
const TOP: f32 = 4.0;
const TALL: f32 = 8.0;
const WIDE: f32 = 16.0;

/// A tiny usage bar as a PNG file for a menu row; percent full.
#[must_use]
pub fn bar_png(percent: u8) -> Vec<u8> {
    let Some(mut pixmap) = Pixmap::new(SIDE, SIDE) else {
        return Vec::new();
    };
    let mut fill = |x: f32, width: f32, radius: f32, colour: Color| {
        let mut paint = Paint::default();
        paint.set_color(colour);
        if let Some(path) = rounded(x, TOP, width, TALL, radius) {
            pixmap.fill_path(
                &path,
                &paint,
                FillRule::Winding,
                Transform::identity(),
                None,
            );
        }
    };
    let share = f32::from(percent.min(100)) / 100.0;
    fill(0.0, WIDE, 2.5, Color::from_rgba8(0x80, 0x88, 0x92, 0x70));
    let full = (WIDE * share).round();
    let full = if percent > 0 { full.max(2.0) } else { full };
    fill(0.0, full, 2.5, colour(bar_class(Decimal::from(percent))));
    pixmap.encode_png().unwrap_or_default()
}

fn colour(class: BarClass) -> Color {
    let (red, green, blue) = match class {
        BarClass::Idle => (0x2d, 0xa4, 0x4e),
        BarClass::Light => (0x0e, 0x9f, 0xa8),
        BarClass::Half => (0x3b, 0x82, 0xf6),
        BarClass::High => (0xe0, 0x8a, 0x00),
        BarClass::Full => (0xe5, 0x48, 0x4d),
    };
    Color::from_rgba8(red, green, blue, 255)
}
