//! Each term of a price, and whose price it is.

use chrono::{DateTime, Utc};

use super::*;
use crate::domain::price::{PriceSource, WrittenRates};
use crate::domain::tokens::TokenCounts;

/// Dollars per million tokens, as agents' users know them.
const LIST: &str = r#"{
    "claude-x":{"input_cost_per_token":5e-6,"output_cost_per_token":25e-6,"provider_specific_entry":{"fast":6},
        "input_cost_per_token_above_200k_tokens":10e-6,"output_cost_per_token_above_200k_tokens":50e-6},
    "gpt-x":{"input_cost_per_token":2e-6,"output_cost_per_token":8e-6,"input_cost_per_token_priority":4e-6,
        "input_cost_per_token_flex":1e-6,"cache_read_input_token_cost":2e-7},
    "kimi-k9-2026-01-01":{"input_cost_per_token":1e-6,"output_cost_per_token":1e-6}}"#;

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
}

fn book() -> PriceBook {
    let mut book = PriceBook::default();
    book.add(pricelist::parse(LIST, day(1)).unwrap());
    book
}

/// A million tokens of input and nothing else, on the tenth.
fn slot(model: &str) -> AgentSlot {
    let start: DateTime<Utc> = "2026-11-10T12:00:00Z".parse().unwrap();
    AgentSlot {
        start,
        model: model.into(),
        project: None,
        session: None,
        terms: Terms::default(),
        tally: Tally {
            requests: 1,
            tokens: TokenCounts {
                input: 1_000_000,
                ..TokenCounts::default()
            },
            ..Tally::default()
        },
    }
}

fn dollars(book: &PriceBook, slot: &AgentSlot) -> Option<String> {
    let usd = match estimate(book, slot) {
        Estimate::Recorded(usd) | Estimate::Own(usd) | Estimate::Listed { usd, .. } => usd,
        Estimate::Unpriced => return None,
    };
    Some(usd.normalize().to_string())
}

fn with(model: &str, change: impl FnOnce(&mut AgentSlot)) -> Option<String> {
    let mut slot = slot(model);
    change(&mut slot);
    dollars(&book(), &slot)
}

#[test]
fn cache_writes_cost_by_their_lifetime() {
    let written = |place: fn(&mut TokenCounts) -> &mut u64| {
        with("claude-x", |slot| {
            slot.tally.tokens = TokenCounts::default();
            *place(&mut slot.tally.tokens) = 1_000_000;
        })
    };
    let [untold, five_minutes, hour, read] = [
        written(|tokens| &mut tokens.cache_write),
        written(|tokens| &mut tokens.cache_write_5m),
        written(|tokens| &mut tokens.cache_write_1h),
        written(|tokens| &mut tokens.cached_input),
    ]
    .map(Option::unwrap);
    assert_eq!(
        [untold, five_minutes, hour, read],
        ["6.25", "6.25", "10", "0.5"]
    );
}

#[test]
fn a_long_prompt_makes_the_whole_request_dearer() {
    let at = |tokens| {
        with("claude-x", |slot| {
            slot.terms.prompt = PromptSize::of(tokens);
        })
        .unwrap()
    };
    assert_eq!(at(200_000), "5");
    assert_eq!(at(200_001), "10");
}

#[test]
fn speeds_and_regions_multiply_and_unknown_ones_cost_the_usual() {
    let at = |model, speed, region| {
        with(model, |slot| {
            slot.terms.speed = speed;
            slot.terms.region = region;
        })
    };
    for (model, speed, region, wanted) in [
        ("claude-x", Speed::Fast, Region::Anywhere, Some("30")),
        ("claude-x", Speed::Fast, Region::UnitedStates, Some("33")),
        ("claude-x", Speed::Unknown, Region::Anywhere, Some("5")),
        ("claude-x", Speed::Batch, Region::Anywhere, Some("2.5")),
        ("gpt-x", Speed::Priority, Region::Anywhere, Some("4")),
        ("gpt-x", Speed::Flex, Region::Anywhere, Some("1")),
        // Nobody says what these cost: no guess.
        ("gpt-x", Speed::Fast, Region::Anywhere, None),
        ("gpt-x", Speed::Standard, Region::UnitedStates, None),
    ] {
        assert_eq!(
            at(model, speed, region).as_deref(),
            wanted,
            "{model} {speed:?}"
        );
    }
}

#[test]
fn web_searches_cost_beside_the_tokens_where_their_price_is_known() {
    let searched = |model| with(model, |slot| slot.tally.web_searches = 3);
    assert_eq!(searched("claude-x").as_deref(), Some("5.03"));
    assert_eq!(searched("gpt-x"), None);
}

