//! One HTTP client for all: time-outs, user agent, capped bodies, redirects that never carry a credential away.

/// The way to the vendors. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Http {
    client: reqwest::Client,
}
