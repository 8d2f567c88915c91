//! OpenAI, simulated: an organization's costs, usage, projects, keys and spend limit, for its admin key alone.
//!
//! Not simulated: buckets narrower than a day, filters, and usage of anything but completions (which is empty).

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};

use crate::simulator::call::{Call, Reply, Vendor};
use crate::simulator::month::{Habit, Model};
use crate::simulator::report::{self, Fault, Page};

/// A key that may look at the organization.
pub(super) const ADMIN_KEY: &str = "sk-admin-demo4spendtray5simulator6";

/// A key that may only call models.
pub(super) const ORDINARY_KEY: &str = "sk-proj-demo4spendtray5simulator6";

pub(super) const VENDOR: Vendor = Vendor {
    id: "openai",
    root: "/v1",
    variables: &[("OPENAI_ADMIN_KEY", ADMIN_KEY)],
    answer,
};

static GPT: Model = Model {
    id: "gpt-5.5",
    cents: [250, 25, 1500],
};
static MINI: Model = Model {
    id: "gpt-5.5-mini",
    cents: [40, 4, 160],
};

/// The date of the snapshot that usage names and the bill does not.
const SNAPSHOT: &str = "-2026-04-23";

static HABITS: [Habit; 4] = [
    Habit {
        key: Some("key_deploy"),
        project: Some("proj_shop"),
        model: &GPT,
        requests: [300, 520],
        tokens: [1_800, 1_200, 220],
    },
    Habit {
        key: Some("key_search"),
        project: Some("proj_shop"),
        model: &MINI,
        requests: [1_500, 2_600],
        tokens: [900, 0, 120],
    },
    Habit {
        key: Some("key_laptop"),
        project: Some("proj_lab"),
        model: &GPT,
        requests: [20, 70],
        tokens: [3_500, 6_000, 700],
    },
    Habit {
        key: Some("key_laptop"),
        project: Some("proj_lab"),
        model: &MINI,
        requests: [10, 60],
        tokens: [1_200, 300, 300],
    },
];

/// The projects: id and name.
const PROJECTS: [(&str, &str); 2] = [("proj_shop", "Shop"), ("proj_lab", "Lab")];

/// The keys: id, project, name.
const KEYS: [(&str, &str, &str); 3] = [
    ("key_deploy", "proj_shop", "deploy"),
    ("key_search", "proj_shop", "search"),
    ("key_laptop", "proj_lab", "laptop"),
];

/// The month's limit in cents; the habits come to less than half of it.
const LIMIT_CENTS: i64 = 40_000;

fn answer(call: &Call<'_>) -> Reply {
    let Some(path) = call.path.strip_prefix("/v1/") else {
        return refusal(404, "Unknown request URL", None);
    };
    let key = call
        .header("authorization")
        .and_then(|text| text.strip_prefix("Bearer "));
    match (path, key) {
        (_, None) => refusal(401, "You didn't provide an API key.", None),
        ("models", Some(ADMIN_KEY | ORDINARY_KEY)) => models(),
        (_, Some(ORDINARY_KEY)) => refusal(
            403,
            "You have insufficient permissions for this operation. Missing scopes: api.usage.read.",
            None,
        ),
        (path, Some(ADMIN_KEY)) => path.strip_prefix("organization/").map_or_else(
            || refusal(404, "Unknown request URL", None),
            |path| organization(call, path),
        ),
        (_, Some(_)) => refusal(
            401,
            "Incorrect API key provided: sk-****.",
            Some("invalid_api_key"),
        ),
    }
}

fn refusal(status: u16, message: &str, code: Option<&str>) -> Reply {
    let kind = if status == 403 {
        "server_error"
    } else {
        "invalid_request_error"
    };
    let error = json!({"message": message, "type": kind, "param": null, "code": code});
    Reply::json(status, &json!({ "error": error }))
}

fn models() -> Reply {
    let models = [&GPT, &MINI].map(|model| json!({"id": model.id, "object": "model"}));
    Reply::json(200, &json!({"object": "list", "data": models}))
}

fn organization(call: &Call<'_>, path: &str) -> Reply {
    if let Some(kind) = path.strip_prefix("usage/") {
        return by_days(call, 31, |day| {
            if kind == "completions" {
                counted(call, day)
            } else {
                Vec::new()
            }
        });
    }
    match path {
        "costs" => by_days(call, 180, |day| charged(call, day)),
        "projects" => list(
            call,
            &["limit", "after", "include_archived"],
            projects(call),
        ),
        "spend_limit" => Reply::json(
            200,
            &json!({
                "object": "organization.spend_limit", "threshold_amount": LIMIT_CENTS, "currency": "USD",
                "interval": "month", "enforcement": {"status": "inactive"},
            }),
        ),
        path => {
            let project = path
                .strip_prefix("projects/")
                .and_then(|path| path.strip_suffix("/api_keys"));
            match project.filter(|id| PROJECTS.iter().any(|(known, _)| known == id)) {
                Some(id) => list(
                    call,
                    &["limit", "after", "owner_project_access"],
                    keys(call, id),
                ),
                None => refusal(404, "Not found", None),
            }
        }
    }
}

