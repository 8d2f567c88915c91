//! No command: the resident process, as far as it can be seen without a desktop.

use spendtray::system::instance::{self, Claim};

use crate::support::world::{Outcome, World};

#[test]
fn a_second_start_wakes_the_first_and_ends() -> Outcome {
    let world = World::empty()?;
    let state = world.path("state/spendtray");
    std::fs::create_dir_all(&state)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let Claim::First(mut first) = instance::claim(&state)? else {
            return Err("somebody else is resident in a new home".into());
        };
        let second = world.run(&[])?;
        insta::assert_snapshot!(second.transcript(), @r"
        $ spendtray
        ! Spendtray is already running; it was told to refresh.
        ");
        first.knocked().await;
        Outcome::Ok(())
    })
}
