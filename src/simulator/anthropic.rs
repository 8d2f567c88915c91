//! Anthropic, simulated: cost report in cents, usage report, keys and workspaces, for an admin key alone.
//!
//! Not simulated: buckets narrower than a day, filters, and the report on Claude Code.

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::simulator::call::{Call, Reply, Vendor};
use crate::simulator::month::{Habit, Model};
use crate::simulator::report::{self, Fault};

/// A key that may look at the organization.
pub(super) const ADMIN_KEY: &str = "sk-ant-admin01-demo4spendtray5simulator6";

/// A workspace's key, which may only call models.
pub(super) const ORDINARY_KEY: &str = "sk-ant-api03-demo4spendtray5simulator6";

pub(super) const VENDOR: Vendor = Vendor {
    id: "anthropic",
    root: "",
    variables: &[("ANTHROPIC_ADMIN_KEY", ADMIN_KEY)],
    answer,
};

static OPUS: Model = Model {
    id: "claude-opus-4-8",
    cents: [500, 50, 2500],
};
static HAIKU: Model = Model {
    id: "claude-haiku-5",
    cents: [100, 10, 500],
};

static HABITS: [Habit; 3] = [
    Habit {
        key: Some("apikey_01REVIEW"),
        project: Some("wrkspc_01BACKEND"),
        model: &OPUS,
        requests: [90, 170],
        tokens: [2_500, 14_000, 450],
    },
    Habit {
        key: Some("apikey_01SUPPORT"),
        project: Some("wrkspc_01BACKEND"),
        model: &HAIKU,
        requests: [700, 1_300],
        tokens: [1_100, 500, 180],
    },
    Habit {
        key: None,
        project: None,
        model: &OPUS,
        requests: [0, 12],
        tokens: [1_500, 0, 600],
    },
];

/// The keys: id, name, workspace.
const KEYS: [(&str, &str, &str); 2] = [
    ("apikey_01REVIEW", "review-bot", "wrkspc_01BACKEND"),
    ("apikey_01SUPPORT", "support-bot", "wrkspc_01BACKEND"),
];

fn answer(call: &Call<'_>) -> Reply {
    if call.header("anthropic-version").is_none() {
        return refusal(
            400,
            "invalid_request_error",
            "anthropic-version: header is required",
        );
    }
    match (call.path, call.header("x-api-key")) {
        ("/v1/models", Some(ADMIN_KEY | ORDINARY_KEY)) => {
            let models = [&OPUS, &HAIKU].map(|model| json!({"type": "model", "id": model.id}));
            list(&models)
        }
        (path, Some(ADMIN_KEY)) => path.strip_prefix("/v1/organizations/").map_or_else(
            || refusal(404, "not_found_error", "Not found"),
            |path| organization(call, path),
        ),
        (_, Some(ORDINARY_KEY)) => refusal(
            403,
            "permission_error",
            "This endpoint requires an Admin API key.",
        ),
        _ => refusal(401, "authentication_error", "invalid x-api-key"),
    }
}

fn refusal(status: u16, kind: &str, message: &str) -> Reply {
    let error = json!({"type": kind, "message": message});
    Reply::json(
        status,
        &json!({"type": "error", "error": error, "request_id": "req_011DEMO"}),
    )
}

fn invalid(message: &str) -> Reply {
    refusal(400, "invalid_request_error", message)
}

fn organization(call: &Call<'_>, path: &str) -> Reply {
    match path {
        "cost_report" => by_days(call, &["workspace_id", "description"], |day| {
            charged(call, day)
        }),
        "usage_report/messages" => {
            let groups = [
                "api_key_id",
                "workspace_id",
                "model",
                "service_tier",
                "context_window",
                "inference_geo",
            ];
            by_days(call, &groups, |day| counted(call, day))
        }
        "api_keys" => list(&keys(call)),
        "workspaces" => list(&[json!({
            "id": "wrkspc_01BACKEND", "type": "workspace", "name": "Backend", "archived_at": null,
            "created_at": made(call, 200), "display_color": "#6C5BB9",
        })]),
        _ => refusal(404, "not_found_error", "Not found"),
    }
}

