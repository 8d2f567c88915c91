//! Venice, simulated: balance, ledger, analytics, keys and models, with the vendor's key kinds and its error budget.
//!
//! Not simulated: inference, making and changing keys, the CSV form of the ledger, and the vendor's ten-minute
//! cache of analytics. `/api_keys/rate_limits` is forbidden ground for us: the visit is in the log, the answer 403.

mod analytics;
mod api_keys;
pub(super) mod balance;
mod catalogue;
mod history;
pub(super) mod ledger;
mod models;
mod traffic;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use serde_json::json;

use crate::simulator::call::{Call, Reply, Vendor, header};

/// A key that may look at billing.
pub(super) const ADMIN_KEY: &str = "VENICE_ADMIN_KEY_demo4spendtray5simulator6";

/// A key that may only call models.
pub(super) const INFERENCE_KEY: &str = "VENICE_INFERENCE_KEY_demo4spendtray5simulator6";

/// How many refusals within [`ERROR_BUDGET_SPAN`] lock a key.
const ERROR_BUDGET: usize = 50;
const ERROR_BUDGET_SPAN: TimeDelta = TimeDelta::seconds(30);

pub(super) const VENDOR: Vendor = Vendor {
    id: "venice",
    root: "/api/v1",
    variables: &[("VENICE_ADMIN_KEY", ADMIN_KEY)],
    answer,
};

/// The start of the epoch that holds an instant: midnight UTC.
pub(super) fn epoch_start(at: DateTime<Utc>) -> DateTime<Utc> {
    at.date_naive().and_time(NaiveTime::MIN).and_utc()
}

fn answer(call: &Call<'_>) -> Reply {
    let Some(endpoint) = call.path.strip_prefix("/api/v1") else {
        return Reply::error(404, "Not found");
    };
    if budget_is_spent(call) {
        return Reply::error(
            429,
            "Too many failed attempts (> 50) resulting in a non-success status code. \
             Please wait 30 seconds and try again.",
        );
    }
    if call.method != "GET" {
        return Reply::error(405, "Method not allowed");
    }
    match endpoint {
        "/models" => models::list(call),
        "/billing/usage" => retired(),
        path if path.starts_with("/api_keys/rate_limits") => {
            Reply::error(403, "API_ACCESS_DISABLED")
        }
        path => refused(call).unwrap_or_else(|| admin_answer(call, path)),
    }
}

fn admin_answer(call: &Call<'_>, path: &str) -> Reply {
    match path {
        "/billing/balance" => balance::answer(call),
        "/billing/usage-history" => history::answer(call),
        "/billing/usage-analytics" => analytics::answer(call),
        "/api_keys" => api_keys::list(call),
        _ => path.strip_prefix("/api_keys/").map_or_else(
            || Reply::error(404, "Not found"),
            |id| api_keys::single(call, id),
        ),
    }
}

/// What keeps the caller from an admin's answers.
fn refused(call: &Call<'_>) -> Option<Reply> {
    let Some(authorization) = call.header("authorization") else {
        let body = json!({
            "x402Version": 1,
            "accepts": [],
            "authOptions": ["bearer", "x402"],
            "error": "Payment required",
        });
        return Some(Reply::json(402, &body));
    };
    match authorization.strip_prefix("Bearer ") {
        Some(ADMIN_KEY) => None,
        Some(INFERENCE_KEY) => Some(Reply::error(401, "Admin API key required")),
        _ => Some(Reply::error(401, "Authentication failed")),
    }
}

fn budget_is_spent(call: &Call<'_>) -> bool {
    let Some(key) = call.header("authorization") else {
        return false;
    };
    call.recent
        .iter()
        .filter(|recent| call.now - recent.at < ERROR_BUDGET_SPAN)
        .filter(|recent| (400..500).contains(&recent.status) && recent.status != 429)
        .filter(|recent| header(&recent.headers, "authorization") == Some(key))
        .count()
        > ERROR_BUDGET
}

fn retired() -> Reply {
    Reply::error(
        410,
        "This endpoint has been retired. Use GET /api/v1/billing/usage-history.",
    )
    .with_header("deprecation", "@1783555200")
    .with_header("sunset", "Wed, 16 Sep 2026 00:00:00 GMT")
    .with_header(
        "link",
        "</api/v1/billing/usage-history>; rel=\"successor-version\"",
    )
}

/// A refused parameter in the vendor's words.
fn invalid(parameter: &str, message: &str) -> Reply {
    let body = json!({
        "error": "Invalid request parameters",
        "details": {"_errors": [], parameter: {"_errors": [message]}},
        "issues": [{"code": "custom", "path": [parameter], "message": message}],
    });
    Reply::json(400, &body)
}
