//! The tray on a real desktop: Xfce's panel, dunst, real clicks. Pictures are kept in `target/screenshots`.

use std::process::Command as Process;

use spendtray::analysis::digest::OverallState;
use spendtray::app::message::Command;
use spendtray::domain::alert::{AlertKey, Severity};
use spendtray::domain::ids::RuleId;
use spendtray::view::menu::Action;
use spendtray::view::notice::Notice;

use crate::support::desktop::app::App;
use crate::support::desktop::programs::run;
use crate::support::desktop::real::{Place, RealDesktop};
use crate::support::desktop::{Outcome, Session, in_real_session, soon};
use crate::tray::views::{info, two_accounts};

/// The right end of the panel and what is above it.
const CORNER: Place = Place {
    x: 880,
    y: 400,
    width: 400,
    height: 320,
};

#[test]
fn the_icon_stands_in_the_panel_and_a_click_opens_the_menu() -> Outcome {
    in_real_session(async |session: Session| {
        let desktop = RealDesktop::start(&session).await?;
        let app = App::start(&session, "XFCE")?;
        app.show(&two_accounts())?;
        desktop.icon().await?;
        let place = desktop.icon_place().await?;
        desktop.picture().await?.keep("xfce-icon", place, 6)?;
        desktop.point(place)?;
        desktop.click(1)?;
        let menu = desktop.popup_place().await?;
        desktop.picture().await?.keep("xfce-menu", CORNER, 2)?;
        println!("{place:?} {menu:?}");
        app.stop().await.map(drop)
    })
}
