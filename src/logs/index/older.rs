//! Frames of the first version, read and never written: a hash of every byte for itself, whole request hashes, no
//! totals. Their marks are not taken over, so that the logs are read again once.

use rust_decimal::Decimal;

use crate::domain::agent::{ModelOrigin, PromptSize, Region, Tally, Terms};
use crate::logs::labels::{Named, SPEEDS};
use crate::logs::response::Response;
use crate::logs::table::{Table, bounded, instant, short};
use spendtray_skim::codec::Bytes;

/// Takes the responses of a frame into the table.
pub(super) fn take(payload: &[u8], table: &mut Table) -> Option<()> {
    let mut bytes = Bytes(payload);
    // The empty name is the first and is not written.
    let mut names = vec![""];
    for _ in 0..bytes.number()? {
        names.push(bytes.text()?);
    }
    for _ in 0..bytes.number()? {
        let key = bytes.fixed()?;
        let response = response(&mut bytes, &names, table)?;
        table.enter(key, &response, &mut |_| {});
    }
    Some(())
}

/// Reads a value by its place in a list.
fn one_of<T: Copy>(bytes: &mut Bytes<'_>, all: &[T]) -> Option<T> {
    all.get(usize::try_from(bytes.number()?).ok()?).copied()
}

fn response(bytes: &mut Bytes<'_>, names: &[&str], table: &mut Table) -> Option<Response> {
    let (request, twin) = (bytes.fixed()?, bytes.fixed()?);
    let side = bytes.byte()? != 0;
    let at = bytes.signed()?;
    let (model, project, session) = (
        one_of(bytes, names)?,
        one_of(bytes, names)?,
        one_of(bytes, names)?,
    );
    let speed = one_of(bytes, &SPEEDS)?;
    let region = one_of(bytes, &[Region::Anywhere, Region::UnitedStates])?;
    let prompt = PromptSize::from_rank(bytes.byte()?)?;
    let origin = one_of(bytes, &[ModelOrigin::Named, ModelOrigin::Assumed])?;
    let mut tally = Tally::default();
    let tokens = &mut tally.tokens;
    for count in [
        &mut tally.requests,
        &mut tokens.input,
        &mut tokens.cached_input,
        &mut tokens.cache_write,
        &mut tokens.cache_write_5m,
        &mut tokens.cache_write_1h,
        &mut tokens.output,
        &mut tokens.reasoning,
        &mut tally.web_searches,
        &mut tally.unfinished,
    ] {
        *count = bytes.number()?;
    }
    let recorded = bytes.byte()? != 0;
    if recorded {
        let sum: [u8; 16] = bytes.bytes()?.try_into().ok()?;
        tally.recorded_usd = Decimal::deserialize(sum);
    }
    let label = table.labels.number_of(Named {
        model,
        project,
        session,
        terms: Terms {
            speed,
            region,
            prompt,
            model: origin,
            recorded,
        },
    });
    Some(Response {
        request: short(request),
        twin,
        side,
        at: instant(at),
        label,
        tally: bounded(&tally),
    })
}
