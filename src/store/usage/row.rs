//! Usage as rows: attribution, counts and money in columns, and back.

use std::collections::BTreeSet;

use crate::domain::ids::{KeyId, ModelId, ProjectId, UserId};
use crate::domain::money::{Currency, Money, nanos};
use crate::domain::tokens::TokenCounts;
use crate::domain::usage::{Attribution, Basis, Cost, SlotWidth, Spend, UsageEvent, UsageSlot};
use crate::store::cell::{self, Read, Unreadable};
use crate::store::database::{Row, Statement};

/// The basis of usage whose cost nobody knows; the row names the model.
const UNPRICED: &str = "unpriced";
/// Stands for the model of such usage when that is unknown too.
const UNKNOWN_MODEL: &str = "unknown model";
/// The most money an event is believed to cost: a thousand of those still add up in SQL.
const MOST_NANOS: u64 = i64::MAX.cast_unsigned() >> 10;

/// API key, model, project, person; an empty text is unknown.
pub(super) type Who = [String; 4];

/// Input, cached input, cache writes of unknown, five minutes' and an hour's lifetime, output, reasoning.
pub(super) type Tokens = [i64; 7];

/// What was paid, in columns.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Paid {
    basis: String,
    currency: String,
    nanos: Option<i64>,
    unpriced: String,
}

/// A row of `usage_event`, without its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EventRow {
    pub(super) key: String,
    pub(super) at: i64,
    pub(super) slot_at: i64,
    who: Who,
    requests: i64,
    tokens: Tokens,
    paid: Paid,
    as_of: String,
}

/// A row of `usage_slot`, without its account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SlotRow {
    pub(super) start_at: i64,
    pub(super) width: String,
    origin: String,
    who: Who,
    requests: Option<i64>,
    tokens: Option<Tokens>,
    paid: Paid,
}

impl EventRow {
    pub(super) fn new(event: &UsageEvent) -> Self {
        let model = event.who.model.as_ref();
        let (paid, as_of) = match &event.cost {
            Cost::Reported { money, basis } => (paid(*money, *basis, model), String::new()),
            Cost::Estimated { money, as_of } => {
                (paid(*money, Basis::Estimated, model), as_of.to_string())
            }
            Cost::Unknown => (unpriced(model), String::new()),
        };
        let believed = paid
            .nanos
            .is_none_or(|nanos| nanos.unsigned_abs() <= MOST_NANOS);
        Self {
            key: cell::clean(&event.key),
            at: cell::millis(event.at),
            slot_at: cell::millis(SlotWidth::QuarterHour.start_of(event.at)),
            who: who(&event.who),
            requests: cell::count(event.requests),
            tokens: tokens(&event.tokens),
            paid: if believed { paid } else { disbelieved(model) },
            as_of,
        }
    }

    /// Reads `key, at, slot_at, api_key … as_of`.
    pub(super) fn read(row: &Row<'_>) -> Read<Self> {
        Ok(Self {
            key: cell::text(row, 0)?,
            at: cell::number(row, 1)?,
            slot_at: cell::number(row, 2)?,
            who: read_who(row, 3)?,
            requests: cell::number(row, 7)?,
            tokens: read_tokens(row, 8)?.ok_or(Unreadable)?,
            paid: read_paid(row, 15)?,
            as_of: cell::text(row, 19)?,
        })
    }

    pub(super) fn bind(&self, statement: Statement, account: &str) -> Statement {
        let mut statement = statement
            .bind(account)
            .bind(self.key.clone())
            .bind(self.at)
            .bind(self.slot_at);
        statement = bind_who(statement, &self.who).bind(self.requests);
        for class in self.tokens {
            statement = statement.bind(class);
        }
        bind_paid(statement, &self.paid).bind(self.as_of.clone())
    }
}

