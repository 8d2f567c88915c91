//! `/billing/balance`: what is left, and of what is spent first.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::simulator::call::{Call, Reply, number};
use crate::simulator::venice::epoch_start;
use crate::simulator::venice::ledger::{ALLOCATION, Ledger, Purse};

/// What is left of the day's DIEM.
pub(crate) fn diem_left(ledger: &Ledger, now: DateTime<Utc>) -> Decimal {
    ALLOCATION + ledger.sum(Purse::Diem, epoch_start(now))
}

pub(super) fn answer(call: &Call<'_>) -> Reply {
    let ledger = call.world.ledger(call.now);
    let left = [
        (Purse::Diem, diem_left(&ledger, call.now)),
        (Purse::Bundled, ledger.left(Purse::Bundled)),
        (Purse::Usd, ledger.left(Purse::Usd)),
    ];
    let positive = |wanted: Purse| -> Value {
        left.iter()
            .find(|(purse, amount)| *purse == wanted && *amount > Decimal::ZERO)
            .map_or(Value::Null, |(_, amount)| number(*amount))
    };
    let spendable: Decimal = left
        .iter()
        .map(|(_, amount)| (*amount).max(Decimal::ZERO))
        .sum();
    let first = left
        .iter()
        .find(|(_, amount)| *amount > Decimal::ZERO)
        .map(|(purse, _)| purse.code());
    let [(_, diem), ..] = left;
    let body = json!({
        "canConsume": spendable >= Decimal::new(10, 2),
        "consumptionCurrency": first,
        "balances": {
            "diem": number(diem),
            "usd": positive(Purse::Usd),
            "bundledCredits": positive(Purse::Bundled),
            "earnedCredits": null,
        },
        "diemEpochAllocation": number(ALLOCATION),
    });
    Reply::json(200, &body)
}
