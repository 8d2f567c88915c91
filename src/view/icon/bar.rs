//! A tiny usage bar for a menu row; visible on light and dark menus, and on the row under the pointer.

#![expect(clippy::float_arithmetic, reason = "pixels, not money")]

use rust_decimal::Decimal;
use tiny_skia::{Color, FillRule, Mask, Paint, Pixmap, Rect, Transform};

use crate::view::format::{BarClass, bar_class};
use crate::view::icon::pill::{rounded, straight};

/// Width and height of a bar in pixels: menu icons are square on most desktops.
pub const BAR_SIDE: u32 = 16;
/// The bar within it.
const TOP: f32 = 4.0;
const TALL: f32 = 8.0;
const WIDE: f32 = 16.0;
/// The line round it, which every background shows up.
const EDGE: f32 = 1.0;

/// A tiny usage bar as a PNG file for a menu row; percent full.
#[must_use]
pub fn bar_png(percent: u8) -> Vec<u8> {
    let pixmap = bar(percent);
    pixmap
        .and_then(|pixmap| pixmap.encode_png().ok())
        .unwrap_or_default()
}

/// The same bar as [`BAR_SIDE`] x [`BAR_SIDE`] straight (not premultiplied) RGBA, row by row.
#[must_use]
pub fn bar_pixels(percent: u8) -> Vec<u8> {
    bar(percent).as_ref().map(straight).unwrap_or_default()
}

fn bar(percent: u8) -> Option<Pixmap> {
    let mut pixmap = Pixmap::new(BAR_SIDE, BAR_SIDE)?;
    let inside = WIDE - 2.0 * EDGE;
    let full = (inside * f32::from(percent.min(100)) / 100.0).round();
    // Something is never drawn as nothing, and less than all never as all.
    let full = match percent {
        0 => 0.0,
        1..100 => full.clamp(2.0, inside - 1.0),
        _ => inside,
    };
    paint(
        &mut pixmap,
        (0.0, WIDE),
        Color::from_rgba8(0x5b, 0x63, 0x6e, 255),
    );
    paint(
        &mut pixmap,
        (EDGE, inside),
        Color::from_rgba8(0xe3, 0xe6, 0xea, 255),
    );
    if full > 0.0 {
        let filling = colour(bar_class(Decimal::from(percent)));
        paint(&mut pixmap, (EDGE, full), filling);
    }
    Some(pixmap)
}

/// Paints the bar from one edge on, so wide: all of it with its edge, a part of it within.
fn paint(pixmap: &mut Pixmap, (edge, wide): (f32, f32), colour: Color) {
    let whole = Rect::from_xywh(edge, TOP + edge, WIDE - 2.0 * edge, TALL - 2.0 * edge);
    let part = Rect::from_xywh(edge, TOP + edge, wide, TALL - 2.0 * edge);
    let (Some(mut shape), Some(path), Some(part)) = (
        Mask::new(BAR_SIDE, BAR_SIDE),
        rounded(whole, 2.5 - edge),
        part,
    ) else {
        return;
    };
    shape.fill_path(&path, FillRule::Winding, true, Transform::identity());
    let mut paint = Paint::default();
    paint.set_color(colour);
    pixmap.fill_rect(part, &paint, Transform::identity(), Some(&shape));
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
