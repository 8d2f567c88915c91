//! When an alert is told, and when it is not.

use std::time::Duration;

use super::*;
use crate::analysis::testing::{at, dec, now};
use crate::domain::alert::{Condition, Severity};

const HOUR: Duration = Duration::from_hours(1);

/// A ledger of alerts with the world's probes stepped against it.
#[derive(Default)]
struct Watch {
    known: Vec<AlertRecord>,
}

impl Watch {
    /// Steps and keeps what changed, as the ledger does; returns the rules told.
    fn step(&mut self, probes: &[Probe], now: DateTime<Utc>) -> Vec<String> {
        let stepped = step(probes, &self.known, now);
        for fired in &stepped.fired {
            assert!(stepped.records.contains(fired), "told but not kept");
        }
        self.keep(stepped.records);
        stepped
            .fired
            .iter()
            .map(|record| record.key.rule.as_str().to_owned())
            .collect()
    }

    fn keep(&mut self, records: Vec<AlertRecord>) {
        for record in records {
            self.known.retain(|known| known.key != record.key);
            self.known.insert(0, record);
        }
    }

    fn acknowledge(&mut self, probe: &Probe) {
        self.keep(acknowledge(&self.known, &probe.key));
    }

    fn get(&self, probe: &Probe) -> &AlertRecord {
        let mut records = self.known.iter();
        records.find(|record| record.key == probe.key).unwrap()
    }
}

fn minutes(minutes: i64) -> DateTime<Utc> {
    now() + TimeDelta::minutes(minutes)
}

fn usage(value: Option<&str>) -> Probe {
    rung("80", value, "")
}

fn rung(threshold: &str, value: Option<&str>, period: &str) -> Probe {
    let condition = Condition::AtLeast(dec(threshold));
    Probe {
        key: AlertKey {
            rule: rung::rule("window", condition),
            subject: "claude window 5h".into(),
            period: period.into(),
        },
        value: value.map(dec),
        condition,
        severity: Severity::Warning,
        repeat: Repeat::Once,
        title: format!("Session at {}", value.unwrap_or("?")),
        body: String::new(),
    }
}

fn ladder(value: Option<&str>, period: &str) -> Vec<Probe> {
    ["75", "90", "100"]
        .map(|threshold| rung(threshold, value, period))
        .to_vec()
}

fn hourly(value: &str) -> Probe {
    Probe {
        repeat: Repeat::Every(HOUR),
        ..usage(Some(value))
    }
}

#[test]
fn seventy_nine_point_nine_is_nothing_and_eighty_fires() {
    let mut watch = Watch::default();
    assert!(watch.step(&[usage(Some("79.9"))], now()).is_empty());
    assert_eq!(watch.step(&[usage(Some("80"))], now()), ["window>=80"]);
}

#[test]
fn a_rule_that_meets_its_condition_already_is_shown_and_not_told() {
    let mut watch = Watch::default();
    assert!(watch.step(&[usage(Some("85"))], now()).is_empty());
    let record = watch.get(&usage(None));
    assert_eq!(record.phase, Phase::Open);
    assert_eq!(record.raised_at, Some(now()));
    assert_eq!(record.notified_at, None);
    assert!(watch.step(&[usage(Some("86"))], minutes(600)).is_empty());
    watch.step(&[usage(Some("10"))], minutes(700));
    assert_eq!(
        watch.step(&[usage(Some("85"))], minutes(701)),
        ["window>=80"]
    );
}

#[test]
fn a_lasting_condition_is_told_once_and_again_an_hour_after_its_acknowledgement() {
    let mut watch = Watch::default();
    watch.step(&[hourly("10")], now());
    assert_eq!(watch.step(&[hourly("85")], now()).len(), 1);
    for later in [1, 90, 600] {
        assert!(watch.step(&[hourly("85")], minutes(later)).is_empty());
    }
    let mut watch = Watch::default();
    watch.step(&[hourly("10")], now());
    watch.step(&[hourly("85")], now());
    watch.acknowledge(&hourly("85"));
    assert!(watch.step(&[hourly("85")], minutes(59)).is_empty());
    assert_eq!(watch.step(&[hourly("85")], minutes(61)).len(), 1);
    assert_eq!(watch.get(&hourly("85")).phase, Phase::Open);
    assert!(watch.step(&[hourly("85")], minutes(180)).is_empty());
    watch.step(&[hourly("79")], minutes(181));
    assert_eq!(watch.step(&[hourly("85")], minutes(182)).len(), 1);
}

