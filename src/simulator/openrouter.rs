//! OpenRouter, simulated: `key`, `credits` with its zeros for the wrong key, `keys`, and `activity` without today.
//!
//! Not simulated: other workspaces than the default one, analytics, generations and prices.

use crate::domain::zone::Zone;
use chrono::{DateTime, Days, NaiveDate, SecondsFormat, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::domain::period::Unit;
use crate::simulator::call::{Call, Reply, Vendor, number};
use crate::simulator::month::{self, Habit, Model, Use};

/// A key that may look at the account.
pub(super) const MANAGEMENT_KEY: &str = "sk-or-v1-manage4spendtray5simulator6";

/// A key that calls models.
pub(super) const ORDINARY_KEY: &str = "sk-or-v1-demo4spendtray5simulator6";

pub(super) const VENDOR: Vendor = Vendor {
    id: "openrouter",
    root: "/api/v1",
    variables: &[("OPENROUTER_MANAGEMENT_KEY", MANAGEMENT_KEY)],
    answer,
};

const WORKSPACE: &str = "0df9e665-d932-5740-b2c7-b52af166bc11";

static FLASH: Model = Model {
    id: "google/gemini-3.5-flash",
    cents: [30, 3, 250],
};
static QWEN: Model = Model {
    id: "qwen/qwen3-coder",
    cents: [22, 22, 95],
};

static HABITS: [Habit; 3] = [
    Habit {
        key: Some("aaaa5d0c"),
        project: None,
        model: &FLASH,
        requests: [120, 260],
        tokens: [3_000, 1_000, 500],
    },
    Habit {
        key: Some("aaaa5d0c"),
        project: None,
        model: &QWEN,
        requests: [60, 160],
        tokens: [6_000, 0, 900],
    },
    Habit {
        key: Some("bbbb71f3"),
        project: None,
        model: &FLASH,
        requests: [40, 110],
        tokens: [2_000, 0, 400],
    },
];

/// The keys: hash, name, limit of a month.
const KEYS: [(&str, &str, Option<i64>); 2] = [
    ("aaaa5d0c", "editor", Some(40)),
    ("bbbb71f3", "newsletter", None),
];

/// What was paid in, less what was used before the month that is simulated.
const CREDITS: i64 = 120;

fn answer(call: &Call<'_>) -> Reply {
    let path = call.path.strip_prefix("/api/v1").unwrap_or_default();
    let key = call
        .header("authorization")
        .and_then(|text| text.strip_prefix("Bearer "));
    let (Some(MANAGEMENT_KEY | ORDINARY_KEY), Some(key)) = (key, key) else {
        return refusal(401, "Missing Authentication header");
    };
    let manages = key == MANAGEMENT_KEY;
    match path {
        "/key" => Reply::json(200, &json!({"data": itself(call, manages)})),
        // Documented as 403, and seen as this.
        "/credits" if !manages => Reply::json(
            200,
            &json!({"data": {"total_credits": 0, "total_usage": 0}}),
        ),
        "/credits" | "/keys" | "/activity" if call.method != "GET" => refusal(404, "Not found"),
        "/keys" | "/activity" if !manages => {
            refusal(403, "Only management keys can perform this operation")
        }
        "/credits" => credits(call),
        "/keys" => keys(call),
        "/activity" => activity(call),
        _ => refusal(404, "Not found"),
    }
}

fn refusal(status: u16, message: &str) -> Reply {
    Reply::json(
        status,
        &json!({"error": {"code": status, "message": message}}),
    )
}

/// The first day of the simulated month.
fn first_day(call: &Call<'_>) -> NaiveDate {
    let start = call.world.started_at.date_naive();
    start.checked_sub_days(Days::new(40)).unwrap_or(start)
}

fn uses(call: &Call<'_>) -> Vec<Use> {
    month::uses(call.world, &HABITS, first_day(call), call.now)
}

/// Dollars since an instant, of one key or of all.
fn spent(call: &Call<'_>, key: Option<&str>, since: DateTime<Utc>) -> Decimal {
    let uses = uses(call).into_iter();
    uses.filter(|one| one.day >= since.date_naive())
        .filter(|one| key.is_none() || one.habit.key == key)
        .map(|one| one.sum())
        .sum()
}

fn since(call: &Call<'_>, unit: Unit) -> DateTime<Utc> {
    unit.around(call.now, Zone::UTC).from
}

fn figures(call: &Call<'_>, key: &str, limit: Option<i64>) -> Value {
    let of = |unit| spent(call, Some(key), since(call, unit));
    let left = limit.map(|limit| number(Decimal::from(limit) - of(Unit::Month)));
    json!({
        "label": format!("sk-or-v1-{}...{}", key.get(..3).unwrap_or_default(), key.get(4..).unwrap_or_default()),
        "limit": limit, "limit_remaining": left, "limit_reset": limit.map(|_| "monthly"),
        "include_byok_in_limit": false,
        "usage": number(spent(call, Some(key), DateTime::UNIX_EPOCH)),
        "usage_daily": number(of(Unit::Day)), "usage_weekly": number(of(Unit::Week)),
        "usage_monthly": number(of(Unit::Month)),
        "byok_usage": 0, "byok_usage_daily": 0, "byok_usage_weekly": 0, "byok_usage_monthly": 0,
        "expires_at": null, "creator_user_id": "user_DEMO",
    })
}

fn with(mut body: Value, more: &[(&str, Value)]) -> Value {
    if let Some(fields) = body.as_object_mut() {
        fields.extend(
            more.iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone())),
        );
    }
    body
}

