//! `/billing/usage-analytics`: the ledger summed by day, model and key. Purchases and refunds are left out.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::simulator::call::{Call, Reply, number};
use crate::simulator::venice::catalogue::{CALLERS, MODELS, Part};
use crate::simulator::venice::invalid;
use crate::simulator::venice::ledger::{Origin, Purse, Row};

const MOST_DAYS: i64 = 90;

/// Days of UTC, both inclusive.
#[derive(Clone, Copy)]
struct Days {
    first: NaiveDate,
    last: NaiveDate,
}

/// Sums in dollars (bundled credits among them), DIEM and units.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    usd: Decimal,
    diem: Decimal,
    units: Decimal,
}

impl Sum {
    fn add(&mut self, row: &Row, part: Part) {
        match row.purse {
            Purse::Diem => self.diem -= row.amount,
            Purse::Bundled | Purse::Usd => self.usd -= row.amount,
        }
        self.units += match part {
            Part::Piece => row.units,
            _ => row.units * Decimal::from(1_000_000),
        };
    }

    fn both(&self) -> Decimal {
        self.usd + self.diem
    }
}

/// The rows that count.
struct Spent<'a> {
    days: Days,
    rows: Vec<(&'a Row, Origin)>,
}

pub(super) fn answer(call: &Call<'_>) -> Reply {
    let (lookback, days) = match asked(call) {
        Ok(asked) => asked,
        Err(refusal) => return refusal,
    };
    let ledger = call.world.ledger(call.now);
    let spent = Spent {
        days,
        rows: ledger
            .rows()
            .filter(|row| (days.first..=days.last).contains(&row.at.date_naive()))
            .filter_map(|row| Some((row, row.origin?)))
            .collect(),
    };
    let by_model = |origin: &Origin| origin.model.name;
    let by_key = |origin: &Origin| origin.caller.name;
    let body = json!({
        "lookback": lookback,
        "byDate": spent.by_date(),
        "byModel": spent.by_model(),
        "byModelDaily": spent.daily(by_model, Sum::both),
        "byModelDailyUsd": spent.daily(by_model, |sum| sum.usd),
        "topModels": spent.top(by_model),
        "byKey": spent.by_key(),
        "byKeyDaily": spent.daily(by_key, Sum::both),
        "byKeyDailyUsd": spent.daily(by_key, |sum| sum.usd),
        "topKeyNames": spent.top(by_key),
    });
    Reply::json(200, &body)
}

fn asked(call: &Call<'_>) -> Result<(String, Days), Reply> {
    let refused = |name, message| Err(invalid(name, message));
    if let (Some(first), Some(last)) = (call.parameter("startDate"), call.parameter("endDate")) {
        let (Ok(first), Ok(last)) = (first.parse(), last.parse()) else {
            return refused("startDate", "Invalid date");
        };
        let days = Days { first, last };
        return match days.count() {
            count @ 1..=MOST_DAYS => Ok((format!("{count}d"), days)),
            _ => refused("endDate", "Range must be between 1 and 90 days"),
        };
    }
    let lookback = call.parameter("lookback").unwrap_or("7d");
    let digits = lookback
        .strip_suffix('d')
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .filter(|digits| !digits.is_empty() && !digits.starts_with('0'));
    let Some(digits) = digits else {
        return refused("lookback", "Invalid");
    };
    let count = digits.parse().unwrap_or(MOST_DAYS).min(MOST_DAYS);
    let last = call.now.date_naive();
    let first = last - TimeDelta::days(count - 1);
    Ok((lookback.to_owned(), Days { first, last }))
}

impl Days {
    fn count(self) -> i64 {
        (self.last - self.first).num_days() + 1
    }

    fn each(self) -> impl Iterator<Item = NaiveDate> {
        self.first
            .iter_days()
            .take_while(move |day| *day <= self.last)
    }
}

