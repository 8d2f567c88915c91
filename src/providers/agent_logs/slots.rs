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

/// So many parts of a path are enough to tell it from others.
const MOST_PARTS: usize = 8;

/// The folders worked in, each by as much of its end as tells it from the others.
pub(super) fn projects(folders: &[ProjectId]) -> Vec<ProjectReading> {
    let mut labels: BTreeMap<&ProjectId, &str> = BTreeMap::new();
    for parts in 1..=MOST_PARTS {
        let mut ends: BTreeMap<&str, Vec<&ProjectId>> = BTreeMap::new();
        for id in folders {
            ends.entry(end(id, parts)).or_default().push(id);
        }
        for (label, ids) in ends {
            if let ([id], false) = (ids.as_slice(), label.is_empty()) {
                labels.entry(id).or_insert(label);
            }
        }
    }
    let each = folders.iter().collect::<BTreeSet<_>>().into_iter();
    each.map(|id| ProjectReading {
        id: id.clone(),
        label: labels.get(id).map_or(id.as_str(), |label| label).to_owned(),
    })
    .collect()
}

/// So many last parts of a path.
fn end(id: &ProjectId, parts: usize) -> &str {
    let text = id.as_str().trim_end_matches(['/', '\\']);
    let mut cuts = text.rmatch_indices(['/', '\\']).map(|(at, _)| at + 1);
    let from = parts.checked_sub(1).and_then(|nth| cuts.nth(nth));
    text.get(from.unwrap_or(0)..).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(folders: &[&str]) -> Vec<String> {
        let folders: Vec<ProjectId> = folders.iter().copied().map(ProjectId::from).collect();
        let projects = projects(&folders).into_iter();
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
