//! The words of alerts: figures as people read them, and the step that helps. Everything else is written in `view`,
//! which stands above and shows these texts as they are.

use crate::domain::zone::Zone;
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::analysis::digest::AccountCard;
use crate::domain::money::{Currency, Money};

/// What the page for paying offers first.
const TOP_UP_AMOUNT: &str = "25.00";

/// Money: `$4.21`, `$0.0011`, `42.5000 DIEM`, `€1,234.50`.
pub(super) fn money(money: Money) -> String {
    let amount = money.amount;
    let below_a_cent = !amount.is_zero() && amount.abs() < Decimal::new(1, 2);
    let places = if below_a_cent || money.currency == Currency::DIEM {
        4
    } else {
        2
    };
    let digits = grouped(&rounded(amount.abs(), places));
    let sign = if amount.is_sign_negative() && digits.bytes().any(|digit| digit > b'0') {
        "-"
    } else {
        ""
    };
    match money.currency.code() {
        "USD" => format!("{sign}${digits}"),
        "EUR" => format!("{sign}€{digits}"),
        "GBP" => format!("{sign}£{digits}"),
        code => format!("{sign}{digits} {code}"),
    }
}

/// The digits with so many places. Padded by hand: the decimal's own padding panics beyond its buffer.
fn rounded(amount: Decimal, places: u32) -> String {
    let rounded = amount.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
    let mut digits = rounded.to_string();
    if rounded.scale() == 0 {
        digits.push('.');
    }
    for _ in rounded.scale()..places {
        digits.push('0');
    }
    digits
}

fn grouped(digits: &str) -> String {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut text = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// A percentage with at most one decimal: `33 %`, `82.4 %`.
pub(super) fn percent(percent: Decimal) -> String {
    let rounded = percent.round_dp_with_strategy(1, RoundingStrategy::MidpointAwayFromZero);
    format!("{} %", rounded.normalize())
}

/// A plain figure as it was given.
pub(super) fn number(number: Decimal) -> String {
    number.normalize().to_string()
}

/// A figure with thousands separators: `110,000`, `0.5`.
pub(super) fn amount(number: Decimal) -> String {
    let sign = if number.is_sign_negative() { "-" } else { "" };
    format!("{sign}{}", grouped(&number.abs().normalize().to_string()))
}

/// A duration: `4h 3m`, `12m`, from two days on `3d 4h`.
pub(super) fn duration(duration: TimeDelta) -> String {
    let minutes = duration.num_minutes().max(0);
    let (days, hours) = (minutes / 1440, minutes / 60);
    if days >= 2 {
        format!("{days}d {}h", hours % 24)
    } else if hours > 0 && minutes % 60 == 0 {
        format!("{hours}h")
    } else if hours > 0 {
        format!("{hours}h {}m", minutes % 60)
    } else if minutes > 0 {
        format!("{minutes}m")
    } else {
        "less than a minute".to_owned()
    }
}

/// An instant on the user's clock: `3:55pm`, the next `midnight`, on another day `1am on 24 Nov`.
pub(super) fn clock(at: DateTime<Utc>, now: DateTime<Utc>, zone: Zone) -> String {
    // So far away no zone has an offset that chrono could still apply.
    if (at - now).abs() > TimeDelta::days(36_500) {
        return "in the far future".to_owned();
    }
    let (at, now) = (at.with_timezone(&zone), now.with_timezone(&zone));
    let face = at.format("%-I:%M%P").to_string().replace(":00", "");
    if at.date_naive() == now.date_naive() {
        face
    } else if face == "12am" && now.date_naive().succ_opt() == Some(at.date_naive()) {
        "midnight".to_owned()
    } else {
        format!("{face} on {}", at.format("%-d %b"))
    }
}

/// `It resets in 3h 55m, at 3:55pm.`; empty when that is not known.
pub(super) fn it(
    does: &str,
    at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
    zone: Zone,
) -> Option<String> {
    let at = at?;
    let wait = duration(at - now);
    Some(format!("It {does} in {wait}, at {}.", clock(at, now, zone)))
}

/// `Top up at https://….`; `None` when the vendor has no page for it.
pub(super) fn top_up(card: &AccountCard) -> Option<String> {
    let page = card.top_up.as_deref()?;
    let page = page.replace("{amount}", TOP_UP_AMOUNT);
    Some(format!("Top up at {page}"))
}

/// Sentences one after another, without those that are missing.
pub(super) fn sentences<const N: usize>(sentences: [Option<String>; N]) -> String {
    let told: Vec<String> = sentences.into_iter().flatten().collect();
    told.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(amount: &str, currency: &str) -> String {
        money(Money::new(
            amount.parse().unwrap(),
            currency.parse().unwrap(),
        ))
    }

    #[test]
    fn diem_has_four_decimals_and_dollars_two_below_a_cent_four() {
        assert_eq!(written("90.5", "DIEM"), "90.5000 DIEM");
        assert_eq!(written("25", "USD"), "$25.00");
        assert_eq!(written("0.00112", "USD"), "$0.0011");
        assert_eq!(written("5500", "USD"), "$5,500.00");
        assert_eq!(written("1234567.891", "EUR"), "€1,234,567.89");
        assert_eq!(written("-2.5", "USD"), "-$2.50");
        assert_eq!(written("-0", "USD"), "$0.00");
        assert_eq!(written("3.12", "AUD"), "3.12 AUD");
    }

    #[test]
    fn figures_have_thousands_separators() {
        let written = |text: &str| amount(text.parse().unwrap());
        assert_eq!(written("110000"), "110,000");
        assert_eq!(written("-1234.50"), "-1,234.5");
        assert_eq!(written("0"), "0");
    }

    #[test]
    fn durations_have_hours_and_minutes_and_no_seconds() {
        assert_eq!(duration(TimeDelta::seconds(14_639)), "4h 3m");
        assert_eq!(duration(TimeDelta::seconds(59)), "less than a minute");
        assert_eq!(duration(TimeDelta::hours(76)), "3d 4h");
        assert_eq!(duration(TimeDelta::seconds(-5)), "less than a minute");
    }

    #[test]
    fn an_instant_names_its_day_only_when_it_is_another() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let now = at("2026-11-23T20:05:00Z");
        let zone = "Europe/Berlin".parse().unwrap();
        assert_eq!(clock(at("2026-11-23T22:55:00Z"), now, zone), "11:55pm");
        assert_eq!(clock(at("2026-11-23T23:00:00Z"), now, zone), "midnight");
        assert_eq!(
            clock(at("2026-11-24T00:00:00Z"), now, zone),
            "1am on 24 Nov"
        );
        assert_eq!(
            clock(DateTime::<Utc>::MAX_UTC, now, zone),
            "in the far future"
        );
        assert_eq!(
            it("resets", Some(at("2026-11-23T22:55:00Z")), now, zone).as_deref(),
            Some("It resets in 2h 50m, at 11:55pm.")
        );
    }
}