impl Spent<'_> {
    fn sum(&self, counts: impl Fn(&Row, &Origin) -> bool) -> Sum {
        let mut sum = Sum::default();
        for (row, origin) in self.rows.iter().filter(|(row, origin)| counts(row, origin)) {
            sum.add(row, origin.part);
        }
        sum
    }

    fn by_date(&self) -> Vec<Value> {
        self.days
            .each()
            .map(|day| {
                let sum = self.sum(|row, _| row.at.date_naive() == day);
                json!({"date": day.to_string(), "USD": number(sum.usd), "DIEM": number(sum.diem)})
            })
            .collect()
    }

    fn by_model(&self) -> Vec<Value> {
        MODELS
            .iter()
            .map(|model| (model, self.sum(|_, origin| origin.model.id == model.id)))
            .filter(|(_, sum)| !sum.units.is_zero())
            .map(|(model, sum)| {
                let mut body = json!({
                    "modelName": model.name,
                    "unitType": model.unit,
                    "modelType": model.kind,
                    "totalUsd": number(sum.usd),
                    "totalDiem": number(sum.diem),
                    "totalUnits": number(sum.units),
                });
                let breakdown = self.breakdown(model.id);
                if let (Some(fields), false) = (body.as_object_mut(), breakdown.is_empty()) {
                    fields.insert("breakdown".to_owned(), Value::Array(breakdown));
                }
                body
            })
            .collect()
    }

    fn breakdown(&self, model: &str) -> Vec<Value> {
        [Part::Input, Part::Output, Part::CacheRead]
            .into_iter()
            .filter_map(|part| {
                let sum = self.sum(|_, origin| origin.model.id == model && origin.part == part);
                let name = part.name().filter(|_| !sum.units.is_zero())?;
                Some(json!({
                    "type": name,
                    "usd": number(sum.usd),
                    "diem": number(sum.diem),
                    "units": number(sum.units),
                }))
            })
            .collect()
    }

    fn by_key(&self) -> Vec<Value> {
        CALLERS
            .iter()
            .map(|caller| {
                (
                    caller,
                    self.sum(|_, origin| origin.caller.name == caller.name),
                )
            })
            .filter(|(_, sum)| !sum.units.is_zero())
            .map(|(caller, sum)| {
                json!({
                    "apiKeyId": caller.id,
                    "description": caller.name,
                    "totalUsd": number(sum.usd),
                    "totalDiem": number(sum.diem),
                    "totalUnits": number(sum.units),
                })
            })
            .collect()
    }

    /// Sparse columns: what was not spent on a day is not named.
    fn daily(
        &self,
        name: impl Fn(&Origin) -> &'static str,
        figure: impl Fn(&Sum) -> Decimal,
    ) -> Vec<Value> {
        let mut days: BTreeMap<NaiveDate, BTreeMap<&str, Sum>> =
            self.days.each().map(|day| (day, BTreeMap::new())).collect();
        for (row, origin) in &self.rows {
            let day = days.entry(row.at.date_naive()).or_default();
            day.entry(name(origin)).or_default().add(row, origin.part);
        }
        days.into_iter()
            .map(|(day, sums)| {
                let mut fields: Map<String, Value> = sums
                    .into_iter()
                    .map(|(name, sum)| (name.to_owned(), figure(&sum)))
                    .filter(|(_, amount)| !amount.is_zero())
                    .map(|(name, amount)| (name, number(amount)))
                    .collect();
                fields.insert("date".to_owned(), json!(milliseconds(day)));
                Value::Object(fields)
            })
            .collect()
    }

    fn top(&self, name: impl Fn(&Origin) -> &'static str) -> Vec<&'static str> {
        let mut sums: BTreeMap<&'static str, Sum> = BTreeMap::new();
        for (row, origin) in &self.rows {
            sums.entry(name(origin)).or_default().add(row, origin.part);
        }
        let mut names: Vec<_> = sums.into_iter().collect();
        names.sort_by_key(|(_, sum)| std::cmp::Reverse(sum.both()));
        names.into_iter().map(|(name, _)| name).collect()
    }
}

fn milliseconds(day: NaiveDate) -> i64 {
    day.and_time(NaiveTime::MIN).and_utc().timestamp_millis()
}
