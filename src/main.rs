//! The program: hands the command line to the library, and the resident engine to its face.

use std::process::ExitCode;

use spendtray::cli::{self, Outcome, Stay};

fn main() -> ExitCode {
    match cli::run(std::env::args_os()) {
        Outcome::Done(code) => code,
        Outcome::Stay(stay) => live(*stay),
    }
}

#[cfg(feature = "desktop")]
fn live(stay: Stay) -> ExitCode {
    use spendtray::desktop::{self, Line};

    let resident = stay.resident;
    let line = Line {
        updates: resident.updates,
        commands: resident.commands,
        config_file: resident.config_file,
        autostart: resident.autostart,
        desktop_name: resident.desktop_name,
        say: stay.say,
    };
    desktop::run(stay.driver, resident.engine, line);
    ExitCode::SUCCESS
}

#[cfg(not(feature = "desktop"))]
fn live(stay: Stay) -> ExitCode {
    use spendtray::app::message::Command;
    use spendtray::system::stop::Signals;
    use spendtray::view::menu::Action;

    (stay.say)(
        "this build has no tray; it polls and keeps the ledger, `spendtray status` shows the figures",
    );
    let (mut engine, commands) = (stay.resident.engine, stay.resident.commands);
    stay.driver.block_on(async move {
        let mut signals = Signals::listen();
        tokio::select! {
            () = &mut engine => return,
            () = signals.asked_to_end() => drop(commands.send(Command::Act(Action::Quit))),
        }
        engine.await;
    });
    ExitCode::SUCCESS
}