#[test]
fn a_model_is_priced_under_any_of_its_names() {
    for (name, wanted) in [
        ("anthropic/claude-x@20260101", Some("5")),
        ("Claude-X[1m]", Some("5")),
        ("openai/gpt-x-2026-03-05", Some("2")),
        ("kimi-k9", Some("1")),
        ("gpt-x-mini", None),
        ("unheard-of", None),
    ] {
        assert_eq!(dollars(&book(), &slot(name)).as_deref(), wanted, "{name}");
    }
}

#[test]
fn use_is_priced_by_the_list_of_its_day() {
    let mut book = book();
    let later = r#"{"gpt-x":{"input_cost_per_token":9e-6,"output_cost_per_token":9e-6},
        "new":{"input_cost_per_token":7e-6,"output_cost_per_token":7e-6}}"#;
    book.add(pricelist::parse(later, day(11)).unwrap());
    let on = |model, at: &str| {
        let mut slot = slot(model);
        slot.start = at.parse().unwrap();
        dollars(&book, &slot).unwrap()
    };
    assert_eq!(on("gpt-x", "2026-11-10T23:45:00Z"), "2");
    assert_eq!(on("gpt-x", "2026-11-11T00:00:00Z"), "9");
    assert_eq!(on("claude-x", "2026-11-11T00:00:00Z"), "5");
    // A model's only price is better than none.
    assert_eq!(on("new", "2026-11-10T00:00:00Z"), "7");
}

#[test]
fn the_users_own_price_comes_before_fetched_and_these_before_bundled_ones() {
    let mut book = PriceBook::default();
    let list = |price: u32, source| {
        let text = format!(
            r#"{{"claude-x":{{"input_cost_per_token":{price}e-6,"output_cost_per_token":1e-6,"provider_specific_entry":{{"fast":2}}}}}}"#
        );
        let mut list = pricelist::parse(&text, day(1)).unwrap();
        list.source = source;
        list
    };
    book.add(list(1, PriceSource::Bundled));
    assert_eq!(dollars(&book, &slot("claude-x")).as_deref(), Some("1"));
    book.add(list(2, PriceSource::Fetched));
    assert_eq!(dollars(&book, &slot("claude-x")).as_deref(), Some("2"));
    book.add_own(OwnPrice {
        model: "claude-x".to_owned(),
        from: Some(day(5)),
        rates: WrittenRates {
            input: Decimal::new(3, 6),
            output: Decimal::new(3, 6),
            ..WrittenRates::default()
        },
        web_search: None,
    });
    let mut slot = slot("anthropic/claude-x");
    assert_eq!(dollars(&book, &slot).as_deref(), Some("3"));
    slot.terms.speed = Speed::Fast;
    assert_eq!(dollars(&book, &slot).as_deref(), Some("6"));
    slot.start = "2026-11-04T00:00:00Z".parse().unwrap();
    assert_eq!(dollars(&book, &slot).as_deref(), Some("4"));
}

#[test]
fn what_has_no_price_or_was_cut_off_makes_the_sum_a_lower_bound() {
    let mut cut_off = slot("gpt-x");
    cut_off.tally.unfinished = 1;
    let mut recorded = slot("unheard-of");
    recorded.terms.recorded = true;
    recorded.tally.recorded_usd = Decimal::ONE;
    let spend = spend(&book(), &[cut_off, recorded, slot("glm-9")]);
    let unpriced: Vec<&str> = spend.unpriced.iter().map(ModelId::as_str).collect();
    assert_eq!(unpriced, ["glm-9", "gpt-x (answers cut off)"]);
    assert_eq!(
        spend
            .get(Currency::USD, Basis::Estimated)
            .unwrap()
            .normalize(),
        Decimal::from(3)
    );
}

/// F56
#[test]
fn four_kinds_of_tokens_cost_what_their_models_family_costs() {
    let cost = |model: &str| {
        let mut slot = slot(model);
        slot.tally.tokens = TokenCounts {
            input: 1000,
            output: 500,
            cache_write_5m: 2000,
            cached_input: 10_000,
            ..TokenCounts::default()
        };
        dollars(&pricelist::bundled(), &slot)
    };
    assert_eq!(cost("claude-sonnet-4-5-20250929").as_deref(), Some("0.021"));
    assert_eq!(cost("claude-opus-4-1-20250805").as_deref(), Some("0.105"));
    // A real, dated id of the smallest family: 0.001 + 0.0025 + 0.0025 + 0.001.
    assert_eq!(cost("claude-haiku-4-5-20251001").as_deref(), Some("0.007"));
    assert_eq!(cost("claude-nebula-9"), None, "never sonnet's price");
}
