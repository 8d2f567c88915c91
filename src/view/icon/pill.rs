//! The pill behind the figure, its marks of state, the meter and the program's own mark.

#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "pixels, not money"
)]

use tiny_skia::{
    BlendMode, Color, FillRule, LineCap, LineJoin, Mask, Paint, Path, PathBuilder, Pixmap, Rect,
    Stroke, Transform,
};

use crate::analysis::digest::OverallState;
use crate::view::icon::lettering::{self, Place};
use crate::view::{Face, Icon};

/// For whom it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// White on the state's colour.
    Coloured,
    /// Black, with the figure cut out.
    Template,
}

/// The mark is drawn on a grid of so many units.
const GRID: f32 = 24.0;

/// How much smaller the mark is where the pill has a rim.
const WITHIN_RIM: f32 = 0.84;
/// The largest icon that is drawn.
const LARGEST: u32 = 1024;

struct Canvas {
    pixmap: Pixmap,
    size: f32,
    state: OverallState,
    style: Style,
    /// Moves and scales what is drawn from now on.
    placed: Transform,
}

/// Draws an icon as straight RGBA; a size of zero or beyond all measure gives nothing.
pub(super) fn draw(icon: &Icon, size: u32, style: Style) -> Vec<u8> {
    if size > LARGEST {
        return Vec::new();
    }
    let Some(pixmap) = Pixmap::new(size, size) else {
        return Vec::new();
    };
    let mut canvas = Canvas {
        pixmap,
        size: size as f32,
        state: icon.state,
        style,
        placed: Transform::identity(),
    };
    canvas.ground();
    match &icon.face {
        Face::Text(text) => canvas.text(text),
        Face::Meter(percent) => canvas.meter(*percent),
        Face::Mark => canvas.mark(),
    }
    straight(&canvas.pixmap)
}

/// Not premultiplied, as trays want it.
pub(super) fn straight(pixmap: &Pixmap) -> Vec<u8> {
    pixmap
        .pixels()
        .iter()
        .flat_map(|pixel| {
            let colour = pixel.demultiply();
            [colour.red(), colour.green(), colour.blue(), colour.alpha()]
        })
        .collect()
}

/// The colour of a state; white on it has a contrast of at least 4.5.
fn colour(state: OverallState) -> Color {
    let (red, green, blue) = match state {
        OverallState::Ok => (0x15, 0x75, 0x32),
        OverallState::Stale => (0x59, 0x63, 0x6e),
        OverallState::Warning => (0xb4, 0x53, 0x09),
        OverallState::Critical => (0xcf, 0x22, 0x2e),
        OverallState::Error => (0x7e, 0x22, 0xce),
    };
    Color::from_rgba8(red, green, blue, 255)
}

impl Canvas {
    /// A whole number of pixels that is about so much of the icon, at least one.
    fn part(&self, share: f32) -> f32 {
        (self.size * share).round().max(1.0)
    }

    /// The room left free round the pill, in pixels.
    fn margin(&self) -> f32 {
        if self.size >= 32.0 {
            self.part(0.03)
        } else {
            0.0
        }
    }

    fn is_inverted(&self) -> bool {
        self.state == OverallState::Error
    }

    fn radius(&self) -> f32 {
        let share = if self.state == OverallState::Critical {
            0.07
        } else {
            0.24
        };
        self.size * share
    }

    fn ground(&mut self) {
        let margin = self.margin();
        let side = self.size - 2.0 * margin;
        let dark = self.dark();
        self.fill(
            rounded(Rect::from_xywh(margin, margin, side, side), self.radius()),
            &dark,
        );
        if self.is_inverted() {
            let rim = self.part(0.08);
            let inner = side - 2.0 * rim;
            let light = self.light();
            let radius = (self.radius() - rim).max(0.0);
            self.fill(
                rounded(
                    Rect::from_xywh(margin + rim, margin + rim, inner, inner),
                    radius,
                ),
                &light,
            );
        }
    }