/// A report by days, strict about its parameters: arrays need brackets.
fn by_days(
    call: &Call<'_>,
    dimensions: &[&str],
    results: impl Fn(NaiveDate) -> Vec<Value>,
) -> Reply {
    let known = [
        "starting_at",
        "ending_at",
        "bucket_width",
        "limit",
        "page",
        "group_by[]",
    ];
    if let Some(unknown) = call.unknown_parameter(&known) {
        return invalid(&format!("{unknown}: Extra inputs are not permitted"));
    }
    let odd = call
        .query
        .iter()
        .find(|(name, value)| name == "group_by[]" && !dimensions.contains(&value.as_str()));
    if let Some((_, value)) = odd {
        return invalid(&format!("group_by: Input should not be '{value}'"));
    }
    let start = call
        .parameter("starting_at")
        .and_then(|text| text.parse::<DateTime<Utc>>().ok());
    let page = match report::page(call, start.map(|start| start.date_naive()), 31) {
        Ok(page) => page,
        Err(Fault::StartOrLimit) => {
            return invalid("starting_at: Field required, or limit: Input should be from 1 to 31");
        }
        Err(Fault::Width) => return invalid("bucket_width: Input should be '1d'"),
        Err(Fault::Page) => return invalid("page: Invalid page token"),
    };
    let buckets: Vec<Value> = page
        .days
        .into_iter()
        .map(|day| {
            json!({"starting_at": instant(day), "ending_at": instant(day.succ_opt().unwrap_or(day)), "results": results(day)})
        })
        .collect();
    Reply::json(
        200,
        &json!({"data": buckets, "has_more": page.next.is_some(), "next_page": page.next}),
    )
}

fn instant(day: NaiveDate) -> String {
    day.and_time(NaiveTime::MIN)
        .and_utc()
        .to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Costs of a day in cents; details only when it is grouped by description.
fn charged(call: &Call<'_>, day: NaiveDate) -> Vec<Value> {
    let in_detail = report::is_by(call, "description");
    let mut rows = Vec::new();
    for one in report::of_day(call, &HABITS, day) {
        let parts = [
            "uncached_input_tokens",
            "cache_read_input_tokens",
            "output_tokens",
        ];
        for (part, dollars) in parts
            .into_iter()
            .zip(one.dollars())
            .filter(|(_, dollars)| !dollars.is_zero())
        {
            let detail = |text: &str| in_detail.then(|| text.to_owned());
            let cents = (dollars * Decimal::ONE_HUNDRED).normalize();
            rows.push(json!({
                "amount": cents.to_string(), "currency": "USD", "cost_type": detail("tokens"),
                "description": detail(&format!("{} Usage - {part}", one.habit.model.id)),
                "model": detail(one.habit.model.id), "token_type": detail(part),
                "context_window": detail("0-200k"), "service_tier": detail("standard"),
                "inference_geo": detail("global"),
                "workspace_id": one.habit.project.filter(|_| report::is_by(call, "workspace_id")),
            }));
        }
    }
    rows
}

fn counted(call: &Call<'_>, day: NaiveDate) -> Vec<Value> {
    let told = |name: &str, value: Option<&str>| report::told(call, name, value);
    report::of_day(call, &HABITS, day)
        .into_iter()
        .map(|one| {
            let [fresh, cached, output] = one.tokens;
            json!({
                "uncached_input_tokens": fresh, "cache_read_input_tokens": cached, "output_tokens": output,
                "cache_creation": {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 0},
                "server_tool_use": {"web_search_requests": 0},
                "api_key_id": told("api_key_id", one.habit.key),
                "workspace_id": told("workspace_id", one.habit.project),
                "model": told("model", Some(one.habit.model.id)),
                "service_tier": told("service_tier", Some("standard")),
                "context_window": null, "inference_geo": null,
            })
        })
        .collect()
}

fn list(entries: &[Value]) -> Reply {
    let id = |entry: Option<&Value>| entry.map(|entry| entry["id"].clone());
    let body = json!({
        "first_id": id(entries.first()), "last_id": id(entries.last()), "has_more": false, "data": entries,
    });
    Reply::json(200, &body)
}

fn made(call: &Call<'_>, days_old: i64) -> String {
    (call.world.started_at - chrono::TimeDelta::days(days_old))
        .to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn keys(call: &Call<'_>) -> Vec<Value> {
    KEYS.iter()
        .map(|(id, name, workspace)| {
            json!({
                "id": id, "type": "api_key", "name": name, "created_at": made(call, 150), "status": "active",
                "created_by": {"id": "user_01DEMO", "type": "user"}, "partial_key_hint": "sk-ant-api03-dEm...igAA",
                "workspace_id": workspace, "expires_at": null,
            })
        })
        .collect()
}
