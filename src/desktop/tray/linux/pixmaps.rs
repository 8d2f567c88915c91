//! The icon as hosts want it: straight ARGB in network order, in the sizes panels ask for.

use crate::view::Icon;
use crate::view::icon;

/// What panels pick from: GNOME takes 16, KDE and `LXQt` the panel's own 22 or 24, Xfce the largest, scaled.
const SIZES: [(i32, u32); 5] = [(16, 16), (22, 22), (24, 24), (32, 32), (48, 48)];

/// Width, height and pixels, as D-Bus carries them.
pub(super) type Pixmap = (i32, i32, Vec<u8>);

/// Every size of an icon.
pub(super) fn draw(face: &Icon) -> Vec<Pixmap> {
    let sizes = SIZES.into_iter();
    sizes
        .map(|(side, pixels)| (side, side, argb(icon::pixels(face, pixels))))
        .collect()
}

/// RGBA to ARGB, in place.
fn argb(mut pixels: Vec<u8>) -> Vec<u8> {
    for pixel in pixels.chunks_exact_mut(4) {
        pixel.rotate_right(1);
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alpha_comes_first() {
        assert_eq!(
            argb(vec![1, 2, 3, 255, 4, 5, 6, 0]),
            [255, 1, 2, 3, 0, 4, 5, 6]
        );
    }
}
