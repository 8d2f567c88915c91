//! The system's secret store, with a real GNOME Keyring on a private session bus.
//!
//! The bus is found through the environment, which a process has one of. So each scene plays in a process of its own:
//! a test starts this test program again with the scene's environment, in which `plays_a_scene` does the work.

mod scene;
mod stage;

use std::error::Error;

use spendtray::config::environment::capture;

use crate::secrets::stage::{Bus, play, tools_are_there};

#[test]
fn plays_a_scene() -> Result<(), Box<dyn Error>> {
    match capture().get(stage::SCENE) {
        Some(name) => scene::play(name),
        // Run by itself there is nothing to play.
        None => Ok(()),
    }
}

#[test]
fn without_a_session_bus_the_file_is_used_and_announced() -> Result<(), Box<dyn Error>> {
    play("no_bus", "unix:path=/nowhere/bus")
}

#[test]
fn a_store_that_appears_late_is_used_without_a_restart() -> Result<(), Box<dyn Error>> {
    on_a_private_bus("appears_late")
}

#[test]
fn an_unlocked_store_keeps_finds_and_forgets() -> Result<(), Box<dyn Error>> {
    on_a_private_bus("unlocked")
}

#[test]
fn a_locked_store_says_so_at_once_and_opens_no_prompt() -> Result<(), Box<dyn Error>> {
    on_a_private_bus("locked")
}

#[test]
fn a_restarted_store_is_used_again() -> Result<(), Box<dyn Error>> {
    on_a_private_bus("restarted")
}

fn on_a_private_bus(scene: &str) -> Result<(), Box<dyn Error>> {
    tools_are_there()?;
    let bus = Bus::start()?;
    play(scene, &bus.address)
}