    fn dark(&self) -> Paint<'static> {
        let mut paint = Paint::default();
        match self.style {
            Style::Coloured => paint.set_color(colour(self.state)),
            Style::Template => paint.set_color(Color::BLACK),
        }
        paint
    }

    fn light(&self) -> Paint<'static> {
        let mut paint = Paint::default();
        paint.set_color(Color::WHITE);
        if self.style == Style::Template {
            paint.blend_mode = BlendMode::DestinationOut;
        }
        paint
    }

    /// What figures are drawn with.
    fn ink(&self) -> Paint<'static> {
        if self.is_inverted() {
            self.dark()
        } else {
            self.light()
        }
    }

    /// What is cut out of figures.
    fn ground_paint(&self) -> Paint<'static> {
        if self.is_inverted() {
            self.light()
        } else {
            self.dark()
        }
    }

    fn fill(&mut self, path: Option<Path>, paint: &Paint<'_>) {
        if let Some(path) = path {
            self.pixmap
                .fill_path(&path, paint, FillRule::Winding, self.placed, None);
        }
    }

    fn text(&mut self, text: &str) {
        let side = self.margin()
            + if self.is_inverted() {
                self.part(0.1)
            } else {
                self.part(0.05)
            };
        let line = self.state_line();
        let room = self.size - 2.0 * side;
        let Some(mut mask) = Mask::new(self.pixmap.width(), self.pixmap.height()) else {
            return;
        };
        let height = (room - line).min((self.size * 0.6).round());
        let place = Place {
            left: side,
            top: (side + (room - line - height) / 2.0).round(),
            width: room,
            height,
        };
        lettering::write(&mut mask, text, place);
        if let Some(all) = Rect::from_xywh(0.0, 0.0, self.size, self.size) {
            let ink = self.ink();
            self.pixmap
                .fill_rect(all, &ink, Transform::identity(), Some(&mask));
        }
    }

    /// Draws the line under a figure that tells the state without colour; returns the height it takes.
    fn state_line(&mut self) -> f32 {
        let thick = self.part(0.09);
        let below = self.margin() + self.part(0.09);
        let y = self.size - below - thick;
        let ink = self.ink();
        let inset = self.margin() + self.part(0.14);
        let whole = self.size - 2.0 * inset;
        let bars: Vec<(f32, f32)> = match self.state {
            OverallState::Ok | OverallState::Error => return 0.0,
            OverallState::Warning => {
                let width = (whole * 0.4).round();
                vec![(((self.size - width) / 2.0).round(), width)]
            }
            OverallState::Critical => vec![(inset, whole)],
            OverallState::Stale => {
                let step = ((whole - thick) / 2.0).floor();
                [0.0, 1.0, 2.0]
                    .map(|dot| (inset + dot * step, thick))
                    .to_vec()
            }
        };
        for (x, width) in bars {
            self.fill(rounded(Rect::from_xywh(x, y, width, thick), 0.0), &ink);
        }
        thick + self.part(0.09)
    }

    fn meter(&mut self, percent: u8) {
        let line = self.state_line();
        let inset = self.margin() + self.part(0.14);
        let width = self.size - 2.0 * inset;
        let height = self.part(0.4);
        let top = ((self.size - line - height) / 2.0).round();
        let rim = self.part(0.07);
        let (ink, ground) = (self.ink(), self.ground_paint());
        self.fill(
            rounded(Rect::from_xywh(inset, top, width, height), rim),
            &ink,
        );
        let (hollow, tall) = (width - 2.0 * rim, height - 2.0 * rim);
        let full = (hollow * f32::from(percent.min(100)) / 100.0).round();
        let full = if percent > 0 { full.max(1.0) } else { 0.0 };
        let empty = hollow - full;
        self.fill(
            rounded(
                Rect::from_xywh(inset + rim + full, top + rim, empty, tall),
                0.0,
            ),
            &ground,
        );
    }

    /// A coin above a tray; the coin tells the state.
    fn mark(&mut self) {
        let unit = self.size / GRID;
        if self.is_inverted() {
            // Clear of the rim.
            let moved = self.size * (1.0 - WITHIN_RIM) / 2.0;
            self.placed =
                Transform::from_scale(WITHIN_RIM, WITHIN_RIM).post_translate(moved, moved);
        }
        let ink = self.ink();
        let mut tray = PathBuilder::new();
        tray.move_to(5.0 * unit, 13.8 * unit);
        tray.line_to(5.0 * unit, 17.0 * unit);
        tray.quad_to(5.0 * unit, 19.0 * unit, 7.0 * unit, 19.0 * unit);
        tray.line_to(17.0 * unit, 19.0 * unit);
        tray.quad_to(19.0 * unit, 19.0 * unit, 19.0 * unit, 17.0 * unit);
        tray.line_to(19.0 * unit, 13.8 * unit);
        self.stroke(tray.finish(), 2.4 * unit, &ink);
        let (x, y) = (12.0 * unit, 9.4 * unit);
        self.fill(PathBuilder::from_circle(x, y, 5.0 * unit), &ink);
        let ground = self.ground_paint();
        match self.state {
            OverallState::Ok => {}
            OverallState::Stale => self.fill(PathBuilder::from_circle(x, y, 2.8 * unit), &ground),
            OverallState::Warning | OverallState::Critical => {
                self.fill(
                    rounded(
                        Rect::from_xywh(x - unit, y - 3.4 * unit, 2.0 * unit, 3.8 * unit),
                        unit * 0.6,
                    ),
                    &ground,
                );
                self.fill(
                    PathBuilder::from_circle(x, y + 2.3 * unit, 1.15 * unit),
                    &ground,
                );
            }
            OverallState::Error => {
                for (dx, dy) in [(1.9, 1.9), (1.9, -1.9)] {
                    let mut cross = PathBuilder::new();
                    cross.move_to(x - dx * unit, y - dy * unit);
                    cross.line_to(x + dx * unit, y + dy * unit);
                    self.stroke(cross.finish(), 1.7 * unit, &ground);
                }
            }
        }
    }

    fn stroke(&mut self, path: Option<Path>, width: f32, paint: &Paint<'_>) {
        if let Some(path) = path {
            let stroke = Stroke {
                width,
                line_cap: LineCap::Round,
                line_join: LineJoin::Round,
                ..Stroke::default()
            };
            self.pixmap
                .stroke_path(&path, paint, &stroke, self.placed, None);
        }
    }
}

/// A rectangle with round corners. `None`: it has no area.
pub(super) fn rounded(rect: Option<Rect>, radius: f32) -> Option<Path> {
    // How far a curve's handle lies from the corner so that it looks like a quarter of a circle.
    const HANDLE: f32 = 0.447_715_2;
    let rect = rect?;
    if radius <= 0.0 {
        return Some(PathBuilder::from_rect(rect));
    }
    let (x, y, right, bottom) = (rect.x(), rect.y(), rect.right(), rect.bottom());
    let r = radius.min(rect.width() / 2.0).min(rect.height() / 2.0);
    let h = r * HANDLE;
    let mut path = PathBuilder::new();
    path.move_to(x + r, y);
    path.line_to(right - r, y);
    path.cubic_to(right - h, y, right, y + h, right, y + r);
    path.line_to(right, bottom - r);
    path.cubic_to(right, bottom - h, right - h, bottom, right - r, bottom);
    path.line_to(x + r, bottom);
    path.cubic_to(x + h, bottom, x, bottom - h, x, bottom - r);
    path.line_to(x, y + r);
    path.cubic_to(x, y + h, x + h, y, x + r, y);
    path.close();
    path.finish()
}