#[test]
fn an_acknowledgement_that_comes_late_is_not_answered_with_the_next_notice_at_once() {
    let mut watch = Watch::default();
    watch.step(&[hourly("10")], now());
    watch.step(&[hourly("85")], now());
    watch.acknowledge(&hourly("85"));
    assert!(watch.step(&[hourly("85")], minutes(300)).is_empty());
    assert!(watch.step(&[hourly("85")], minutes(359)).is_empty());
    assert_eq!(watch.step(&[hourly("85")], minutes(360)).len(), 1);
}

#[test]
fn acknowledged_without_repetition_it_stays_quiet_until_it_is_crossed_anew() {
    let mut watch = Watch::default();
    watch.step(&[usage(Some("1"))], now());
    watch.step(&[usage(Some("85"))], now());
    watch.acknowledge(&usage(None));
    assert!(watch.step(&[usage(Some("99"))], minutes(9999)).is_empty());
    assert_eq!(watch.get(&usage(None)).phase, Phase::Acknowledged);
}

#[test]
fn an_unknown_value_neither_fires_nor_clears() {
    let low = |value: Option<&str>| Probe {
        key: AlertKey {
            rule: "balance<=5".into(),
            subject: "venice balance diem".into(),
            period: String::new(),
        },
        condition: Condition::AtMost(dec("5")),
        ..usage(value)
    };
    let mut watch = Watch::default();
    assert!(watch.step(&[low(None)], now()).is_empty());
    assert!(watch.known.is_empty(), "nothing was seen yet");
    watch.step(&[low(Some("9"))], now());
    assert_eq!(watch.step(&[low(Some("4"))], now()).len(), 1);
    assert!(watch.step(&[low(None)], now()).is_empty());
    assert_eq!(watch.get(&low(None)).phase, Phase::Open);
    assert!(watch.step(&[low(Some("4"))], now()).is_empty());
}

#[test]
fn only_what_changed_is_returned() {
    let mut watch = Watch::default();
    watch.step(&[usage(Some("85"))], now());
    assert_eq!(
        step(&[usage(Some("86"))], &watch.known, minutes(1)),
        Stepped::default()
    );
}

#[test]
fn a_jump_over_several_thresholds_tells_the_highest_once() {
    let mut watch = Watch::default();
    watch.step(&ladder(Some("10"), ""), now());
    assert_eq!(watch.step(&ladder(Some("95"), ""), now()), ["window>=90"]);
    assert_eq!(
        watch.get(&rung("75", None, "")).notified_at,
        Some(now()),
        "the lower one counts as told"
    );
    assert_eq!(watch.step(&ladder(Some("100"), ""), now()), ["window>=100"]);
    assert!(watch.step(&ladder(Some("92"), ""), now()).is_empty());
    assert_eq!(watch.step(&ladder(Some("101"), ""), now()).len(), 1);
}

#[test]
fn a_jump_down_tells_the_lowest_threshold_once() {
    let left = |threshold: &str, value: &str| {
        let condition = Condition::AtMost(dec(threshold));
        let mut probe = usage(Some(value));
        probe.key.rule = rung::rule("balance", condition);
        Probe { condition, ..probe }
    };
    let both = |value| [left("10", value), left("5", value)];
    let mut watch = Watch::default();
    watch.step(&both("20"), now());
    assert_eq!(watch.step(&both("3"), now()), ["balance<=5"]);
}

#[test]
fn acknowledging_a_threshold_acknowledges_those_below_it() {
    let mut watch = Watch::default();
    watch.step(&ladder(Some("10"), ""), now());
    watch.step(&ladder(Some("95"), ""), now());
    watch.acknowledge(&rung("90", None, ""));
    assert_eq!(watch.get(&rung("75", None, "")).phase, Phase::Acknowledged);
    assert_eq!(watch.get(&rung("100", None, "")).phase, Phase::Armed);
    let nothing = acknowledge(&watch.known, &rung("100", None, "").key);
    assert!(nothing.is_empty(), "it does not stand");
}

