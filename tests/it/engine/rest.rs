//! Between two rounds of polls: what a round took is given back, once, and not while anything of it goes on. Where the
//! runtime is paused its time passes by itself, and the clock is the test's.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use spendtray::app::message::Command;
use spendtray::clock::Clock;
use spendtray::providers::ALL;
use spendtray::view::menu::Action;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::support::stage::{Answer, Outcome, Set, begun, script};

/// Long enough for the engine to wake several times while it waits for rest.
async fn all_has_woken() {
    tokio::time::sleep(Duration::from_secs(5)).await;
}

#[tokio::test(start_paused = true)]
async fn memory_is_given_back_once_after_a_round_and_not_at_once() -> Outcome {
    let set = Set::new(&Set::accounts(&["rests"]))?;
    let given_back = || set.given_back.available_permits();
    let mut stage = set.start().await?;
    stage.says("$50.00").await?;
    all_has_woken().await;
    stage.clock.advance(TimeDelta::milliseconds(500));
    all_has_woken().await;
    assert_eq!(given_back(), 0, "connections take a second to close");
    stage.clock.advance(TimeDelta::milliseconds(500));
    all_has_woken().await;
    assert_eq!(given_back(), 1);
    stage.clock.advance(TimeDelta::minutes(2));
    all_has_woken().await;
    assert_eq!(given_back(), 1, "nothing was asked since");
    stage.quit().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn nobody_rests_while_a_vendor_is_asked() -> Outcome {
    let vendor = script("rests-late");
    vendor.answer([Answer::Dollars(50), Answer::Dollars(40)]);
    let set = Set::new(&Set::accounts(&["rests-late"]))?;
    let given_back = || set.given_back.available_permits();
    let mut stage = set.start().await?;
    stage.says("$50.00").await?;
    begun(&vendor).await?;
    // Before the first round has come to rest a second one begins, and hangs.
    vendor.gate.forget_permits(1000);
    stage.commands.send(Command::Act(Action::RefreshAll))?;
    begun(&vendor).await?;
    stage.clock.advance(TimeDelta::seconds(10));
    all_has_woken().await;
    assert_eq!(given_back(), 0);
    vendor.gate.add_permits(1);
    stage.says("$40.00").await?;
    stage.clock.advance(TimeDelta::seconds(1));
    all_has_woken().await;
    assert_eq!(given_back(), 1);
    stage.quit().await?;
    Ok(())
}

/// A vendor that answers nothing of use and would keep its connection for ever; its address, and whether somebody closed
/// the connection.
async fn patient_vendor() -> Outcome<(String, Arc<AtomicBool>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let closed = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&closed);
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        let mut asked = [0; 4096];
        while stream.read(&mut asked).await? > 0 {
            let answer = b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}";
            stream.write_all(answer).await?;
        }
        told.store(true, Ordering::Relaxed);
        std::io::Result::Ok(())
    });
    Ok((url, closed))
}

#[tokio::test]
async fn a_rounds_connections_are_closed_before_its_memory_is_given_back() -> Outcome {
    let (url, is_closed) = patient_vendor().await?;
    let account = format!("[[account]]\nprovider = \"frankfurter\"\nbase_url = \"{url}\"\n");
    let mut set = Set::new(&account)?;
    set.registry = ALL;
    set.clock = Clock::system();
    let mut stage = set.start().await?;
    stage.says("HTTP 404").await?;
    assert_eq!(set.given_back.available_permits(), 0);
    let given_back = set.given_back.acquire();
    let given = tokio::time::timeout(Duration::from_secs(20), given_back).await?;
    drop(given?);
    assert!(
        is_closed.load(Ordering::Relaxed),
        "nothing has to wake up for it"
    );
    stage.quit().await?;
    Ok(())
}
