//! `spendtray prices`: coins, holdings and rates.

use crate::support::world::{Outcome, World};

#[test]
fn no_price_is_known_in_an_empty_home() -> Outcome {
    let world = World::empty()?;
    let run = world.run(&["prices"])?;
    assert_eq!(run.code, Some(0));
    assert!(
        run.stdout.starts_with("No price is known yet."),
        "{}",
        run.stdout
    );
    assert_eq!(
        world.run(&["prices", "--json"])?.json()?["prices"],
        serde_json::json!([])
    );
    Ok(())
}

#[test]
fn prices_carry_source_and_age_and_holdings_their_worth() -> Outcome {
    let world = World::with_vendors()?;
    let run = world.run(&["prices"])?;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains("VVV"), "{}", run.stdout);
    let json = world.run(&["prices", "--json"])?.json()?;
    let first = &json["prices"][0];
    for key in ["symbol", "currency", "price", "source", "updated_at"] {
        assert!(first[key].is_string(), "{key}");
    }
    Ok(())
}
