//! The books of one account: what the ledger counted joined with what the vendor says, as an account's figures.
//!
//! The ledger's count wins, because rows then sum to their total; what the vendor sums fills what it does not reach.

use std::collections::BTreeMap;

use crate::domain::zone::Zone;
use chrono::{DateTime, Utc};

use crate::analysis::digest::{
    AccountCard, AccountDigest, BalanceDigest, ModelDigest, ProjectDigest, SumReach, TokenSum,
    WindowDigest,
};
use crate::analysis::forecast::Burning;
use crate::analysis::freshness;
use crate::analysis::ranking::most_spend_first;
use crate::analysis::summary::{Reach, Sums, Usage};
use crate::domain::ids::{KeyId, ProjectId};
use crate::domain::key::{KeyKind, KeyReading};
use crate::domain::period::Unit;
use crate::domain::reading::{Completeness, Figures};
use crate::domain::snapshot::{AccountSnapshot, Latest};
use crate::domain::usage::{Spans, Spend};

/// Everything known of one account.
#[derive(Debug, Clone)]
pub(super) struct Books<'a> {
    /// Who it is.
    pub(super) card: &'a AccountCard,
    /// What the ledger counted.
    pub(super) usage: Usage<'a>,
    known: Option<&'a AccountSnapshot>,
    now: DateTime<Utc>,
}

impl<'a> Books<'a> {
    /// The books of a card's account.
    pub(super) fn new(
        card: &'a AccountCard,
        known: Option<&'a AccountSnapshot>,
        zone: Zone,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            card,
            usage: Usage::new(known, zone, now),
            known,
            now,
        }
    }

    fn latest(&self) -> Option<&'a Latest> {
        self.known.and_then(|known| known.latest.as_ref())
    }

    /// The last good figures.
    pub(super) fn figures(&self) -> Option<&'a Figures> {
        self.latest().map(|latest| &latest.figures)
    }

    /// The account's figures now.
    pub(super) fn digest(&self) -> AccountDigest {
        let latest = self.latest();
        let poll = self.known.map(|known| &known.poll);
        let sums = self.usage.sums();
        AccountDigest {
            card: self.card.clone(),
            provider: self.card.id.provider().clone(),
            state: freshness::state(latest, poll, self.card.every, self.now),
            updated_at: latest.map(|latest| latest.taken_at),
            next_poll_at: poll.and_then(|poll| poll.next_at),
            failure: poll.and_then(|poll| poll.failure.clone()),
            missing: match latest.map(|latest| &latest.complete) {
                Some(Completeness::Partial(missing)) => missing.clone(),
                _ => Vec::new(),
            },
            plan: self.figures().and_then(|figures| figures.plan.clone()),
            balances: self.balances(),
            windows: self.windows(),
            spend: self.spend(&sums),
            tokens_today: self.usage.tokens(Unit::Day, sums.account.of(Unit::Day)),
            keys: self.keys(&sums),
            models: self.models(&sums),
            projects: self.projects(&sums),
            prices: self
                .figures()
                .map_or_else(Vec::new, |figures| figures.prices.clone()),
            priced_as_of: self.figures().and_then(|figures| figures.priced_as_of),
        }
    }

    fn burning(&self) -> Option<Burning<'a>> {
        let known = self.known?;
        let latest = self.latest()?;
        Some(Burning {
            known,
            latest,
            since: self.usage.since,
            now: self.now,
        })
    }

    fn balances(&self) -> Vec<BalanceDigest> {
        let balances = self.figures().map_or(&[][..], |figures| &figures.balances);
        let with_forecast = |balance| {
            let balance = freshness::balance_now(balance, self.now);
            let lasts = self
                .burning()
                .and_then(|burning| burning.balance_lasts(&balance));
            BalanceDigest { balance, lasts }
        };
        balances.iter().map(with_forecast).collect()
    }

    fn windows(&self) -> Vec<WindowDigest> {
        let windows = self.figures().map_or(&[][..], |figures| &figures.windows);
        let with_forecast = |window| {
            let window = freshness::window_now(window, self.now);
            let burning = self.burning();
            let runs_out_at = burning.and_then(|burning| burning.window_runs_out_at(&window));
            let pace = burning.and_then(|burning| burning.pace(&window, runs_out_at));
            WindowDigest {
                window,
                runs_out_at,
                pace,
            }
        };
        windows.iter().map(with_forecast).collect()
    }

    /// What the vendor sums by key, as far as its spans still run.
    pub(super) fn vendor_keys(&self) -> Vec<KeyReading> {
        let Some(latest) = self.latest() else {
            return Vec::new();
        };
        let now = |key: &KeyReading| KeyReading {
            spend: freshness::spans_now(&key.spend, latest.taken_at, self.now),
            limits: key
                .limits
                .iter()
                .map(|limit| freshness::limit_now(limit, self.now))
                .collect(),
            ..key.clone()
        };
        latest.figures.keys.iter().map(now).collect()
    }

    /// What the vendor sums by model, as far as its spans still run.
    pub(super) fn vendor_models(&self) -> Vec<ModelDigest> {
        let Some(latest) = self.latest() else {
            return Vec::new();
        };
        let models = latest.figures.models.iter();
        models
            .map(|model| ModelDigest {
                model: model.model.clone(),
                tokens: model.tokens.map(|tokens| TokenSum {
                    tokens,
                    requests: None,
                }),
                spend: freshness::spans_now(&model.spend, latest.taken_at, self.now),
            })
            .collect()
    }

    /// What the vendor's own sums add up to: by model, because models cover all use, else by key.
    pub(super) fn vendor_spend(&self, unit: Unit) -> Option<Spend> {
        sum_of(self.vendor_models().iter().map(|model| &model.spend), unit)
            .or_else(|| sum_of(self.vendor_keys().iter().map(|key| &key.spend), unit))
    }

    fn spend(&self, sums: &Sums) -> Spans {
        let counted = self.usage.spans(&sums.account);
        Spans::from_units(|unit| {
            let counted = counted.get(unit).cloned();
            counted.or_else(|| self.vendor_spend(unit))
        })
    }

    /// Whether this account's part of a total over the span is in it. An account that never tells spend has none.
    pub(super) fn reach(&self, unit: Unit, spend: &Spans) -> SumReach {
        if spend.get(unit).is_some() || self.never_tells_spend() {
            SumReach::Whole
        } else {
            SumReach::LowerBound
        }
    }

    /// Whether the vendor was read and tells no spend at all: a plan with windows, a price source.
    pub(super) fn never_tells_spend(&self) -> bool {
        let Some(figures) = self.figures() else {
            return false;
        };
        let silent = |spans: &Spans| Unit::ALL.iter().all(|unit| spans.get(*unit).is_none());
        self.usage.since.is_none()
            && figures.keys.iter().all(|key| silent(&key.spend))
            && figures.models.iter().all(|model| silent(&model.spend))
    }

    fn keys(&self, sums: &Sums) -> Vec<KeyReading> {
        let mut counted: BTreeMap<&KeyId, Spans> = sums
            .keys
            .iter()
            .map(|(key, tallies)| (key, self.usage.spans(tallies)))
            .collect();
        let unused = if self.usage.names_every_key() {
            self.usage.spans(&Sums::default().account)
        } else {
            Spans::default()
        };
        let mut keys = self.vendor_keys();
        for key in &mut keys {
            let spans = counted.remove(&key.id).unwrap_or_else(|| unused.clone());
            key.spend = joined(&spans, &key.spend);
        }
        keys.extend(counted.into_iter().map(|(id, spend)| forgotten(id, spend)));
        most_spend_first(&mut keys, |key| &key.spend);
        keys
    }

    fn models(&self, sums: &Sums) -> Vec<ModelDigest> {
        let vendor = self.vendor_models();
        let mut models = if sums.models.is_empty() {
            vendor
        } else {
            let rows = sums.models.iter();
            rows.map(|(id, tallies)| {
                let told = vendor.iter().find(|model| model.model == *id);
                let counted = self.usage.spans(tallies);
                ModelDigest {
                    model: id.clone(),
                    tokens: self
                        .usage
                        .tokens(Unit::Month, tallies.of(Unit::Month))
                        .or_else(|| told.and_then(|model| model.tokens)),
                    spend: told.map_or(counted.clone(), |model| joined(&counted, &model.spend)),
                }
            })
            .collect()
        };
        most_spend_first(&mut models, |model| &model.spend);
        models
    }

    /// The projects that usage names, with the vendor's labels.
    fn projects(&self, sums: &Sums) -> Vec<ProjectDigest> {
        let named = self.figures().map_or(&[][..], |figures| &figures.projects);
        let label = |id: &ProjectId| named.iter().find(|project| project.id == *id);
        let counted = sums.projects.iter().map(|(id, tallies)| ProjectDigest {
            id: id.clone(),
            label: label(id).map_or_else(|| id.to_string(), |project| project.label.clone()),
            tokens: self.usage.tokens(Unit::Month, tallies.of(Unit::Month)),
            spend: self.usage.spans(tallies),
        });
        let mut projects: Vec<ProjectDigest> = counted.collect();
        most_spend_first(&mut projects, |project| &project.spend);
        projects
    }
}

