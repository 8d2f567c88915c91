//! What never reaches a log or an error: credentials, wherever a vendor repeats them.

use reqwest::Url;

use crate::secrets::Secret;

/// What stands in for what is left out.
const HIDDEN: &str = "***";

/// Parameters whose value is a credential by its name.
const TELLTALES: [&str; 9] = [
    "key",
    "token",
    "secret",
    "password",
    "auth",
    "credential",
    "signature",
    "sig",
    "code",
];

/// The text without the credential and without what follows the word `Bearer`.
#[must_use]
pub fn scrub(text: &str, secret: Option<&Secret>) -> String {
    let text = match secret {
        Some(secret) => text.replace(secret.expose(), HIDDEN),
        None => text.to_owned(),
    };
    without_bearers(&text)
}

fn without_bearers(text: &str) -> String {
    const WORD: &str = "bearer ";
    let lower = text.to_ascii_lowercase();
    let mut clean = String::with_capacity(text.len());
    let mut done = 0;
    for (start, _) in lower.match_indices(WORD) {
        let value = start + WORD.len();
        if value < done {
            continue;
        }
        let length = text[value..]
            .find(|character: char| !is_part_of_a_token(character))
            .unwrap_or(text.len() - value);
        // Prose says "Bearer token" too; what is shorter than any credential stays.
        if length >= 16 {
            clean.push_str(&text[done..value]);
            clean.push_str(HIDDEN);
            done = value + length;
        }
    }
    clean.push_str(&text[done..]);
    clean
}

fn is_part_of_a_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-._~+/=".contains(character)
}

/// An address for a log: no user name, no fragment, and no value of a parameter that is a credential.
pub(super) fn address(url: &Url, secret: Option<&Secret>) -> String {
    let mut shown = url.clone();
    shown.set_fragment(None);
    // Both fail only for addresses that cannot have them.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    if url.query().is_some() {
        let pairs = url.query_pairs().map(|(name, value)| {
            let hide =
                is_telltale(&name) || secret.is_some_and(|secret| value.contains(secret.expose()));
            let value = if hide { HIDDEN.into() } else { value };
            (name, value)
        });
        shown.query_pairs_mut().clear().extend_pairs(pairs);
    }
    scrub(shown.as_str(), secret)
}

fn is_telltale(name: &str) -> bool {
    name.to_ascii_lowercase()
        .split(|character: char| !character.is_ascii_alphanumeric())
        .any(|part| TELLTALES.iter().any(|telltale| part.ends_with(telltale)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Secret {
        Secret::new("sk-0123456789abcdef").unwrap()
    }

    #[test]
    fn a_credential_is_left_out_wherever_it_stands() {
        let text =
            "key sk-0123456789abcdef is wrong; sent Authorization: Bearer abcdef0123456789.x, done";
        insta::assert_snapshot!(
            scrub(text, Some(&secret())),
            @"key *** is wrong; sent Authorization: Bearer ***, done"
        );
    }

    #[test]
    fn prose_about_bearer_tokens_stays() {
        let text = "send a Bearer token, İ like bearer bonds";
        assert_eq!(scrub(text, None), text);
    }

    #[test]
    fn an_address_keeps_its_parameters_but_no_credential() {
        let url = Url::parse(
            "https://u:p@h.example/v1/sk-0123456789abcdef?currency=USD&api_key=x&accessToken=y&q=sk-0123456789abcdef#f",
        )
        .unwrap();
        insta::assert_snapshot!(
            address(&url, Some(&secret())),
            @"https://h.example/v1/***?currency=USD&api_key=***&accessToken=***&q=***"
        );
    }
}
