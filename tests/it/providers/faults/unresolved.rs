//! Nobody answers for names: no network, or a broken resolver. The true hosts are asked for; none is reached.

use spendtray::providers::PollError;

use super::super::fixture::cases;
use super::{Ledger, Outcome};

#[tokio::test]
async fn without_names_nobody_is_reached_and_nothing_is_lost() -> Outcome {
    let mut count = 0;
    for case in &cases()? {
        let (result, log) = case.play_without_names().await?;
        let what = &case.name;
        let Err(error @ PollError::Unreachable(message)) = &result else {
            return Err(format!("{what}: {result:#?}").into());
        };
        let host = case.provider.hosts[0];
        assert_eq!(
            message,
            &format!("no such host: {host} (is the network up?)"),
            "{what}"
        );
        let everything = format!("{result:?}{log}");
        let secret = case.secret().unwrap_or("no secret here");
        assert!(!everything.contains(secret), "{what} shows the secret");
        let ledger = Ledger::after_good_poll(case).await;
        // Some fixtures are of a vendor that fails.
        if let Ok(ledger) = ledger {
            ledger.keeps_everything_on(error, what).await?;
        }
        count += 1;
    }
    println!("without names: {count} cases");
    Ok(())
}