impl SlotRow {
    /// The rows of a reported slot: one for each sum of money and each unpriced model, the counts on the first only.
    pub(super) fn of_range(slot: &UsageSlot) -> Vec<Self> {
        let model = slot.who.model.as_ref();
        let sums = slot
            .spend
            .iter()
            .map(|(sum, basis)| paid(sum, basis, model));
        let unpriced_models = slot
            .spend
            .unpriced
            .iter()
            .map(|model| unpriced(Some(model)));
        let mut kinds: BTreeSet<Paid> = sums.chain(unpriced_models).collect();
        if kinds.is_empty() {
            kinds.insert(Paid::default());
        }
        let mut requests = slot.requests.map(cell::count);
        let mut counts = slot.tokens.as_ref().map(tokens);
        kinds
            .into_iter()
            .map(|paid| Self {
                start_at: cell::millis(slot.start),
                width: cell::word(slot.width),
                origin: "range".to_owned(),
                who: who(&slot.who),
                requests: requests.take(),
                tokens: counts.take(),
                paid,
            })
            .collect()
    }

    /// Reads `start_at, width, origin, api_key … unpriced`.
    pub(super) fn read(row: &Row<'_>) -> Read<Self> {
        Ok(Self {
            start_at: cell::number(row, 0)?,
            width: cell::text(row, 1)?,
            origin: cell::text(row, 2)?,
            who: read_who(row, 3)?,
            requests: cell::maybe_number(row, 7)?,
            tokens: read_tokens(row, 8)?,
            paid: read_paid(row, 15)?,
        })
    }

    /// Stands for a row that cannot be read: equal to none that is written.
    pub(super) fn strange(start_at: i64) -> Self {
        Self {
            start_at,
            width: String::new(),
            origin: String::new(),
            who: Who::default(),
            requests: None,
            tokens: None,
            paid: Paid::default(),
        }
    }

    pub(super) fn bind(&self, statement: Statement, account: &str) -> Statement {
        let mut statement = statement
            .bind(account)
            .bind(self.start_at)
            .bind(self.width.clone())
            .bind(self.origin.clone());
        statement = bind_who(statement, &self.who).bind(self.requests);
        for class in 0..7 {
            let tokens = self.tokens.as_ref();
            statement = statement.bind(tokens.and_then(|tokens| tokens.get(class).copied()));
        }
        bind_paid(statement, &self.paid)
    }
}

/// A row of `usage_slot` as it lies in the answer: thousands are read at once, and nothing of them is copied.
pub(super) struct Told<'r> {
    pub(super) start_at: i64,
    pub(super) width: &'r str,
    /// API key, model, project, person; an empty text is unknown.
    pub(super) who: [&'r str; 4],
    requests: Option<i64>,
    tokens: Option<Tokens>,
    basis: &'r str,
    currency: &'r str,
    nanos: Option<i64>,
    unpriced: &'r str,
}

impl<'r> Told<'r> {
    /// Reads `start_at, width, origin, api_key … unpriced`.
    pub(super) fn read(row: &'r Row<'_>) -> Read<Self> {
        Ok(Self {
            start_at: cell::number(row, 0)?,
            width: row.told(1)?,
            who: [row.told(3)?, row.told(4)?, row.told(5)?, row.told(6)?],
            requests: cell::maybe_number(row, 7)?,
            tokens: read_tokens(row, 8)?,
            basis: row.told(15)?,
            currency: row.told(16)?,
            nanos: cell::maybe_number(row, 17)?,
            unpriced: row.told(18)?,
        })
    }

    /// Whose it is.
    pub(super) fn attribution(&self) -> Attribution {
        let [key, model, project, user] = self
            .who
            .map(|name| Some(name).filter(|name| !name.is_empty()));
        Attribution {
            key: key.map(KeyId::from),
            model: model.map(ModelId::from),
            project: project.map(ProjectId::from),
            user: user.map(UserId::from),
        }
    }

    /// Adds what this row says to a slot; money that cannot be read is left out.
    pub(super) fn add_to(&self, slot: &mut UsageSlot) -> Read<()> {
        if let Some(more) = self.requests {
            let more = u64::try_from(more).unwrap_or_default();
            slot.requests = Some(slot.requests.unwrap_or_default().saturating_add(more));
        }
        if let Some(more) = &self.tokens {
            let tokens = slot.tokens.get_or_insert_default();
            tokens.add(&token_counts(*more));
        }
        self.add_paid(&mut slot.spend)
    }

