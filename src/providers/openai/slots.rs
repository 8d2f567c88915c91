//! From charges and counts to day slots: money beside tokens, each once.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use chrono::NaiveDate;

use crate::domain::ids::ModelId;
use crate::domain::tokens::TokenCounts;
use crate::domain::usage::{Attribution, Basis, SlotWidth, Spend, UsageSlot};
use crate::providers::days;
use crate::providers::openai::costs::Charge;
use crate::providers::openai::usage::Counts;

#[derive(Debug, Default)]
struct Sum {
    spend: Spend,
    requests: Option<u64>,
    tokens: Option<TokenCounts>,
}

/// The slots of some days. A model that was used on a day and is not on that day's bill is unpriced: its cost comes
/// later, or under another name.
pub(super) fn join(
    charges: &[Charge],
    counts: &[Counts],
    days: Range<NaiveDate>,
) -> Vec<UsageSlot> {
    let mut sums: BTreeMap<(NaiveDate, Attribution), Sum> = BTreeMap::new();
    let mut billed: BTreeSet<(NaiveDate, &ModelId)> = BTreeSet::new();
    for charge in charges.iter().filter(|charge| days.contains(&charge.day)) {
        let sum = sums.entry((charge.day, charge.who.clone())).or_default();
        match charge.cost {
            Some(cost) => sum.spend.add(cost, Basis::Billed),
            None => sum.spend.unpriced.extend(charge.who.model.clone()),
        }
        billed.extend(charge.who.model.as_ref().map(|model| (charge.day, model)));
    }
    for count in counts.iter().filter(|count| days.contains(&count.day)) {
        let sum = sums.entry((count.day, count.who.clone())).or_default();
        sum.count(count);
        if let Some(model) = &count.who.model
            && !billed.contains(&(count.day, model))
        {
            sum.spend.unpriced.insert(model.clone());
        }
    }
    sums.into_iter().map(slot).collect()
}

impl Sum {
    fn count(&mut self, count: &Counts) {
        if let Some(requests) = count.requests {
            let sum = self.requests.get_or_insert(0);
            *sum = sum.saturating_add(requests);
        }
        if let Some(tokens) = &count.tokens {
            self.tokens.get_or_insert_default().add(tokens);
        }
    }
}

fn slot(((day, who), sum): ((NaiveDate, Attribution), Sum)) -> UsageSlot {
    UsageSlot {
        start: days::midnight(day),
        width: SlotWidth::Day,
        who,
        requests: sum.requests,
        tokens: sum.tokens,
        spend: sum.spend,
    }
}
