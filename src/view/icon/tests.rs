//! What the icon looks like: states, sizes, legibility, and that the files in `icons/` are what is drawn.

#![expect(clippy::float_arithmetic, reason = "contrast, not money")]

use std::collections::BTreeSet;

use tiny_skia::Pixmap;

use super::*;
use crate::analysis::digest::OverallState;
use crate::view::Face;

const STATES: [OverallState; 5] = [
    OverallState::Ok,
    OverallState::Stale,
    OverallState::Warning,
    OverallState::Critical,
    OverallState::Error,
];
const SIZES: [u32; 6] = [16, 22, 24, 32, 44, 48];

fn icon(state: OverallState, face: Face) -> Icon {
    Icon { state, face }
}

fn text(text: &str) -> Face {
    Face::Text(text.to_owned())
}

/// The pixels as letters: nothing, dark ground, half, light.
fn sketch(pixels: &[u8], size: usize) -> String {
    pixels
        .chunks(size * 4)
        .map(|row| {
            let line: String = row
                .chunks(4)
                .map(|pixel| match (pixel[3], pixel[1]) {
                    (0..100, _) => ' ',
                    (_, 0..0xa0) => '·',
                    (_, 0xa0..0xd0) => '+',
                    _ => '#',
                })
                .collect();
            line.trim_end().to_owned() + "\n"
        })
        .collect()
}

fn luminance(pixel: &[u8]) -> f64 {
    let channel = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * channel(pixel[0]) + 0.7152 * channel(pixel[1]) + 0.0722 * channel(pixel[2])
}

#[test]
fn every_size_is_filled_and_an_impossible_one_is_empty() {
    for size in SIZES {
        let side = usize::try_from(size).unwrap();
        let drawn = pixels(&icon(OverallState::Ok, text("$12")), size);
        assert_eq!(drawn.len(), side * side * 4);
    }
    assert!(pixels(&icon(OverallState::Ok, Face::Mark), 0).is_empty());
    assert!(pixels(&icon(OverallState::Ok, Face::Mark), 100_000).is_empty());
}

#[test]
fn every_state_looks_different_also_without_colour() {
    for face in [text("42"), Face::Meter(62), Face::Mark] {
        for size in SIZES {
            let side = usize::try_from(size).unwrap();
            let drawn: BTreeSet<Vec<u8>> = STATES
                .map(|state| pixels(&icon(state, face.clone()), size))
                .into();
            assert_eq!(drawn.len(), STATES.len());
            let templates: BTreeSet<Vec<u8>> = STATES
                .map(|state| template_pixels(&icon(state, face.clone()), size))
                .into();
            assert_eq!(templates.len(), STATES.len(), "{face:?} at {side}");
        }
    }
}

#[test]
fn figures_stand_out_from_their_ground() {
    for state in STATES {
        for size in SIZES {
            let drawn = pixels(&icon(state, text("88%")), size);
            let solid: Vec<f64> = drawn
                .chunks(4)
                .filter(|pixel| pixel[3] == 255)
                .map(luminance)
                .collect();
            let lightest = solid.iter().copied().fold(0.0, f64::max);
            let darkest = solid.iter().copied().fold(1.0, f64::min);
            let contrast = (lightest + 0.05) / (darkest + 0.05);
            assert!(contrast >= 4.5, "{state:?} at {size}: {contrast:.1}");
            let light = solid.iter().filter(|light| **light > 0.45).count();
            let share = light * 100 / solid.len();
            assert!((7..=75).contains(&share), "{state:?} at {size}: {share} %");
        }
    }
}

#[test]
fn different_figures_look_different_at_every_size() {
    let figures = [
        "$12", "$13", "87%", "88%", "1.2k", "1.3k", "$4.2", "€4.2", ">$0", "$.04", "-4.2", "…",
    ];
    for size in SIZES {
        let drawn: BTreeSet<Vec<u8>> = figures
            .map(|figure| pixels(&icon(OverallState::Ok, text(figure)), size))
            .into();
        assert_eq!(drawn.len(), figures.len());
    }
}

