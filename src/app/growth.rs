//! Logs that grow are told to the engine: gathered, so that an agent which writes fifty lines a second costs one or two looks.

use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use crate::app::message::Command;
use crate::logs::Desk;
use crate::system::watch::Ear;

/// What is written this soon after the first sign is looked at together with it.
const GATHERED: Duration = Duration::from_millis(100);
/// After so long it is heard again; the system keeps what happens meanwhile.
const PAUSE: Duration = Duration::from_millis(700);

/// Tells the engine which agents' logs were written, for as long as anything can be heard.
pub async fn follow(mut ear: Ear, logs: &Desk, commands: &UnboundedSender<Command>) {
    if let Err(why) = listen(&mut ear, logs, commands).await {
        tracing::warn!(%why, "logs are no longer watched, but looked at every now and then");
        logs.deaf(&why);
    }
}

async fn listen(
    ear: &mut Ear,
    logs: &Desk,
    commands: &UnboundedSender<Command>,
) -> std::io::Result<()> {
    loop {
        let mut agents = logs.heard(&ear.hear().await?);
        if agents.is_empty() {
            // Others save their files beside the folders that are waited for.
            continue;
        }
        tokio::time::sleep(GATHERED).await;
        // What came meanwhile is there already.
        if let Ok(more) = tokio::time::timeout(Duration::ZERO, ear.hear()).await {
            agents.extend(logs.heard(&more?));
            agents.sort_unstable();
            agents.dedup();
        }
        if commands.send(Command::LogsGrew(agents)).is_err() {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
}
