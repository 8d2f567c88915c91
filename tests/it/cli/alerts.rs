//! `spendtray alerts` on a ledger that already knows of some.

use spendtray::domain::alert::{AlertKey, AlertRecord, NoticeRecord, Phase, Severity};
use spendtray::store::Store;

use crate::support::world::{NOW, Outcome, World, write};

fn alert(rule: &str, severity: Severity) -> Outcome<AlertRecord> {
    Ok(AlertRecord {
        key: AlertKey {
            rule: rule.into(),
            subject: "venice balance diem".into(),
            period: String::new(),
        },
        severity,
        title: "Venice runs low".into(),
        body: "3.0000 DIEM left.".into(),
        phase: Phase::Open,
        raised_at: Some("2026-11-23T09:00:00Z".parse()?),
        notified_at: Some("2026-11-23T09:00:00Z".parse()?),
        cleared_at: None,
        snoozed_until: None,
    })
}

/// A home whose ledger has two open alerts, and the short id of the first.
fn world() -> Outcome<(World, String)> {
    let world = World::empty()?;
    write(&world.path("data/spendtray/.keep"), b"")?;
    let (low, out) = (
        alert("balance", Severity::Warning)?,
        alert("exhausted", Severity::Critical)?,
    );
    let id = low.key.short();
    let notice = NoticeRecord {
        at: NOW.parse()?,
        alert: Some(low.key.clone()),
        severity: Severity::Warning,
        title: low.title.clone(),
        body: low.body.clone(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let store = Store::open(&Store::url_of(&world.ledger_file())).await?;
        store
            .save_alerts_and_notices(&[low, out], &[notice], NOW.parse()?)
            .await?;
        store.close().await;
        Outcome::Ok(())
    })?;
    Ok((world, id))
}

fn states(world: &World) -> Outcome<Vec<(String, bool)>> {
    let list = world.run(&["alerts", "list", "--json"])?.json()?;
    let alerts = list["alerts"].as_array().cloned().unwrap_or_default();
    Ok(alerts
        .iter()
        .map(|alert| {
            let id = alert["id"].as_str().unwrap_or_default().to_owned();
            (id, alert["acknowledged"] == true)
        })
        .collect())
}

#[test]
fn nothing_holds_in_an_empty_home() -> Outcome {
    let world = World::empty()?;
    insta::assert_snapshot!(world.run(&["alerts"])?.transcript(), @r"
    $ spendtray alerts
    ! No alert holds.
    ");
    assert_eq!(
        world.run(&["alerts", "list", "--json"])?.json()?["alerts"],
        serde_json::json!([])
    );
    Ok(())
}

#[test]
fn alerts_are_listed_worst_first_with_ids_to_type() -> Outcome {
    let (world, _) = world()?;
    insta::assert_snapshot!("alerts_list", world.run(&["alerts"])?.transcript());
    Ok(())
}

#[test]
fn one_alert_is_acknowledged_then_all() -> Outcome {
    let (world, id) = world()?;
    let one = world.run(&["alerts", "ack", &id])?;
    assert_eq!(one.code, Some(0), "{}", one.stderr);
    let seen: Vec<bool> = states(&world)?.into_iter().map(|(_, seen)| seen).collect();
    assert_eq!(seen.iter().filter(|seen| **seen).count(), 1);
    assert_eq!(world.run(&["alerts", "ack", "--all"])?.code, Some(0));
    assert!(states(&world)?.iter().all(|(_, seen)| *seen));
    Ok(())
}

#[test]
fn an_alert_is_kept_quiet_for_a_while() -> Outcome {
    let (world, id) = world()?;
    let run = world.run(&["alerts", "snooze", &id, "--for", "2h"])?;
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (Some(0), "Quiet until 2026-11-23 12:00.\n")
    );
    let list = world.run(&["alerts", "list"])?;
    assert!(list.stdout.contains("snoozed"), "{}", list.stdout);
    assert_eq!(
        world.run(&["alerts", "snooze", &id, "--for", "soon"])?.code,
        Some(2)
    );
    Ok(())
}

#[test]
fn an_unknown_alert_is_a_usage_error() -> Outcome {
    let (world, _) = world()?;
    insta::assert_snapshot!(world.run(&["alerts", "ack", "00000000"])?.transcript(), @r"
    $ spendtray alerts ack 00000000
    ! error: there is no alert `00000000`
    ! hint: `spendtray alerts list` shows the alerts that hold, with their ids.
    (exit 2)
    ");
    assert_eq!(world.run(&["alerts", "ack"])?.code, Some(2));
    Ok(())
}

#[test]
fn history_is_what_was_told() -> Outcome {
    let (world, id) = world()?;
    insta::assert_snapshot!(
        "alerts_history",
        world.run(&["alerts", "history"])?.transcript()
    );
    let history = world
        .run(&["alerts", "history", "-n", "1", "--json"])?
        .json()?;
    assert_eq!(history["notices"][0]["alert"], id);
    Ok(())
}
