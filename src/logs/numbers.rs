//! Numbers of log lines: exact dollars, prompt sizes.

use rust_decimal::Decimal;

use crate::domain::tokens::TokenCounts;
use crate::logs::skim::Raw;

/// All tokens that went in, from a cache or not.
pub(super) fn prompt(tokens: &TokenCounts) -> u64 {
    tokens
        .input
        .saturating_add(tokens.cached_input)
        .saturating_add(tokens.cache_writes())
}

/// The dollars a number says, exactly; `None` for anything but a number that is not negative.
pub(super) fn dollars(raw: Raw<'_>) -> Option<Decimal> {
    let text = std::str::from_utf8(raw.0).ok()?;
    let number = text
        .parse()
        .or_else(|_| Decimal::from_scientific(text))
        .ok()?;
    (number >= Decimal::ZERO && !text.starts_with('"')).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_exact_and_never_guessed() {
        let dollars = |text: &str| dollars(Raw(text.as_bytes())).map(|sum| sum.to_string());
        assert_eq!(dollars("0.00753").as_deref(), Some("0.00753"));
        assert_eq!(dollars("1.5e-7").as_deref(), Some("0.00000015"));
        for other in ["null", "-1", "\"1\"", "", "true"] {
            assert_eq!(dollars(other), None, "{other}");
        }
    }
}