#[test]
fn figures_keep_inside_the_pill() {
    for figure in ["$888", "888%", "8.8k", "88"] {
        let drawn = pixels(&icon(OverallState::Ok, text(figure)), 22);
        for (index, pixel) in drawn.chunks(4).enumerate() {
            let (row, column) = (index / 22, index % 22);
            let edge = row == 0 || row == 21 || column == 0 || column == 21;
            assert!(!edge || pixel[1] < 0xa0, "{figure} at {column}, {row}");
        }
    }
}

#[test]
fn a_figure_at_22_pixels() {
    let drawn = pixels(&icon(OverallState::Warning, text("$12")), 22);
    insta::assert_snapshot!(sketch(&drawn, 22));
}

#[test]
fn the_mark_at_22_pixels() {
    let drawn = pixels(&icon(OverallState::Ok, Face::Mark), 22);
    insta::assert_snapshot!(sketch(&drawn, 22));
}

#[test]
fn a_meter_at_22_pixels() {
    let drawn = pixels(&icon(OverallState::Critical, Face::Meter(50)), 22);
    insta::assert_snapshot!(sketch(&drawn, 22));
}

#[test]
fn a_bar_is_a_png_whose_fill_and_colour_follow_the_percentage() {
    let filled = |percent| {
        let bar = Pixmap::decode_png(&bar_png(percent)).unwrap();
        assert_eq!((bar.width(), bar.height()), (16, 16));
        let row = &bar.pixels()[8 * 16..9 * 16];
        let empty = Pixmap::decode_png(&bar_png(0)).unwrap();
        let track = &empty.pixels()[8 * 16..9 * 16];
        row.iter()
            .zip(track)
            .filter(|(one, other)| one != other)
            .count()
    };
    assert_eq!([0, 1, 50, 99, 100, 255].map(filled), [0, 2, 7, 13, 14, 14]);
    let colours: BTreeSet<[u8; 3]> = [24, 25, 50, 75, 90]
        .map(|percent| {
            let bar = Pixmap::decode_png(&bar_png(percent)).unwrap();
            let pixel = bar.pixels()[8 * 16 + 2];
            [pixel.red(), pixel.green(), pixel.blue()]
        })
        .into();
    assert_eq!(colours.len(), 5);
}

/// The files are for places that take no pixels: packages, and the menu bar of macOS before the first figure.
/// When a drawing changes, the new files lie where the message says.
#[test]
fn the_tray_icons_in_the_folder_are_what_is_drawn() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/icons");
    let mut changed = Vec::new();
    for state in STATES {
        let mark = icon(state, Face::Mark);
        for (style, drawn) in [
            ("", pixels(&mark, 44)),
            ("-template", template_pixels(&mark, 44)),
        ] {
            let name = format!("tray-{}{style}.png", state.name());
            let kept = Pixmap::load_png(format!("{folder}/{name}"));
            let drawn = png(&drawn, 44);
            let same = kept.is_ok_and(|kept| {
                let pairs = kept.data().iter().zip(drawn.data());
                // A file keeps translucent pixels to within a step or two.
                kept.width() == 44
                    && pairs
                        .into_iter()
                        .all(|(kept, drawn)| kept.abs_diff(*drawn) <= 2)
            });
            if !same {
                let place = std::env::temp_dir().join(&name);
                drawn.save_png(&place).unwrap();
                changed.push(place.display().to_string());
            }
        }
    }
    assert!(
        changed.is_empty(),
        "copy to `icons/`: {}",
        changed.join(" ")
    );
}

fn png(straight: &[u8], size: u32) -> Pixmap {
    let mut pixmap = Pixmap::new(size, size).unwrap();
    for (pixel, colour) in pixmap.pixels_mut().iter_mut().zip(straight.chunks(4)) {
        let colour = tiny_skia::ColorU8::from_rgba(colour[0], colour[1], colour[2], colour[3]);
        *pixel = colour.premultiply();
    }
    pixmap
}
