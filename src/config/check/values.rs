//! Single values: what a written text or number means, or a sentence on why it means nothing.

use std::net::IpAddr;
use std::time::Duration;

use crate::domain::zone::Zone;
use chrono::NaiveTime;
use rust_decimal::Decimal;

use crate::config::raw::Raw;
use crate::config::sheet::Mended;
use crate::config::suggest::{did_you_mean, nearest};
use crate::config::words;
use crate::domain::account::CredentialPlace;
use crate::domain::money::Currency;
use crate::domain::period::Unit;
use crate::domain::policy::IconStyle;

/// The shortest interval between polls, in seconds.
const SHORTEST_SECONDS: u64 = 60;
/// The longest interval between polls, in seconds.
const LONGEST_SECONDS: u64 = 3600;

/// A text; an empty one is none.
pub(super) fn optional(raw: &Raw<'_>) -> Result<Option<String>, String> {
    let text = raw.string()?;
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// An interval between polls, put within 1 minute and 1 hour; `auto` is none.
pub(super) fn interval(raw: &Raw<'_>) -> Result<Mended<Option<Duration>>, String> {
    if raw.string() == Ok("auto") {
        return Ok(Mended {
            value: None,
            fault: None,
        });
    }
    let seconds = seconds(raw)?;
    let clamped = seconds.clamp(SHORTEST_SECONDS, LONGEST_SECONDS);
    let fault = (clamped != seconds).then(|| {
        let used = if clamped == SHORTEST_SECONDS {
            "1m"
        } else {
            "1h"
        };
        (
            format!("\"{used}\""),
            "it must be between 1m and 1h".to_owned(),
        )
    });
    Ok(Mended {
        value: Some(Duration::from_secs(clamped)),
        fault,
    })
}

/// A span of time above zero.
pub(super) fn span(raw: &Raw<'_>) -> Result<Duration, String> {
    match seconds(raw)? {
        0 => Err("it must be longer than nothing".to_owned()),
        seconds => Ok(Duration::from_secs(seconds)),
    }
}

/// Seconds of `5m`, `90s`, `1h`, `1h30m` or a plain number; below zero counts as zero.
fn seconds(raw: &Raw<'_>) -> Result<u64, String> {
    if let Some(number) = raw.integer() {
        return Ok(u64::try_from(number).unwrap_or(0));
    }
    let wrong = || "it must be a time like \"90s\", \"5m\" or \"1h\"".to_owned();
    let text = raw.string().map_err(|_| wrong())?.to_ascii_lowercase();
    let mut rest = text.trim();
    let mut sum = 0_u64;
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit());
        let (number, after) = rest.split_at(digits.unwrap_or(rest.len()));
        let after = after.trim_start();
        let letters = after.find(|character: char| !character.is_ascii_alphabetic());
        let (unit, after) = after.split_at(letters.unwrap_or(after.len()));
        let factor = match unit {
            "" | "s" | "sec" | "second" | "seconds" => 1,
            "m" | "min" | "minute" | "minutes" => 60,
            "h" | "hour" | "hours" => 3600,
            "d" | "day" | "days" => 86_400,
            _ => return Err(wrong()),
        };
        let number: u64 = number.parse().map_err(|_| wrong())?;
        sum = sum.saturating_add(number.saturating_mul(factor));
        rest = after.trim_start();
    }
    if text.trim().is_empty() {
        Err(wrong())
    } else {
        Ok(sum)
    }
}

/// An IANA zone.
pub(super) fn zone(name: &str) -> Result<Zone, String> {
    name.parse().map_err(|_| {
        let is_city = |zone: &&str| {
            let last = zone.rsplit('/').next().unwrap_or_default();
            last.eq_ignore_ascii_case(&name.replace(' ', "_"))
        };
        let meant = Zone::names()
            .find(is_city)
            .or_else(|| nearest(name, Zone::names()));
        match meant {
            Some(meant) => format!("`{name}` is no time zone, but \"{meant}\" is"),
            None => format!("`{name}` is no time zone; write \"local\", \"UTC\" or a name like \"Europe/Berlin\""),
        }
    })
}

/// A currency code.
pub(super) fn currency(raw: &Raw<'_>) -> Result<Currency, String> {
    Currency::new(raw.string()?).map_err(|error| error.to_string())
}

/// Percent above 0, at most 100; a percent sign is accepted.
pub(super) fn percent(raw: &Raw<'_>) -> Result<Decimal, String> {
    let value = percent_of_any_size(raw)?;
    if value > Decimal::ONE_HUNDRED {
        return Err("it must be at most 100 percent".to_owned());
    }
    Ok(value)
}

