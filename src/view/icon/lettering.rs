//! Letters as coverage: the largest size that fits a box, baseline and letters on whole pixels so that they are crisp.

#![expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels, not money"
)]

use ab_glyph::{Font as _, FontRef, PxScale, ScaleFont as _, point};
use tiny_skia::Mask;

/// Digits, currency symbols and the letters of `1.2k`: a subset of Roboto Condensed Bold.
static FONT: &[u8] = include_bytes!("../../../icons/digits.ttf");

/// The smallest letter height tried.
const SMALLEST: f32 = 4.0;
/// How finely sizes are tried.
const STEP: f32 = 0.25;

/// Where letters go, in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) left: f32,
    pub(super) top: f32,
    pub(super) width: f32,
    pub(super) height: f32,
}

/// Adds a text, centred in its place, to a mask.
pub(super) fn write(mask: &mut Mask, text: &str, place: Place) {
    let Ok(font) = FontRef::try_from_slice(FONT) else {
        return;
    };
    let size = fitting_size(&font, text, place);
    let scaled = font.as_scaled(PxScale::from(size));
    let (width, height) = extent(&font, text, size);
    let baseline = (place.top + (place.height + height) / 2.0).round();
    let mut pen = place.left + (place.width - width) / 2.0;
    for letter in text.chars() {
        let mut glyph = scaled.scaled_glyph(letter);
        glyph.position = point(pen.round(), baseline);
        pen += scaled.h_advance(glyph.id);
        if let Some(outline) = font.outline_glyph(glyph) {
            let corner = outline.px_bounds().min;
            outline.draw(|x, y, covered| {
                cover(
                    mask,
                    corner.x as i32 + x as i32,
                    corner.y as i32 + y as i32,
                    covered,
                );
            });
        }
    }
}

fn fitting_size(font: &FontRef<'_>, text: &str, place: Place) -> f32 {
    let mut size = SMALLEST;
    loop {
        let (width, height) = extent(font, text, size + STEP);
        if width > place.width || height > place.height || size > 1024.0 {
            return size;
        }
        size += STEP;
    }
}

/// Width of a text and height of its digits.
fn extent(font: &FontRef<'_>, text: &str, size: f32) -> (f32, f32) {
    let scaled = font.as_scaled(PxScale::from(size));
    let width = text
        .chars()
        .map(|letter| scaled.h_advance(scaled.glyph_id(letter)))
        .sum();
    // The one stands on the baseline; round digits reach a little below it.
    let height = font
        .outline_glyph(scaled.scaled_glyph('1'))
        .map_or(size, |outline| -outline.px_bounds().min.y);
    (width, height)
}

fn cover(mask: &mut Mask, x: i32, y: i32, covered: f32) {
    let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else {
        return;
    };
    if x >= mask.width() || y >= mask.height() {
        return;
    }
    let index = y as usize * mask.width() as usize + x as usize;
    if let Some(pixel) = mask.data_mut().get_mut(index) {
        let more = (covered.clamp(0.0, 1.0) * 255.0).round() as u8;
        *pixel = pixel.saturating_add(more);
    }
}