#[test]
fn a_snoozed_alert_is_told_when_the_snooze_ends_if_it_still_holds() {
    let mut watch = Watch::default();
    watch.step(&[usage(Some("1"))], now());
    watch.step(&[usage(Some("85"))], now());
    let snoozed = snooze(&watch.known, &usage(None).key, minutes(60));
    assert_eq!(snoozed.len(), 1);
    watch.keep(snoozed.clone());
    assert!(watch.step(&[usage(Some("85"))], minutes(59)).is_empty());
    assert_eq!(watch.step(&[usage(Some("85"))], minutes(60)).len(), 1);
    assert!(watch.step(&[usage(Some("85"))], minutes(61)).is_empty());
    watch.keep(snoozed);
    watch.step(&[usage(Some("10"))], minutes(30));
    assert!(
        watch.step(&[usage(Some("10"))], minutes(90)).is_empty(),
        "it no longer holds"
    );
    assert_eq!(watch.get(&usage(None)).snoozed_until, None);
}

#[test]
fn what_was_hushed_at_night_is_told_in_the_morning_highest_threshold_only() {
    let mut watch = Watch::default();
    let hush = |watch: &mut Watch, threshold: &str| {
        let mut record = watch.get(&rung(threshold, None, "")).clone();
        (record.snoozed_until, record.notified_at) = (Some(minutes(480)), None);
        watch.keep(vec![record]);
    };
    watch.step(&ladder(Some("10"), ""), now());
    watch.step(&ladder(Some("80"), ""), now());
    hush(&mut watch, "75");
    watch.step(&ladder(Some("95"), ""), minutes(60));
    hush(&mut watch, "90");
    assert!(watch.step(&ladder(Some("96"), ""), minutes(479)).is_empty());
    assert_eq!(
        watch.step(&ladder(Some("96"), ""), minutes(480)),
        ["window>=90"]
    );
}

const FIRST: &str = "2026-11-23T13:00:00Z";
const SECOND: &str = "2026-11-23T18:00:00Z";

#[test]
fn a_new_period_fires_again_without_being_primed_and_the_old_one_clears() {
    let mut watch = Watch::default();
    watch.step(&ladder(Some("10"), FIRST), now());
    assert_eq!(watch.step(&ladder(Some("80"), FIRST), now()).len(), 1);
    let next = at("2026-11-23T13:05:00Z");
    assert_eq!(
        watch.step(&ladder(Some("95"), SECOND), next),
        ["window>=90"]
    );
    let old = watch.get(&rung("75", None, FIRST));
    assert_eq!((old.phase, old.cleared_at), (Phase::Armed, Some(next)));
    assert!(watch.step(&ladder(Some("95"), SECOND), next).is_empty());
}

#[test]
fn a_reset_that_the_vendor_tells_a_little_differently_each_time_is_the_same_period() {
    let mut watch = Watch::default();
    watch.step(&ladder(Some("10"), "2026-11-23T12:59:59Z"), now());
    assert_eq!(watch.step(&ladder(Some("80"), FIRST), now()).len(), 1);
    for told in ["2026-11-23T13:00:02Z", "2026-11-23T12:59:58Z", ""] {
        assert!(
            watch
                .step(&ladder(Some("85"), told), minutes(30))
                .is_empty()
        );
    }
    assert_eq!(
        watch.step(&ladder(Some("91"), "2026-11-23T13:00:01Z"), minutes(40)),
        ["window>=90"]
    );
    let lower = rung("75", None, "2026-11-23T12:59:59Z");
    assert_eq!(watch.get(&lower).phase, Phase::Open);
}

#[test]
fn a_window_that_slides_is_told_once_a_length_of_it() {
    let mut watch = Watch::default();
    let told_at = |watch: &mut Watch, minute: i64| {
        let ends_at = (minutes(minute) + TimeDelta::hours(5)).to_rfc3339();
        watch.step(&[usage_until(&ends_at)], minutes(minute)).len()
    };
    let mut below = usage_until("2026-11-23T15:00:00Z");
    below.value = Some(dec("10"));
    watch.step(&[below], now());
    let told: usize = (0..=290)
        .step_by(5)
        .map(|minute| told_at(&mut watch, minute))
        .sum();
    assert_eq!(told, 1);
    assert_eq!(told_at(&mut watch, 310), 1);
}