/// What a key is told about itself; the ordinary one is the first of the list.
fn itself(call: &Call<'_>, manages: bool) -> Value {
    let [(editor, _, limit), ..] = KEYS;
    let body = if manages {
        figures(call, "ffff0000", None)
    } else {
        figures(call, editor, limit)
    };
    let rights = [
        ("is_free_tier", json!(false)),
        ("is_management_key", json!(manages)),
        ("is_provisioning_key", json!(manages)),
        (
            "rate_limit",
            json!({"requests": -1, "interval": "10s", "note": "deprecated"}),
        ),
    ];
    with(body, &rights)
}

fn credits(call: &Call<'_>) -> Reply {
    let used = number(spent(call, None, DateTime::UNIX_EPOCH));
    Reply::json(
        200,
        &json!({"data": {"total_credits": CREDITS, "total_usage": used}}),
    )
}

fn keys(call: &Call<'_>) -> Reply {
    let known = ["include_disabled", "offset", "workspace_id"];
    let offset = call
        .parameter("offset")
        .map_or(Some(0), |text| text.parse::<usize>().ok());
    let disabled = call
        .parameter("include_disabled")
        .is_none_or(|text| ["true", "false"].contains(&text));
    let (None, Some(offset), true) = (call.unknown_parameter(&known), offset, disabled) else {
        return refusal(400, "Invalid query parameters");
    };
    let elsewhere = call
        .parameter("workspace_id")
        .is_some_and(|id| id != WORKSPACE);
    let keys = KEYS
        .iter()
        .filter(|_| !elsewhere)
        .skip(offset)
        .map(|(hash, name, limit)| {
            let made = call.world.started_at - chrono::TimeDelta::days(90);
            let more = [
                ("hash", json!(hash)),
                ("name", json!(name)),
                ("disabled", json!(false)),
                (
                    "created_at",
                    json!(made.to_rfc3339_opts(SecondsFormat::Secs, true)),
                ),
                ("updated_at", Value::Null),
                ("workspace_id", json!(WORKSPACE)),
            ];
            with(figures(call, hash, *limit), &more)
        });
    Reply::json(200, &json!({"data": keys.collect::<Vec<_>>()}))
}

/// The last 30 days that are over, in no order to rely on.
fn activity(call: &Call<'_>) -> Reply {
    let known = [
        "date",
        "api_key_hash",
        "user_id",
        "group_by",
        "workspace_id",
    ];
    if call.unknown_parameter(&known).is_some() {
        return refusal(400, "Invalid query parameters");
    }
    let today = call.now.date_naive();
    let first = today.checked_sub_days(Days::new(30)).unwrap_or(today);
    let wanted = match call.parameter("date").map(str::parse::<NaiveDate>) {
        None => None,
        Some(Ok(day)) if (first..today).contains(&day) => Some(day),
        Some(_) => return refusal(400, "Date must be within the last 30 (completed) UTC days"),
    };
    let by_workspace = call.parameter("group_by") == Some("workspace");
    let mut rows: Vec<Value> = uses(call)
        .into_iter()
        .filter(|one| (first..today).contains(&one.day) && wanted.is_none_or(|day| one.day == day))
        .map(|one| {
            let [fresh, cached, output] = one.tokens;
            let row = json!({
                "date": one.day.to_string(), "model": one.habit.model.id,
                "model_permaslug": format!("{}-20260601", one.habit.model.id),
                "endpoint_id": "550e8400-e29b-41d4-a716-446655440000", "provider_name": "Demo",
                "usage": number(one.sum()), "byok_usage_inference": 0, "requests": one.requests,
                "prompt_tokens": fresh + cached, "completion_tokens": output, "reasoning_tokens": output / 4,
            });
            if by_workspace { with(row, &[("workspace_id", json!(WORKSPACE))]) } else { row }
        })
        .collect();
    rows.reverse();
    Reply::json(200, &json!({ "data": rows }))
}