/// Percent above 0.
pub(super) fn percent_of_any_size(raw: &Raw<'_>) -> Result<Decimal, String> {
    let value = match raw.string() {
        Ok(text) => {
            let number = text.trim_end_matches('%').trim_end();
            Decimal::from_str_exact(number).map_err(|_| format!("`{text}` is no percentage"))?
        }
        Err(_) => raw.decimal()?,
    };
    if value <= Decimal::ZERO {
        return Err("it must be above 0 percent".to_owned());
    }
    Ok(value)
}

/// What the icon shows.
pub(super) fn icon(raw: &Raw<'_>) -> Result<IconStyle, String> {
    match raw.string()? {
        "number" => Ok(IconStyle::Number),
        "meter" => Ok(IconStyle::Meter),
        "plain" => Ok(IconStyle::Plain),
        other => {
            let hint = did_you_mean(other, ["number", "meter", "plain"]);
            let hint = hint.trim_end_matches('?');
            Err(format!(
                "it must be \"number\", \"meter\" or \"plain\"{hint}"
            ))
        }
    }
}

/// A calendar span.
pub(super) fn unit(raw: &Raw<'_>) -> Result<Unit, String> {
    match raw.string()? {
        "day" => Ok(Unit::Day),
        "week" => Ok(Unit::Week),
        "month" => Ok(Unit::Month),
        _ => Err("it must be \"day\", \"week\" or \"month\"".to_owned()),
    }
}

/// Two times of a day.
pub(super) fn quiet_hours(text: &str) -> Result<(NaiveTime, NaiveTime), String> {
    let time = |part: &str| NaiveTime::parse_from_str(part.trim(), "%H:%M").ok();
    let hours = text
        .split_once(['-', '–'])
        .and_then(|(from, until)| Some((time(from)?, time(until)?)));
    match hours {
        Some((from, until)) if from == until => {
            Err("its two times are the same, which may mean all day or never".to_owned())
        }
        Some(hours) => Ok(hours),
        None => Err("it must be two times like \"22:00-07:00\"".to_owned()),
    }
}

/// A URL that may be asked: `https`, or `http` to this machine.
pub(super) fn web_address(text: &str) -> Result<String, String> {
    let url =
        reqwest::Url::parse(text).map_err(|error| format!("it is no web address ({error})"))?;
    match url.scheme() {
        "https" => Ok(text.to_owned()),
        "http" if is_loopback(&url) => Ok(text.to_owned()),
        "http" => Err(
            "it must start with https://, because plain http shows keys to everybody on the way; http:// is for this machine only"
                .to_owned(),
        ),
        _ => Err("it must start with https://".to_owned()),
    }
}

/// A web address that paths are put behind.
pub(super) fn base_url(text: &str) -> Result<String, String> {
    let checked = web_address(text)?;
    if checked.contains(['?', '#'])
        || checked
            .split('/')
            .nth(2)
            .is_some_and(|host| host.contains('@'))
    {
        return Err("it must be an address and a path only, without user, `?` or `#`".to_owned());
    }
    Ok(checked.trim_end_matches('/').to_owned())
}

fn is_loopback(url: &reqwest::Url) -> bool {
    url.host_str().is_some_and(|host| {
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || address
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    })
}

/// A ledger's URL.
pub(super) fn ledger(text: &str) -> Result<String, String> {
    let known = ["sqlite:", "postgres://", "postgresql://", "csv://"];
    if known.iter().any(|start| text.starts_with(start)) {
        Ok(text.to_owned())
    } else {
        Err("it must start with sqlite://, postgres:// or csv://".to_owned())
    }
}

/// Where a credential is. The text itself is never repeated: it may be the credential, put there by mistake.
pub(super) fn secret(text: &str) -> Result<CredentialPlace, String> {
    let wrong = || {
        "it must say where the key is, not what it is: \"keyring\", \"env:NAME\", \"file:PATH\" or \"command:PROGRAM ARGS\""
            .to_owned()
    };
    match text.split_once(':') {
        None if text == "keyring" => Ok(CredentialPlace::Keyring),
        None if text == "none" => Ok(CredentialPlace::None),
        Some(("env", name)) => {
            let name = name.trim();
            let fits = !name.is_empty()
                && !name.contains(|character: char| character.is_whitespace() || character == '=');
            if fits {
                Ok(CredentialPlace::Environment(name.to_owned()))
            } else {
                Err("env: must be followed by the name of a variable".to_owned())
            }
        }
        Some(("file", path)) if !path.trim().is_empty() => {
            Ok(CredentialPlace::File(path.trim().to_owned()))
        }
        Some(("command", command)) => words::split(command)
            .map(CredentialPlace::Command)
            .map_err(|fault| format!("its command cannot be run: {fault}")),
        _ => Err(wrong()),
    }
}
