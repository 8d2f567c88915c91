//! A simulation of the whole engine from a seed: vendors, clock, clicks, settings, crashes; a real ledger.
//!
//! After every step everything is compared with a model that shares no code with the engine. A seed that fails is
//! printed with the command that replays it:
//!
//! ```text
//! SPENDTRAY_SIMULATE=SEED:DAYS cargo test --test it simulation::told -- --nocapture
//! ```
//!
//! `SPENDTRAY_SIMULATE=1..500:250` runs many seeds. A crash drops the engine at its n-th await; what the ledger's own
//! thread has done by then is not in the seed's hands, so the model asks the ledger which answers were kept.

mod chance;
mod compare;
mod model;
mod run;
mod vendors;

use chrono::TimeDelta;

use crate::support::stage::Outcome;
use run::Run;

const TOLD: &str = "SPENDTRAY_SIMULATE";

#[expect(
    clippy::print_stdout,
    reason = "how much was simulated is told, `cargo test` shows it on demand"
)]
async fn simulate(seed: u64, days: i64) -> Outcome {
    let replay = format!("{TOLD}={seed}:{days} cargo test --test it simulation::told");
    let mut run = Run::begin(seed).await?;
    let end = run.now() + TimeDelta::days(days);
    while run.now() < end {
        if let Err(fault) = run.step().await {
            let (now, steps) = (run.now(), run.tally.steps);
            let trail = run.trail.split_off(run.trail.len().saturating_sub(20));
            let trail = trail.join("\n  ");
            let what = format!("seed {seed}, step {steps}, {now}: {fault}");
            return Err(format!("  {trail}\n{what}\nreplay: {replay}").into());
        }
    }
    println!("seed {seed}: {days} days, {:?}", run.tally);
    Ok(())
}

#[tokio::test]
async fn the_first_quarter_of_a_thousand_days_keeps_every_invariant() -> Outcome {
    simulate(1, 250).await
}

#[tokio::test]
async fn the_second_quarter_of_a_thousand_days_keeps_every_invariant() -> Outcome {
    simulate(2, 250).await
}

#[tokio::test]
async fn the_third_quarter_of_a_thousand_days_keeps_every_invariant() -> Outcome {
    simulate(3, 250).await
}

#[tokio::test]
async fn the_last_quarter_of_a_thousand_days_keeps_every_invariant() -> Outcome {
    simulate(4, 250).await
}

/// As many as a person wants; nothing without the variable.
#[tokio::test]
async fn told_by_the_environment_it_goes_on_or_replays() -> Outcome {
    let Some(told) = crate::support::told(TOLD) else {
        return Ok(());
    };
    let (seeds, days) = told.split_once(':').ok_or("it is SEED:DAYS")?;
    let (first, last) = match seeds.split_once("..") {
        Some((first, last)) => (first.parse()?, last.parse()?),
        None => (seeds.parse()?, seeds.parse()?),
    };
    let mut faults = Vec::new();
    for seed in first..=last {
        if let Err(fault) = simulate(seed, days.parse()?).await {
            println!("{fault}");
            faults.push(fault.to_string());
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults.join("\n").into())
    }
}
