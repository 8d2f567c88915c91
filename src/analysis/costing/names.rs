//! The names of a model: vendors, gateways and agents write them differently.

/// Under which names a model may stand in a list, best first.
pub(super) fn spellings(model: &str) -> Vec<String> {
    let exact = model.to_ascii_lowercase();
    let mut name = exact.as_str();
    name = name.rsplit('/').next().unwrap_or(name);
    if let Some((_, rest)) = name.split_once("anthropic.") {
        name = rest;
    }
    for mark in ['@', '[', ':'] {
        name = name.split(mark).next().unwrap_or(name);
    }
    name = name.strip_suffix("-v1").unwrap_or(name);
    let plain = if name.starts_with("claude") {
        name.replace('.', "-")
    } else {
        name.to_owned()
    };
    let mut names = vec![exact.clone(), plain.clone()];
    // A variant costs what its model costs, where a list does not say otherwise.
    let bare = ["-latest", "-thinking", "-preview"]
        .iter()
        .find_map(|variant| plain.strip_suffix(variant));
    names.extend(bare.map(str::to_owned));
    let undated = without_date(&plain).or_else(|| bare.and_then(without_date));
    names.extend(undated.map(str::to_owned));
    names
}

/// A name without the date at its end; `None`: it has none.
pub(super) fn without_date(name: &str) -> Option<&str> {
    let digits =
        |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    let (rest, last) = name.rsplit_once('-')?;
    if digits(last, 8) {
        return Some(rest);
    }
    let (rest, month) = rest.rsplit_once('-')?;
    let (rest, year) = rest.rsplit_once('-')?;
    (digits(last, 2) && digits(month, 2) && digits(year, 4)).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_found_under_every_name_vendors_and_gateways_give_it() {
        for (name, wanted) in [
            ("claude-opus-4-8[1m]", "claude-opus-4-8"),
            ("anthropic/claude-opus-4.8", "claude-opus-4-8"),
            ("us.anthropic.claude-sonnet-4-6-v1:0", "claude-sonnet-4-6"),
            ("claude-sonnet-4-6@20260115", "claude-sonnet-4-6"),
            ("claude-opus-4-1-20250805", "claude-opus-4-1"),
            ("gpt-5.4-2026-03-05", "gpt-5.4"),
            ("GPT-5.5", "gpt-5.5"),
        ] {
            assert!(
                spellings(name).iter().any(|spelling| spelling == wanted),
                "{name}"
            );
        }
        assert!(
            !spellings("gpt-5.4-mini")
                .iter()
                .any(|spelling| spelling == "gpt-5.4")
        );
    }
}
