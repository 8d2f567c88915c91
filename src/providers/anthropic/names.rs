//! Names for ids: keys and workspaces. Asked for daily, sooner for an unknown workspace.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join;
use serde::{Deserialize, Serialize};

use crate::domain::ids::{KeyId, ProjectId};
use crate::domain::key::{KeyKind, KeyReading, ProjectReading};
use crate::domain::reading::Figures;
use crate::domain::usage::Spans;
use crate::providers::PollError;
use crate::providers::anthropic::request;
use crate::providers::daybook::Bill;
use crate::providers::pages::{self, Turn};
use crate::providers::reply::Vendor;
use crate::providers::wire::Lenient;

/// The id under which the default workspace is told; Anthropic gives it none.
pub(super) const DEFAULT_WORKSPACE: &str = "default";

const ASK_AGAIN: TimeDelta = TimeDelta::days(1);
/// Where something did not come, or a workspace is unknown.
const TRY_AGAIN: TimeDelta = TimeDelta::hours(1);
/// The most entries on a page.
const PAGE: &str = "1000";

/// What the names say.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Names {
    asked_at: Option<DateTime<Utc>>,
    /// What did not come then, one sentence each.
    missing: Vec<String>,
    keys: Vec<KeyReading>,
    workspaces: Vec<ProjectReading>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Key {
    id: Lenient<String>,
    name: Lenient<String>,
    partial_key_hint: Lenient<String>,
    status: Lenient<String>,
    created_at: Lenient<DateTime<Utc>>,
    expires_at: Lenient<DateTime<Utc>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Workspace {
    id: Lenient<String>,
    name: Lenient<String>,
}

impl Names {
    /// Asks when it is time to; returns a sentence for each thing that did not come.
    pub(super) async fn refresh(&mut self, vendor: Vendor<'_>, bill: &Bill) -> Vec<String> {
        if !self.is_due(vendor.cx.now, bill) {
            return self.missing.clone();
        }
        let (keys, workspaces) = join(
            list::<Key>(vendor, "api_keys"),
            list::<Workspace>(vendor, "workspaces"),
        )
        .await;
        let mut missing = Vec::new();
        match keys {
            Ok(keys) => self.keys = keys.into_iter().filter_map(Key::reading).collect(),
            Err(error) => missing.push(format!("The keys did not come: {}.", error.reason())),
        }
        match workspaces {
            Ok(rows) => self.workspaces = rows.into_iter().filter_map(Workspace::reading).collect(),
            Err(error) => missing.push(format!("The workspaces did not come: {}.", error.reason())),
        }
        self.asked_at = Some(vendor.cx.now);
        self.missing.clone_from(&missing);
        missing
    }

    fn is_due(&self, now: DateTime<Utc>, bill: &Bill) -> bool {
        let knows = bill.charges.iter().all(|charge| {
            let workspace = charge.who.project.as_ref();
            workspace.is_none_or(|workspace| self.knows(workspace))
        });
        let pause = if self.missing.is_empty() && knows {
            ASK_AGAIN
        } else {
            TRY_AGAIN
        };
        self.asked_at
            .is_none_or(|asked_at| (now - asked_at).abs() >= pause)
    }

    fn knows(&self, workspace: &ProjectId) -> bool {
        workspace.as_str() == DEFAULT_WORKSPACE
            || self.workspaces.iter().any(|known| known.id == *workspace)
    }

    /// Writes keys and workspaces.
    pub(super) fn write(&self, figures: &mut Figures) {
        figures.keys.clone_from(&self.keys);
        figures.projects.push(ProjectReading {
            id: ProjectId::from(DEFAULT_WORKSPACE),
            label: "Default workspace".to_owned(),
        });
        figures.projects.extend(self.workspaces.iter().cloned());
    }
}

async fn list<T: for<'de> Deserialize<'de>>(
    vendor: Vendor<'_>,
    what: &str,
) -> Result<Vec<T>, PollError> {
    let request = request(vendor, &format!("v1/organizations/{what}"))?.query("limit", PAGE);
    let request = if what == "workspaces" {
        request.query("include_archived", "true")
    } else {
        request
    };
    let what = format!("Anthropic's answer to `{what}`");
    let walk = pages::walk::<T>(vendor, &request, Turn::After("after_id"), &what).await?;
    walk.whole(&what)
}

impl Key {
    /// `None`: it has no id, or is put away.
    fn reading(self) -> Option<KeyReading> {
        if self.status.0.as_deref() == Some("archived") {
            return None;
        }
        let id = self.id.0.filter(|id| !id.is_empty())?;
        let named = |name: &String| !name.trim().is_empty();
        let label = self.name.0.filter(named).or(self.partial_key_hint.0);
        Some(KeyReading {
            id: KeyId::new(id),
            label: label.unwrap_or_default(),
            kind: KeyKind::Inference,
            created_at: self.created_at.0,
            expires_at: self.expires_at.0,
            last_used_at: None,
            spend: Spans::default(),
            limits: Vec::new(),
        })
    }
}

impl Workspace {
    fn reading(self) -> Option<ProjectReading> {
        let id = self.id.0.filter(|id| !id.is_empty())?;
        let name = self.name.0.filter(|name| !name.trim().is_empty());
        Some(ProjectReading {
            label: name.unwrap_or_else(|| id.clone()),
            id: ProjectId::new(id),
        })
    }
}
