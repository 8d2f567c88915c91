//! What the resident keeps at hand of older usage: one slot a day in the place of every quarter of an hour.
//!
//! The ledger keeps every slot; this is for memory only. Every sum over a day, week or month of the user's zone stays
//! what it was, and so does every rate: none looks back further than the days that are left as they are.

use crate::domain::zone::Zone;
use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::period::{Span, Unit};
use crate::domain::snapshot::AccountSnapshot;
use crate::domain::usage::{SlotWidth, UsageSlot};

/// Rates look back a week from the last reading; a day more, so that none begins within a sum.
const FINE: TimeDelta = TimeDelta::days(8);

/// From when on an account that was folded has every slot as the ledger has it. `None`: nobody knows.
#[must_use]
pub fn fine_from(account: &AccountSnapshot) -> Option<DateTime<Utc>> {
    let latest = account.latest.as_ref()?;
    latest.taken_at.checked_sub_signed(FINE)
}

/// Sums what is older than eight days before the last reading by day of the zone and attribution.
pub fn fold(account: &mut AccountSnapshot, zone: Zone, now: DateTime<Utc>) {
    let read_at = account.latest.as_ref().map(|latest| latest.taken_at);
    let until = read_at.map_or(now, |at| at.min(now));
    let fine_from = until.checked_sub_signed(FINE).unwrap_or(until);
    account.slots = folded(std::mem::take(&mut account.slots), zone, fine_from);
}

/// The slots, oldest first, with those before an instant summed. The sum stands at the first of its slots.
fn folded(slots: Vec<UsageSlot>, zone: Zone, fine_from: DateTime<Utc>) -> Vec<UsageSlot> {
    let mut kept: Vec<UsageSlot> = Vec::new();
    let mut running: Option<(Span, usize)> = None;
    for slot in slots {
        // No usage is older than its vendors; a day of such an instant may not even exist.
        let is_believed = slot.start >= DateTime::UNIX_EPOCH;
        if slot.width == SlotWidth::Day || slot.start >= fine_from || !is_believed {
            kept.push(slot);
            continue;
        }
        let (day, first) = running
            .filter(|(day, _)| day.contains(slot.start))
            .unwrap_or_else(|| (Unit::Day.around(slot.start, zone), kept.len()));
        running = Some((day, first));
        let is_its = |known: &&mut UsageSlot| known.width == slot.width && known.who == slot.who;
        match kept.iter_mut().skip(first).find(is_its) {
            Some(sum) => sum.add(&slot),
            None => kept.push(slot),
        }
    }
    kept.shrink_to_fit();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::testing::{account, at, billed, figures, slot, with_usage};
    use crate::domain::usage::{Attribution, Spend};

    fn quarters(from: &str, count: i32) -> Vec<UsageSlot> {
        let first = at(from);
        let quarter = |number| UsageSlot {
            start: first + TimeDelta::minutes(15) * number,
            ..slot(from, billed("0.25", "USD"))
        };
        (0..count).map(quarter).collect()
    }

    fn folded_in(zone: Zone, slots: Vec<UsageSlot>) -> Vec<(String, Spend)> {
        let mut account = with_usage(account("venice", figures()), slots);
        fold(&mut account, zone, at("2026-11-24T12:00:00Z"));
        let told = account.slots.into_iter();
        told.map(|slot| (slot.start.to_rfc3339(), slot.spend))
            .collect()
    }

    #[test]
    fn a_day_of_quarters_becomes_one_slot_cut_at_the_users_midnight() {
        let kept = folded_in(
            "Asia/Kathmandu".parse().unwrap(),
            quarters("2026-11-01T00:00:00Z", 96),
        );
        // Kathmandu is 5:45 ahead: 73 quarters belong to the first of November, 23 to the second.
        let expected = [
            ("2026-11-01T00:00:00+00:00", billed("18.25", "USD")),
            ("2026-11-01T18:15:00+00:00", billed("5.75", "USD")),
        ];
        assert_eq!(kept, expected.map(|(at, sum)| (at.to_owned(), sum)));
    }

    #[test]
    fn the_last_eight_days_stay_as_they_are() {
        assert_eq!(
            folded_in(Zone::UTC, quarters("2026-11-17T00:00:00Z", 4)).len(),
            4
        );
    }

    #[test]
    fn use_of_another_model_is_another_sum() {
        let mut slots = quarters("2026-11-01T00:00:00Z", 4);
        slots[2].who = Attribution {
            model: Some("llama".into()),
            ..Attribution::default()
        }
        .into();
        let kept = folded_in(Zone::UTC, slots);
        assert_eq!(kept.len(), 2);
        assert_eq!(kept[1].1, billed("0.25", "USD"));
    }
}