/// The first spans, filled by the second where the first are unknown.
fn joined(first: &Spans, second: &Spans) -> Spans {
    Spans::from_units(|unit| first.get(unit).or_else(|| second.get(unit)).cloned())
}

/// The sum of a span over all rows; `None` when there are none, or one of them is unknown.
fn sum_of<'a>(rows: impl Iterator<Item = &'a Spans>, unit: Unit) -> Option<Spend> {
    let mut sum = None::<Spend>;
    for spans in rows {
        sum.get_or_insert_default().merge(spans.get(unit)?);
    }
    sum
}

/// A key that usage names but the vendor no longer lists.
fn forgotten(id: &KeyId, spend: Spans) -> KeyReading {
    let tail: Vec<char> = id.as_str().chars().rev().take(8).collect();
    let tail: String = tail.into_iter().rev().collect();
    KeyReading {
        id: id.clone(),
        label: format!("Key {tail}"),
        kind: KeyKind::Unknown,
        created_at: None,
        expires_at: None,
        last_used_at: None,
        spend,
        limits: Vec::new(),
    }
}

/// How much of a span the ledger covers, as a mark of a sum over it; `None`: nothing.
pub(super) const fn mark(reach: Reach) -> Option<SumReach> {
    match reach {
        Reach::Whole => Some(SumReach::Whole),
        Reach::Part => Some(SumReach::LowerBound),
        Reach::Nothing => None,
    }
}