    fn add_paid(&self, spend: &mut Spend) -> Read<()> {
        match self.basis {
            "" => {}
            UNPRICED => {
                spend.unpriced.insert(ModelId::from(self.unpriced));
            }
            basis => {
                let currency = Currency::new(self.currency)?;
                let nanos = self.nanos.ok_or(Unreadable)?;
                spend.add(Money::from_nanos(nanos, currency), cell::from_word(basis)?);
            }
        }
        Ok(())
    }
}

fn paid(money: Money, basis: Basis, model: Option<&ModelId>) -> Paid {
    match nanos(money.amount) {
        Some(nanos) => Paid {
            basis: cell::word(basis),
            currency: money.currency.code().to_owned(),
            nanos: Some(nanos),
            unpriced: String::new(),
        },
        None => disbelieved(model),
    }
}

/// A cost too large for the ledger is unknown, not lost: sums that lack it are marked as lower bounds.
fn disbelieved(model: Option<&ModelId>) -> Paid {
    tracing::warn!(
        ?model,
        "a cost is too large to be kept; it counts as unknown"
    );
    unpriced(model)
}

fn unpriced(model: Option<&ModelId>) -> Paid {
    Paid {
        basis: UNPRICED.to_owned(),
        unpriced: cell::clean(model.map_or(UNKNOWN_MODEL, ModelId::as_str)),
        ..Paid::default()
    }
}

fn who(who: &Attribution) -> Who {
    names(who).map(cell::clean)
}

/// API key, model, project, person, in the order of the columns; an empty text is unknown.
pub(super) fn names(who: &Attribution) -> [&str; 4] {
    let names = [
        who.key.as_ref().map(KeyId::as_str),
        who.model.as_ref().map(ModelId::as_str),
        who.project.as_ref().map(ProjectId::as_str),
        who.user.as_ref().map(UserId::as_str),
    ];
    names.map(Option::unwrap_or_default)
}

fn tokens(counts: &TokenCounts) -> Tokens {
    [
        counts.input,
        counts.cached_input,
        counts.cache_write,
        counts.cache_write_5m,
        counts.cache_write_1h,
        counts.output,
        counts.reasoning,
    ]
    .map(cell::count)
}

fn token_counts(tokens: Tokens) -> TokenCounts {
    let [input, cached, write, five_minutes, hour, output, reasoning] =
        tokens.map(|class| u64::try_from(class).unwrap_or_default());
    TokenCounts {
        input,
        cached_input: cached,
        cache_write: write,
        cache_write_5m: five_minutes,
        cache_write_1h: hour,
        output,
        reasoning,
    }
}

fn read_who(row: &Row<'_>, first: usize) -> Read<Who> {
    Ok([
        cell::text(row, first)?,
        cell::text(row, first + 1)?,
        cell::text(row, first + 2)?,
        cell::text(row, first + 3)?,
    ])
}

/// `None`: no tokens were told.
fn read_tokens(row: &Row<'_>, first: usize) -> Read<Option<Tokens>> {
    let mut tokens = Tokens::default();
    for (class, column) in tokens.iter_mut().zip(first..) {
        match cell::maybe_number(row, column)? {
            Some(told) => *class = told,
            None => return Ok(None),
        }
    }
    Ok(Some(tokens))
}

fn read_paid(row: &Row<'_>, first: usize) -> Read<Paid> {
    Ok(Paid {
        basis: cell::text(row, first)?,
        currency: cell::text(row, first + 1)?,
        nanos: cell::maybe_number(row, first + 2)?,
        unpriced: cell::text(row, first + 3)?,
    })
}

fn bind_who(mut statement: Statement, who: &Who) -> Statement {
    for part in who {
        statement = statement.bind(part.clone());
    }
    statement
}

fn bind_paid(statement: Statement, paid: &Paid) -> Statement {
    statement
        .bind(paid.basis.clone())
        .bind(paid.currency.clone())
        .bind(paid.nanos)
        .bind(paid.unpriced.clone())
}
