//! Posts a notice to the address the user named, as JSON, once. A post that fails is logged and not repeated.

use crate::domain::alert::AlertRecord;
use crate::http::{Http, Request};

/// Posts in the background.
pub(super) fn post(http: &Http, address: &str, alert: &AlertRecord) {
    let (http, address, body) = (http.clone(), address.to_owned(), body(alert));
    tokio::spawn(async move {
        match http.post_json(&Request::new(address), &body).await {
            Ok(reply) if (200..300).contains(&reply.status) => {}
            Ok(reply) => tracing::warn!(
                http.status = reply.status,
                "the webhook did not take the notice"
            ),
            Err(error) => tracing::warn!(%error, "the webhook could not be reached"),
        }
    });
}

fn body(alert: &AlertRecord) -> serde_json::Value {
    serde_json::json!({
        "schema": 1,
        "id": alert.key.short(),
        "rule": alert.key.rule,
        "subject": alert.key.subject,
        "severity": alert.severity,
        "title": alert.title,
        "body": alert.body,
        "raised_at": alert.raised_at,
    })
}
