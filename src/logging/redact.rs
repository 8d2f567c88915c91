//! Masks what looks like a credential. A last net: credentials are not logged in the first place.

/// Beginnings that vendors give their keys.
const BEGINNINGS: [&str; 18] = [
    "sk-",
    "sk_",
    "pk-",
    "xai-",
    "gsk_",
    "hf_",
    "fw_",
    "CG-",
    "r8_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "github_pat_",
    "AIza",
    "ya29.",
    "eyJ",
    "VENICE_",
];
/// Ends of names whose values are secret.
const NAMES: [&str; 10] = [
    "api_key",
    "api-key",
    "apikey",
    "access_key",
    "authorization",
    "cookie",
    "password",
    "passwd",
    "secret",
    "token",
];
/// Shorter words with a vendor's beginning are names, not keys.
const SHORTEST_KEY: usize = 12;
/// From this length on, letters of both cases mixed with digits are no word of any language.
const LONG: usize = 32;

/// The text with everything that looks like a credential masked as `sk-a…wxyz`.
pub(super) fn redact(text: &str) -> String {
    let mut redacted = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let word = length(rest, is_word);
        if word == 0 {
            let next = length(rest, |character| !is_word(character));
            redacted.push_str(rest.get(..next).unwrap_or_default());
            at += next;
            continue;
        }
        let before = text.get(..at).unwrap_or_default();
        let secret = secret_length(before, rest, word);
        let taken = rest.get(..secret.unwrap_or(word)).unwrap_or_default();
        match secret {
            Some(_) => redacted.push_str(&masked(taken)),
            None => redacted.push_str(taken),
        }
        at += taken.len();
    }
    redacted
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-' | '.' | '+' | '~')
}

fn length(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|character| !belongs(character))
        .unwrap_or(text.len())
}

/// How many bytes from here on are secret; `None`: the word is not.
fn secret_length(before: &str, rest: &str, word: usize) -> Option<usize> {
    if let Some(password) = password_length(before, rest) {
        return Some(password);
    }
    let this = rest.get(..word).unwrap_or_default();
    let scheme = ["bearer", "basic"];
    if scheme
        .iter()
        .any(|scheme| this.eq_ignore_ascii_case(scheme))
    {
        return None;
    }
    let blank =
        |character: char| character.is_whitespace() || matches!(character, '"' | '\'' | '\\');
    let value = || {
        length(rest, |character| {
            !blank(character) && !matches!(character, '&' | ',' | ';' | ')' | '}' | ']')
        })
    };
    let ahead = before.trim_end_matches(blank);
    let last = |text: &str| {
        let start = text
            .rfind(|character| !is_word(character))
            .map_or(0, |at| at + 1);
        text.get(start..).unwrap_or_default().to_ascii_lowercase()
    };
    if ahead.len() < before.len() && scheme.contains(&last(ahead).as_str()) {
        return Some(value());
    }
    if let Some(name) = ahead.strip_suffix(['=', ':']) {
        let name = name.trim_end_matches(blank);
        let asked = name.ends_with("?key") || name.ends_with("&key");
        if asked || NAMES.iter().any(|secret| last(name).ends_with(secret)) {
            return Some(value());
        }
    }
    looks_like_a_key(this).then_some(word)
}

/// The password of `scheme://user:password@host`, when it begins here.
fn password_length(before: &str, rest: &str) -> Option<usize> {
    let user = before.strip_suffix(':')?.rsplit_once("://")?.1;
    if user.contains(['/', '@', ' ']) {
        return None;
    }
    let authority = length(rest, |character| {
        !matches!(character, '/' | '?' | '"' | ' ' | '\n')
    });
    rest.get(..authority)?.rfind('@')
}

fn looks_like_a_key(word: &str) -> bool {
    if let Some(rest) = word.strip_prefix("VENICE_") {
        // `VENICE_ADMIN_KEY` and `VENICE_ADMIN_KEY_1` are names of variables.
        return rest
            .split_once("KEY_")
            .is_some_and(|(_, rest)| rest.len() >= SHORTEST_KEY);
    }
    let begins = BEGINNINGS
        .iter()
        .any(|beginning| word.starts_with(beginning));
    if begins && word.len() >= SHORTEST_KEY {
        return true;
    }
    let has = |class: fn(&char) -> bool| word.chars().any(|character| class(&character));
    let mixed =
        has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase) && has(char::is_ascii_digit);
    let hexadecimal =
        word.len() >= 2 * LONG && word.chars().all(|character| character.is_ascii_hexdigit());
    (mixed && word.len() >= LONG && !word.contains('.')) || hexadecimal
}

/// The first and last four characters; only dots when it is too short to hide the rest.
fn masked(word: &str) -> String {
    let characters: Vec<char> = word.chars().collect();
    match (characters.first_chunk::<4>(), characters.last_chunk::<4>()) {
        (Some(first), Some(last)) if characters.len() >= 16 => {
            first.iter().chain(&['…']).chain(last).collect()
        }
        _ => "…".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_credential_is_masked() {
        let key = "sk-proj-Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA";
        for text in [
            format!("refused {key}"),
            format!("Authorization: Bearer {key}"),
            format!("headers={{\"x-api-key\": \"{key}\"}}"),
            format!("https://host/v1?key={key}&x=1"),
            format!("({key})"),
        ] {
            let redacted = redact(&text);
            assert!(redacted.contains("sk-p…g5MA"), "{redacted}");
            assert!(!redacted.contains("Zm9vYmFy"), "{redacted}");
        }
        assert_eq!(
            redact("authorization=Basic dXNlcjpwYXNz/d29yZA== next"),
            "authorization=Basic dXNl…ZA== next"
        );
        assert_eq!(redact("password: hunter2, next"), "password: …, next");
        assert_eq!(
            redact("postgres://me:p@ss@host/db"),
            "postgres://me:…@host/db"
        );
        assert_eq!(redact("VENICE_INFERENCE_KEY_abcdefgh12345678"), "VENI…5678");
        assert_eq!(
            redact("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc"),
            "got eyJh….abc"
        );
        assert_eq!(redact("aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF"), "aB3d…C0dF");
    }

    #[test]
    fn ordinary_text_stays() {
        for text in [
            "poll failed account.id=venice/work kind=unauthorized poll.duration_ms=120",
            "set VENICE_ADMIN_KEY or VENICE_API_KEY_1, then try again",
            "input_tokens=1200 at 2026-11-23T10:00:00.000Z",
            "123e4567-e89b-12d3-a456-426614174000 https://api.venice.ai/api/v1/billing/balance?limit=500",
            "key=\"tray.warn_at\" größer: „grün“ 🙂",
            "/home/me/.local/share/spendtray/ledger.sqlite",
            "",
        ] {
            assert_eq!(redact(text), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn a_bearer_token_never_comes_through(token in "[A-Za-z0-9_][A-Za-z0-9_./+=-]{23,60}", lead in "[ -~ü\n]{0,20}") {
            let redacted = redact(&format!("{lead} Bearer {token}"));
            let middle = token.get(4..token.len() - 4).unwrap();
            proptest::prop_assert!(!redacted.contains(middle), "{}", redacted);
        }
    }
}