fn usage_until(period: &str) -> Probe {
    rung("80", Some("85"), period)
}

#[test]
fn a_restart_tells_nothing_twice() {
    let mut watch = Watch::default();
    watch.step(&ladder(Some("10"), FIRST), now());
    watch.step(&ladder(Some("95"), FIRST), now());
    let restarted = step(&ladder(Some("95"), FIRST), &watch.known, minutes(60));
    assert_eq!(restarted, Stepped::default());
}

#[test]
fn an_alert_nobody_watches_any_more_clears_quietly() {
    let mut watch = Watch::default();
    watch.step(&[usage(Some("1"))], now());
    watch.step(&[usage(Some("85"))], now());
    assert!(watch.step(&[], minutes(1)).is_empty());
    let record = watch.get(&usage(None));
    assert_eq!(
        (record.phase, record.cleared_at),
        (Phase::Armed, Some(minutes(1)))
    );
    assert!(watch.step(&[], minutes(2)).is_empty());
}

#[test]
fn a_forecast_that_wavers_is_told_once_in_its_period() {
    let forecast = |value: &str, period: &str| Probe {
        key: AlertKey {
            rule: "runs-out".into(),
            ..usage_until(period).key
        },
        condition: Condition::AtLeast(dec("1")),
        repeat: Repeat::OncePerPeriod,
        ..usage(Some(value))
    };
    let mut watch = Watch::default();
    watch.step(&[forecast("0", FIRST)], now());
    assert_eq!(watch.step(&[forecast("1", FIRST)], now()).len(), 1);
    watch.step(&[forecast("0", FIRST)], minutes(5));
    assert!(watch.step(&[forecast("1", FIRST)], minutes(10)).is_empty());
    assert_eq!(watch.get(&forecast("1", FIRST)).phase, Phase::Open);
    let next = at("2026-11-23T14:00:00Z");
    assert_eq!(watch.step(&[forecast("1", SECOND)], next).len(), 1);
}

#[test]
fn two_rules_with_one_key_are_one_alert() {
    let mut watch = Watch::default();
    watch.step(&[usage(Some("1")), usage(Some("1"))], now());
    assert_eq!(watch.known.len(), 1);
    assert_eq!(
        watch
            .step(&[usage(Some("85")), usage(Some("85"))], now())
            .len(),
        1
    );
}

#[test]
fn what_is_told_again_says_the_figures_of_now() {
    let mut watch = Watch::default();
    watch.step(&[usage(Some("1"))], now());
    watch.step(&[usage(Some("85"))], now());
    watch.step(&[usage(Some("88"))], now());
    assert_eq!(watch.get(&usage(None)).title, "Session at 85");
    watch.keep(snooze(&watch.known, &usage(None).key, minutes(60)));
    watch.step(&[usage(Some("97"))], minutes(60));
    let record = watch.get(&usage(None));
    assert_eq!(record.title, "Session at 97");
    assert_eq!(record.raised_at, Some(now()), "it began then");
}

proptest::proptest! {
    #[test]
    fn nothing_is_told_twice_while_it_lasts(values in proptest::collection::vec(proptest::option::of(0_i64..120), 1..40)) {
        let mut watch = Watch::default();
        let mut told = BTreeSet::new();
        for (minute, value) in values.into_iter().enumerate() {
            let now = minutes(i64::try_from(minute).unwrap());
            let text = value.map(|value| value.to_string());
            let probes = ladder(text.as_deref(), FIRST);
            for probe in &probes {
                if value.is_some_and(|value| !probe.condition.holds(value.into())) {
                    told.remove(probe.key.rule.as_str());
                }
            }
            let fired = watch.step(&probes, now);
            proptest::prop_assert!(fired.len() <= 1, "one jump, one notice");
            if value.is_none() {
                proptest::prop_assert!(fired.is_empty(), "unknown fires nothing");
            }
            for rule in fired {
                proptest::prop_assert!(told.insert(rule), "told twice while it lasts");
            }
            proptest::prop_assert_eq!(step(&probes, &watch.known, now), Stepped::default());
        }
    }
}
