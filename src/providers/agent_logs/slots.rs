//! What an agent used, as the ledger keeps it: priced slots, and its projects by name.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::analysis::costing;
use crate::domain::agent::{AgentSlot, Tally};
use crate::domain::ids::{ModelId, ProjectId};
use crate::domain::key::ProjectReading;
use crate::domain::price::PriceBook;
use crate::domain::usage::{Attribution, SlotRange, SlotWidth, UsageSlot};

/// The slots from an instant on, with what they cost. Sessions and terms are summed up: the ledger does not know them.
pub(super) fn range(
    prices: &PriceBook,
    slots: &[AgentSlot],
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> SlotRange {
    type Key<'a> = (DateTime<Utc>, &'a ModelId, Option<&'a ProjectId>);
    let from = SlotWidth::QuarterHour.start_of(since);
    let width = TimeDelta::seconds(SlotWidth::QuarterHour.seconds());
    let mut until = SlotWidth::QuarterHour.start_of(now) + width;
    let mut groups: BTreeMap<Key<'_>, Vec<&AgentSlot>> = BTreeMap::new();
    // A clock that was set back by minutes must not hide what was used; what is dated further ahead waits for its day.
    let ahead = now + TimeDelta::days(1);
    for slot in slots
        .iter()
        .filter(|slot| from <= slot.start && slot.start < ahead)
    {
        until = until.max(slot.start + width);
        let key = (slot.start, &slot.model, slot.project.as_ref());
        groups.entry(key).or_default().push(slot);
    }
    let slots = groups.into_iter().map(|((start, model, project), slots)| {
        let mut tally = Tally::default();
        for slot in &slots {
            tally.add(&slot.tally);
        }
        UsageSlot {
            start,
            width: SlotWidth::QuarterHour,
            who: Attribution {
                model: Some(model.clone()),
                project: project.cloned(),
                ..Attribution::default()
            }
            .into(),
            requests: Some(tally.requests),
            tokens: Some(tally.tokens),
            spend: costing::spend(prices, slots),
        }
    });
    SlotRange {
        from,
        until,
        slots: slots.collect(),
    }
}

/// The folders worked in, each by as much of its end as tells it from the others.
pub(super) fn projects(slots: &[AgentSlot]) -> Vec<ProjectReading> {
    let ids: BTreeSet<&ProjectId> = slots
        .iter()
        .filter_map(|slot| slot.project.as_ref())
        .collect();
    let end = |id: &ProjectId, parts: usize| {
        let text = id.as_str().trim_end_matches(['/', '\\']);
        let mut cuts = text.rmatch_indices(['/', '\\']).map(|(at, _)| at + 1);
        let from = parts.checked_sub(1).and_then(|nth| cuts.nth(nth));
        text.get(from.unwrap_or(0)..).unwrap_or(text).to_owned()
    };
    let label = |id: &ProjectId| {
        let is_own = |label: &String, parts| {
            let mut others = ids.iter().filter(|other| **other != id);
            others.all(|other| end(other, parts) != *label)
        };
        let mut labels = (1..=8).map(|parts| (end(id, parts), parts));
        let found = labels.find(|(label, parts)| !label.is_empty() && is_own(label, *parts));
        found.map_or_else(|| id.to_string(), |(label, _)| label)
    };
    let each = ids.iter();
    each.map(|id| ProjectReading {
        id: (*id).clone(),
        label: label(id),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::agent::Terms;

    fn labels(folders: &[&str]) -> Vec<String> {
        let slots: Vec<AgentSlot> = folders
            .iter()
            .map(|folder| AgentSlot {
                start: DateTime::UNIX_EPOCH,
                model: ModelId::from("m"),
                project: Some(ProjectId::from(*folder)),
                session: None,
                terms: Terms::default(),
                tally: Tally::default(),
            })
            .collect();
        let projects = projects(&slots).into_iter();
        projects.map(|project| project.label).collect()
    }

    #[test]
    fn a_folder_is_called_by_as_much_of_its_end_as_tells_it_from_the_others() {
        assert_eq!(
            labels(&["/home/dev/alpha", "/home/dev/beta/"]),
            ["alpha", "beta"]
        );
        assert_eq!(labels(&["/a/x/app", "/a/y/app"]), ["x/app", "y/app"]);
        assert_eq!(labels(&["C:\\work\\app", "/"]), ["/", "app"]);
    }
}
