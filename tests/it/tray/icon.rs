//! The icon: what hosts read of it, and that only what changed is told.

use spendtray::analysis::digest::OverallState;
use spendtray::app::message::Command;
use spendtray::view::menu::Action;
use spendtray::view::{Face, Icon};
use zbus::zvariant::OwnedValue;

use crate::support::desktop::app::App;
use crate::support::desktop::bus::Bus;
use crate::support::desktop::fakes::FakeTray;
use crate::support::desktop::{Outcome, Session, in_own_session};
use crate::tray::views::two_accounts;

type Pixmaps = Vec<(i32, i32, Vec<u8>)>;

#[test]
fn title_label_and_tooltip_say_the_short_line() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let app = App::start(&session, "XFCE")?;
        app.show(&two_accounts())?;
        let icon = tray.icon().await?;
        assert_eq!(icon.text("Title").await?, "$4.21 · 42.50 DIEM");
        assert_eq!(icon.text("XAyatanaLabel").await?, "$4.21 · 42.50 DIEM");
        assert_eq!(icon.text("XAyatanaLabelGuide").await?, "$8.88 · 88.88 DIEM");
        assert_eq!(icon.text("Id").await?, "spendtray");
        assert_eq!(icon.text("Status").await?, "Active");
        assert_eq!(icon.text("IconName").await?, "");
        assert!(bool::try_from(icon.property("ItemIsMenu").await?)?);
        let tooltip = icon.property("ToolTip").await?;
        let (_, _, title, body): (String, Pixmaps, String, String) = tooltip.try_into()?;
        assert_eq!(title, "$4.21 · 42.50 DIEM");
        assert_eq!(
            body,
            "Venice 42.5000 DIEM\nClaude Max 5 h 33 %, resets in 3h 55min"
        );
        app.stop().await.map(drop)
    })
}

#[test]
fn the_icon_comes_in_the_sizes_of_panels() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let app = App::start(&session, "XFCE")?;
        app.show(&two_accounts())?;
        let icon = tray.icon().await?;
        let pixmaps = pixmaps(icon.property("IconPixmap").await?)?;
        let sizes: Vec<_> = pixmaps
            .iter()
            .map(|(width, height, _)| (*width, *height))
            .collect();
        assert_eq!(sizes, [(16, 16), (22, 22), (24, 24), (32, 32), (48, 48)]);
        for (width, height, pixels) in pixmaps {
            assert_eq!(pixels.len(), usize::try_from(width * height * 4)?);
            assert!(
                pixels.chunks(4).any(|pixel| pixel[0] == 255),
                "alpha comes first"
            );
        }
        app.stop().await.map(drop)
    })
}

#[test]
fn only_what_changed_is_told() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let app = App::start(&session, "XFCE")?;
        let mut view = two_accounts();
        app.show(&view)?;
        let mut icon = tray.icon().await?;

        view.title = "$4.22 · 42.50 DIEM".to_owned();
        app.show(&view)?;
        let signals = icon.signals_until("XAyatanaNewLabel").await?;
        assert_eq!(signals, ["NewTitle", "XAyatanaNewLabel $4.22 · 42.50 DIEM"]);

        view.icon = Icon {
            state: OverallState::Critical,
            face: Face::Text("97%".to_owned()),
        };
        app.show(&view)?;
        assert_eq!(icon.signal().await?, "NewIcon");

        view.tooltip.body.clear();
        app.show(&view)?;
        assert_eq!(icon.signal().await?, "NewToolTip");
        app.stop().await.map(drop)
    })
}

#[test]
fn a_middle_click_asks_for_fresh_figures() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let mut app = App::start(&session, "XFCE")?;
        app.show(&two_accounts())?;
        tray.icon().await?.middle_click().await?;
        assert_eq!(app.command().await?, Command::Act(Action::RefreshAll));
        app.stop().await.map(drop)
    })
}

fn pixmaps(value: OwnedValue) -> Outcome<Pixmaps> {
    Ok(value.try_into()?)
}