/// A report by days, strict about its parameters.
fn by_days(call: &Call<'_>, most: usize, results: impl Fn(NaiveDate) -> Vec<Value>) -> Reply {
    let known = [
        "start_time",
        "end_time",
        "bucket_width",
        "limit",
        "page",
        "group_by",
        "group_by[]",
    ];
    if let Some(unknown) = call.unknown_parameter(&known) {
        return refusal(400, &format!("Unknown parameter: '{unknown}'."), None);
    }
    let start = call
        .parameter("start_time")
        .and_then(|text| DateTime::from_timestamp(text.parse().ok()?, 0))
        .map(|start| start.date_naive());
    let fault = match report::page(call, start, most) {
        Ok(page) => return paged(page, results),
        Err(Fault::StartOrLimit) => "Missing or invalid 'start_time' or 'limit'.",
        Err(Fault::Width) => "Invalid 'bucket_width'.",
        Err(Fault::Page) => "Invalid 'page'.",
    };
    refusal(400, fault, None)
}

fn paged(page: Page, results: impl Fn(NaiveDate) -> Vec<Value>) -> Reply {
    let buckets: Vec<Value> = page
        .days
        .into_iter()
        .map(|day| {
            let start = seconds(day);
            json!({"object": "bucket", "start_time": start, "end_time": start + 86_400, "results": results(day)})
        })
        .collect();
    Reply::json(
        200,
        &json!({"object": "page", "data": buckets, "has_more": page.next.is_some(), "next_page": page.next}),
    )
}

fn seconds(day: NaiveDate) -> i64 {
    day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp()
}

/// Costs of a day; ungrouped dimensions are null.
fn charged(call: &Call<'_>, day: NaiveDate) -> Vec<Value> {
    let told = |name: &str, value: Option<&str>| report::told(call, name, value);
    let rows = report::of_day(call, &HABITS, day)
        .into_iter()
        .flat_map(|one| {
            let parts = ["input", "cached input", "output"]
                .into_iter()
                .zip(one.dollars())
                .zip(one.tokens);
            parts
                .filter(|((_, dollars), _)| !dollars.is_zero())
                .map(move |((part, dollars), tokens)| (one, part, dollars, tokens))
                .collect::<Vec<_>>()
        });
    rows.map(|(one, part, dollars, tokens)| {
        let item = format!("{}, {part}", one.habit.model.id);
        json!({
            "object": "organization.costs.result",
            "amount": {"value": format!("{dollars:.10}"), "currency": "usd"},
            "line_item": told("line_item", Some(&item)),
            "project_id": told("project_id", one.habit.project),
            "api_key_id": told("api_key_id", one.habit.key),
            "quantity": tokens, "quantity_unit": "tokens", "organization_id": "org-DEMO",
        })
    })
    .collect()
}

fn counted(call: &Call<'_>, day: NaiveDate) -> Vec<Value> {
    let told = |name: &str, value: Option<&str>| report::told(call, name, value);
    report::of_day(call, &HABITS, day)
        .into_iter()
        .map(|one| {
            let [fresh, cached, output] = one.tokens;
            let model = format!("{}{SNAPSHOT}", one.habit.model.id);
            json!({
                "object": "organization.usage.completions.result",
                "input_tokens": fresh + cached, "input_cached_tokens": cached, "input_cache_write_tokens": 0,
                "input_uncached_tokens": fresh, "output_tokens": output, "num_model_requests": one.requests,
                "project_id": told("project_id", one.habit.project),
                "api_key_id": told("api_key_id", one.habit.key),
                "model": told("model", Some(&model)), "user_id": null, "batch": null, "service_tier": null,
            })
        })
        .collect()
}

/// A list that is paged by `after`.
fn list(call: &Call<'_>, known: &[&str], mut entries: Vec<Value>) -> Reply {
    if let Some(unknown) = call.unknown_parameter(known) {
        return refusal(400, &format!("Unknown parameter: '{unknown}'."), None);
    }
    let limit = call
        .parameter("limit")
        .map_or(Some(20), |text| text.parse::<usize>().ok());
    let Some(limit) = limit.filter(|limit| (1..=100).contains(limit)) else {
        return refusal(400, "Invalid 'limit'.", None);
    };
    if let Some(after) = call.parameter("after") {
        let place = entries.iter().position(|entry| entry["id"] == after);
        entries.drain(..place.map_or(entries.len(), |place| place + 1));
    }
    let has_more = entries.len() > limit;
    entries.truncate(limit);
    let id = |entry: Option<&Value>| entry.map(|entry| entry["id"].clone());
    let body = json!({
        "object": "list", "first_id": id(entries.first()), "last_id": id(entries.last()), "has_more": has_more,
        "data": entries,
    });
    Reply::json(200, &body)
}

fn made(call: &Call<'_>, days_old: i64) -> i64 {
    (call.world.started_at - chrono::TimeDelta::days(days_old)).timestamp()
}

fn projects(call: &Call<'_>) -> Vec<Value> {
    let project = |(id, name): (&str, &str)| {
        json!({
            "id": id, "object": "organization.project", "name": name, "created_at": made(call, 400),
            "archived_at": null, "status": "active",
        })
    };
    PROJECTS.map(project).to_vec()
}

fn keys(call: &Call<'_>, project: &str) -> Vec<Value> {
    let used: DateTime<Utc> = call.now;
    KEYS.iter()
        .filter(|(_, of, _)| *of == project)
        .map(|(id, _, name)| {
            json!({
                "object": "organization.project.api_key", "id": id, "name": name,
                "redacted_value": "sk-proj-****dEmO", "created_at": made(call, 120),
                "last_used_at": used.timestamp(), "owner_project_access": "active",
                "owner": {"type": "service_account", "service_account": {"id": format!("svc_{name}"), "name": name}},
            })
        })
        .collect()
}
