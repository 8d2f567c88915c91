//! Names for ids: projects, their keys, and the spend limit beside them. Asked for daily, sooner for an unknown id.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::{join, join_all};
use serde::{Deserialize, Serialize};

use crate::domain::ids::{KeyId, ProjectId};
use crate::domain::key::{KeyKind, KeyReading, ProjectReading};
use crate::domain::usage::Spans;
use crate::providers::PollError;
use crate::providers::daybook::Bill;
use crate::providers::openai::limit::{self, SpendLimit};
use crate::providers::pages::{self, Turn};
use crate::providers::reply::Vendor;
use crate::providers::wire::{Count, Lenient};

const ASK_AGAIN: TimeDelta = TimeDelta::days(1);
/// Where something did not come, or an id is unknown; a key that is gone stays unknown.
const TRY_AGAIN: TimeDelta = TimeDelta::hours(1);
/// The most entries on a page.
const PAGE: &str = "100";
/// Each costs a request.
const MOST_PROJECTS: usize = 100;

/// What the names say.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Names {
    asked_at: Option<DateTime<Utc>>,
    /// What did not come then, one sentence each.
    missing: Vec<String>,
    pub(super) projects: Vec<ProjectReading>,
    pub(super) keys: Vec<KeyReading>,
    pub(super) limit: Option<SpendLimit>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Project {
    id: Lenient<String>,
    name: Lenient<String>,
    status: Lenient<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Key {
    id: Lenient<String>,
    name: Lenient<String>,
    redacted_value: Lenient<String>,
    created_at: Count,
    last_used_at: Count,
}

impl Names {
    /// Asks when it is time to; returns a sentence for each thing that did not come.
    pub(super) async fn refresh(&mut self, vendor: Vendor<'_>, bill: &Bill) -> Vec<String> {
        if !self.is_due(vendor.cx.now, bill) {
            return self.missing.clone();
        }
        let (projects, limit) = join(projects(vendor), limit::ask(vendor)).await;
        let mut missing = Vec::new();
        match limit {
            Ok(limit) => self.limit = limit,
            Err(error) => {
                missing.push(format!("The spend limit did not come: {}.", error.reason()));
            }
        }
        match projects {
            Ok(projects) => {
                self.projects = projects.iter().filter_map(Project::reading).collect();
                self.ask_keys(vendor, &projects, &mut missing).await;
            }
            Err(error) => missing.push(format!("The projects did not come: {}.", error.reason())),
        }
        self.asked_at = Some(vendor.cx.now);
        self.missing.clone_from(&missing);
        missing
    }

    async fn ask_keys(
        &mut self,
        vendor: Vendor<'_>,
        projects: &[Project],
        missing: &mut Vec<String>,
    ) {
        let active = projects
            .iter()
            .filter(|project| project.status.0.as_deref() != Some("archived"));
        let ids = active
            .filter_map(|project| project.id.0.as_deref())
            .take(MOST_PROJECTS);
        let mut keys = Vec::new();
        for asked in join_all(ids.map(|id| self::keys(vendor, id))).await {
            match asked {
                Ok(of_project) => keys.extend(of_project.into_iter().filter_map(Key::reading)),
                Err(error) => missing.push(format!(
                    "The keys of a project did not come: {}.",
                    error.reason()
                )),
            }
        }
        // Better the keys of yesterday than half of today's.
        if missing.is_empty() || self.keys.is_empty() {
            self.keys = keys;
        }
    }

    fn is_due(&self, now: DateTime<Utc>, bill: &Bill) -> bool {
        let pause = if self.missing.is_empty() && self.knows(bill) {
            ASK_AGAIN
        } else {
            TRY_AGAIN
        };
        self.asked_at
            .is_none_or(|asked_at| (now - asked_at).abs() >= pause)
    }

    fn knows(&self, bill: &Bill) -> bool {
        let keys: BTreeSet<&KeyId> = self.keys.iter().map(|key| &key.id).collect();
        let projects: BTreeSet<&ProjectId> =
            self.projects.iter().map(|project| &project.id).collect();
        bill.charges.iter().all(|charge| {
            charge.who.key.as_ref().is_none_or(|key| keys.contains(key))
                && charge
                    .who
                    .project
                    .as_ref()
                    .is_none_or(|project| projects.contains(project))
        })
    }
}

async fn projects(vendor: Vendor<'_>) -> Result<Vec<Project>, PollError> {
    let request = vendor
        .request("organization/projects")?
        .query("limit", PAGE)
        .query("include_archived", "true");
    let what = "OpenAI's answer to `organization/projects`";
    let walk = pages::walk::<Project>(vendor, &request, Turn::After("after"), what).await?;
    walk.whole(what)
}

async fn keys(vendor: Vendor<'_>, project: &str) -> Result<Vec<Key>, PollError> {
    let sane = project
        .chars()
        .all(|each| each.is_ascii_alphanumeric() || "-_".contains(each));
    if !sane {
        return Err(PollError::Malformed(
            "a project has an id that cannot be asked for".to_owned(),
        ));
    }
    // Without `any`, keys of people who left the project are not listed.
    let request = vendor
        .request(&format!("organization/projects/{project}/api_keys"))?
        .query("limit", PAGE)
        .query("owner_project_access", "any");
    let what = "OpenAI's answer to `organization/projects/…/api_keys`";
    let walk = pages::walk::<Key>(vendor, &request, Turn::After("after"), what).await?;
    walk.whole(what)
}

impl Project {
    fn reading(&self) -> Option<ProjectReading> {
        let id = self.id.0.as_ref().filter(|id| !id.is_empty())?;
        let name = self.name.0.as_ref().filter(|name| !name.trim().is_empty());
        Some(ProjectReading {
            id: ProjectId::new(id),
            label: name.unwrap_or(id).clone(),
        })
    }
}

impl Key {
    fn reading(self) -> Option<KeyReading> {
        let id = self.id.0.filter(|id| !id.is_empty())?;
        let named = |name: &String| !name.trim().is_empty();
        let label = self.name.0.filter(named).or(self.redacted_value.0);
        Some(KeyReading {
            id: KeyId::new(id),
            label: label.unwrap_or_default(),
            kind: KeyKind::Inference,
            created_at: instant(self.created_at),
            expires_at: None,
            last_used_at: instant(self.last_used_at),
            spend: Spans::default(),
            limits: Vec::new(),
        })
    }
}

fn instant(seconds: Count) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(i64::try_from(seconds.0?).ok()?, 0)
}
