//! What agents' logs tell, as pieces of usage: each response in its quarter of an hour, its session and its five-hour
//! window, at list prices.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::analysis::costing;
use crate::analysis::session::{self, Opening};
use crate::analysis::usage_report::Piece;
use crate::domain::agent::{AgentResponse, AgentSlot, Tally, Terms, Use};
use crate::domain::ids::{ProjectId, SessionId};
use crate::domain::period::Span;
use crate::domain::price::PriceBook;
use crate::domain::usage::{Attribution, SlotWidth, UsageSlot};

/// The responses as uses of a plan, sorted by time.
#[must_use]
pub fn uses(responses: &[AgentResponse]) -> Vec<Use> {
    let each = responses.iter();
    let mut uses: Vec<Use> = each.map(Use::from).collect();
    uses.sort_by_key(|each| each.at);
    uses
}

/// What was used by quarter of an hour as pieces, priced: enough for days, and known without single responses.
#[must_use]
pub fn slots(slots: &[AgentSlot], book: &PriceBook) -> Vec<Piece> {
    let each = slots.iter();
    each.map(|slot| Piece {
        session: slot.session.clone(),
        ..Piece::from(usage(slot.clone(), book))
    })
    .collect()
}

fn usage(slot: AgentSlot, book: &PriceBook) -> UsageSlot {
    UsageSlot {
        start: slot.start,
        width: SlotWidth::QuarterHour,
        spend: costing::spend(book, [&slot]),
        requests: Some(slot.tally.requests),
        tokens: Some(slot.tally.tokens),
        who: Attribution {
            model: Some(slot.model),
            project: slot.project,
            ..Attribution::default()
        }
        .into(),
    }
}

/// The responses as pieces, priced.
#[must_use]
pub fn pieces(responses: &[AgentResponse], opening: Opening, book: &PriceBook) -> Vec<Piece> {
    type Key<'a> = (
        DateTime<Utc>,
        DateTime<Utc>,
        &'a str,
        Option<&'a str>,
        Option<&'a str>,
        Terms,
    );
    let windows = session::windows(&uses(responses), session::SESSION, opening);
    let window_of = |at: DateTime<Utc>| {
        let after = windows.partition_point(|window| window.first_at <= at);
        let window = after.checked_sub(1).and_then(|place| windows.get(place));
        window.map_or(
            Span {
                from: at,
                until: at,
            },
            |window| window.span,
        )
    };
    let mut groups: BTreeMap<Key<'_>, Gathered<'_>> = BTreeMap::new();
    for response in responses {
        let (window, slot) = (window_of(response.at), &response.slot);
        let key = (
            window.from,
            slot.start,
            slot.model.as_str(),
            slot.project.as_ref().map(ProjectId::as_str),
            slot.session.as_ref().map(SessionId::as_str),
            slot.terms,
        );
        let gathered = groups.entry(key).or_insert_with(|| Gathered {
            window,
            first_at: response.at,
            last_at: response.at,
            of: slot,
            tally: Tally::default(),
        });
        gathered.first_at = gathered.first_at.min(response.at);
        gathered.last_at = gathered.last_at.max(response.at);
        gathered.tally.add(&slot.tally);
    }
    let groups = groups.into_values();
    groups.map(|gathered| gathered.piece(book)).collect()
}

/// Responses that differ in nothing that is told.
struct Gathered<'a> {
    window: Span,
    first_at: DateTime<Utc>,
    last_at: DateTime<Utc>,
    of: &'a AgentSlot,
    tally: Tally,
}

impl Gathered<'_> {
    fn piece(self, book: &PriceBook) -> Piece {
        let slot = AgentSlot {
            tally: self.tally,
            ..self.of.clone()
        };
        Piece {
            window: Some(self.window),
            first_at: self.first_at,
            last_at: self.last_at,
            session: slot.session.clone(),
            slot: usage(slot, book),
        }
    }
}
