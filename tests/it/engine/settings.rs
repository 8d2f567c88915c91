//! A saved configuration takes effect without a restart; a broken one keeps the old settings.

use spendtray::view::menu::MenuItem;

use crate::support::stage::{Answer, Outcome, Set, begun, says, script};

#[tokio::test]
async fn an_account_appears_and_disappears_with_its_lines() -> Outcome {
    script("first").answer([Answer::Dollars(11)]);
    script("second").answer([Answer::Dollars(22)]);
    let mut stage = Set::new(&Set::accounts(&["first"]))?.start().await?;
    stage.says("$11.00").await?;
    stage.save(&Set::accounts(&["first", "second"]))?;
    stage.says("$22.00").await?;
    stage.save(&Set::accounts(&["second"]))?;
    stage
        .view(|view| !says(&view.menu, "$11.00") && says(&view.menu, "$22.00"))
        .await?;
    stage.quit().await?;
    Ok(())
}

#[tokio::test]
async fn a_broken_file_keeps_the_old_settings_and_says_which_line() -> Outcome {
    script("steady").answer([Answer::Dollars(33)]);
    let good = Set::accounts(&["steady"]);
    let mut stage = Set::new(&good)?.start().await?;
    stage.says("$33.00").await?;
    stage.save(&format!("{good}\nrefresh = = 5\n"))?;
    let notice = stage.notice().await?;
    assert!(notice.title.contains("not used"), "{notice:?}");
    assert!(notice.body.contains("config.toml:6:"), "{notice:?}");
    let view = stage
        .view(|view| says(&view.menu, "config.toml:6:"))
        .await?;
    assert!(says(&view.menu, "$33.00"));
    stage.save(&good)?;
    stage
        .view(|view| !says(&view.menu, "config.toml:6:"))
        .await?;
    stage.quit().await?;
    Ok(())
}

#[tokio::test]
async fn an_answer_to_old_settings_is_dropped() -> Outcome {
    let vendor = script("old");
    vendor.gate.forget_permits(1000);
    script("new").answer([Answer::Dollars(5)]);
    let mut stage = Set::new(&Set::accounts(&["old"]))?.start().await?;
    begun(&vendor).await?;
    stage.save(&Set::accounts(&["new"]))?;
    vendor.gate.add_permits(1);
    let view = stage.says("$5.00").await?;
    assert!(
        view.menu
            .iter()
            .all(|item: &MenuItem| !item.label.contains("old"))
    );
    stage.quit().await?;
    Ok(())
}

#[tokio::test]
async fn a_wrong_value_is_named_and_costs_only_itself() -> Outcome {
    script("named").answer([Answer::Dollars(44)]);
    let config = format!("refresh = \"soon\"\n{}", Set::accounts(&["named"]));
    let mut stage = Set::new(&config)?.start().await?;
    let view = stage.says("$44.00").await?;
    assert!(says(&view.menu, "refresh"), "{:#?}", view.menu);
    stage.quit().await?;
    Ok(())
}
