//! `/api_keys`: the keys with their caps and what they spent, as decimal strings.

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::simulator::call::{Call, Reply, instant};
use crate::simulator::venice::catalogue::{Caller, KEYS};
use crate::simulator::venice::epoch_start;
use crate::simulator::venice::ledger::{Ledger, Purse, Row};

pub(super) fn list(call: &Call<'_>) -> Reply {
    let ledger = call.world.ledger(call.now);
    let keys: Vec<Value> = KEYS.iter().map(|key| body(call, &ledger, key)).collect();
    Reply::json(200, &json!({"object": "list", "data": keys}))
}

pub(super) fn single(call: &Call<'_>, id: &str) -> Reply {
    let ledger = call.world.ledger(call.now);
    KEYS.iter().find(|key| key.id == Some(id)).map_or_else(
        || Reply::error(400, "API key not found"),
        |key| Reply::json(200, &json!({"data": body(call, &ledger, key)})),
    )
}

fn body(call: &Call<'_>, ledger: &Ledger, key: &Caller) -> Value {
    let created = epoch_start(call.world.started_at) - TimeDelta::days(key.days_old);
    let [usd_cap, diem_cap] = key.caps;
    let [usd, diem] = spent(ledger, key, call.now - TimeDelta::days(7));
    let mut body = json!({
        "id": key.id,
        "apiKeyType": key.kind,
        "description": key.name,
        "createdAt": instant(created),
        "expiresAt": null,
        "lastUsedAt": last_used(call, ledger, key).map(instant),
        "last6Chars": key.last_six,
        "consumptionLimits": {"usd": usd_cap, "diem": diem_cap, "vcu": null},
        "limitPeriod": key.period,
        "modelPrivacy": "ALL",
        "usage": {"trailingSevenDays": {"usd": usd, "vcu": "0.0000", "diem": diem}},
    });
    if usd_cap.or(diem_cap).is_some()
        && let Some(fields) = body.as_object_mut()
    {
        let [usd, diem] = spent(ledger, key, period_start(key, call.now));
        fields.insert(
            "currentPeriodUsage".to_owned(),
            json!({"usd": usd, "diem": diem}),
        );
    }
    body
}

fn rows<'a>(ledger: &'a Ledger, key: &Caller) -> impl Iterator<Item = &'a Row> {
    let name = key.name;
    ledger
        .rows()
        .filter(move |row| row.origin.is_some_and(|origin| origin.caller.name == name))
}

/// Dollars, bundled credits among them, and DIEM.
fn spent(ledger: &Ledger, key: &Caller, since: DateTime<Utc>) -> [String; 2] {
    let mut sums = [Decimal::ZERO; 2];
    let [usd, diem] = &mut sums;
    for row in rows(ledger, key).filter(|row| row.at >= since) {
        match row.purse {
            Purse::Diem => *diem -= row.amount,
            Purse::Bundled | Purse::Usd => *usd -= row.amount,
        }
    }
    sums.map(|sum| format!("{:.4}", sum.round_dp(4)))
}

/// The key that asks is in use right now; of the others the last row tells.
fn last_used(call: &Call<'_>, ledger: &Ledger, key: &Caller) -> Option<DateTime<Utc>> {
    if key.kind == "ADMIN" {
        return Some(call.now);
    }
    rows(ledger, key).last().map(|row| row.at)
}

fn period_start(key: &Caller, now: DateTime<Utc>) -> DateTime<Utc> {
    let today = epoch_start(now);
    match key.period {
        "EPOCH" => today,
        "MONTH" => today - TimeDelta::days(i64::from(now.day0())),
        _ => DateTime::UNIX_EPOCH,
    }
}
