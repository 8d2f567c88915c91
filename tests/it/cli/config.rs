//! `spendtray config` and `autostart`.

use crate::support::world::{Outcome, World, write};

#[test]
fn the_path_is_data_and_the_flag_outranks_the_variable() -> Outcome {
    let mut world = World::empty()?;
    assert_eq!(
        world.run(&["config", "path"])?.stdout,
        "~/config/spendtray/config.toml\n"
    );
    let other = world.path("other.toml").to_string_lossy().into_owned();
    world.set("SPENDTRAY_CONFIG", &other);
    assert_eq!(world.run(&["config", "path"])?.stdout, "~/other.toml\n");
    assert_eq!(
        world
            .run(&["config", "path", "--config", "/x.toml"])?
            .stdout,
        "/x.toml\n"
    );
    Ok(())
}

#[test]
fn every_value_is_shown_with_its_origin() -> Outcome {
    let world = World::empty()?;
    world.write_config("refresh = \"2m\"\n\n[tray]\nwarn_at = 60\n")?;
    let run = world.run(&["config", "show"])?;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let line = |key: &str| {
        let found = run.stdout.lines().find(|line| line.starts_with(key));
        found.unwrap_or_default().to_owned()
    };
    assert!(
        line("refresh").ends_with("# config.toml line 1"),
        "{}",
        run.stdout
    );
    assert!(
        line("tray.warn_at").ends_with("# config.toml line 4"),
        "{}",
        run.stdout
    );
    assert!(
        line("tray.critical_at").ends_with("# default"),
        "{}",
        run.stdout
    );
    Ok(())
}

#[test]
fn a_template_is_written_once_and_is_sound() -> Outcome {
    let world = World::empty()?;
    insta::assert_snapshot!("config_init", world.run(&["config", "init"])?.transcript());
    let written = world.config();
    assert!(!written.is_empty());
    insta::assert_snapshot!(
        "config_init_twice",
        world.run(&["config", "init"])?.transcript()
    );
    assert_eq!(world.config(), written);
    insta::assert_snapshot!(
        "config_check",
        world.run(&["config", "check", "--strict"])?.transcript()
    );
    Ok(())
}

#[test]
fn a_check_names_key_and_line_and_is_strict_on_request() -> Outcome {
    let world = World::empty()?;
    world.write_config("refresh = \"soon\"\nno_such_key = 1\n")?;
    let run = world.run(&["config", "check"])?;
    assert_eq!(run.code, Some(0));
    insta::assert_snapshot!("config_check_warnings", run.transcript());
    assert_eq!(world.run(&["config", "check", "--strict"])?.code, Some(2));
    world.write_config("refresh = \n")?;
    let broken = world.run(&["config", "check"])?;
    assert_eq!((broken.code, broken.stdout.as_str()), (Some(2), ""));
    insta::assert_snapshot!("config_check_broken", broken.transcript());
    Ok(())
}

#[test]
fn the_editor_gets_the_file_and_the_result_is_checked() -> Outcome {
    let mut world = World::empty()?;
    let editor = world.path("bin/editor with arguments");
    write(
        &editor,
        b"#!/bin/sh\nprintf 'refresh = \"9s\"\\n' > \"$2\"\n",
    )?;
    let program = world.path("bin/editor");
    std::fs::rename(&editor, &program)?;
    make_executable(&program)?;
    world.set("EDITOR", &format!("{} --wait", program.display()));
    let run = world.run(&["config", "edit"])?;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(world.config(), "refresh = \"9s\"\n");
    assert!(run.stdout.contains("refresh"), "{}", run.transcript());
    world.set("VISUAL", "no-such-editor");
    let missing = world.run(&["config", "edit"])?;
    assert_eq!(missing.code, Some(1));
    assert!(
        missing
            .stderr
            .contains("`no-such-editor` could not be started"),
        "{}",
        missing.stderr
    );
    Ok(())
}

#[cfg(unix)]
fn make_executable(file: &std::path::Path) -> Outcome {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(std::fs::set_permissions(
        file,
        std::fs::Permissions::from_mode(0o755),
    )?)
}

#[cfg(not(unix))]
fn make_executable(_: &std::path::Path) -> Outcome {
    Ok(())
}

#[test]
fn start_at_login_is_switched_on_and_off() -> Outcome {
    let world = World::empty()?;
    assert_eq!(world.run(&["autostart"])?.stdout, "off\n");
    let on = world.run(&["autostart", "enable"])?;
    assert_eq!(on.code, Some(0), "{}", on.stderr);
    assert_eq!(world.run(&["autostart", "status"])?.stdout, "on\n");
    let entry = std::fs::read_dir(world.path("config/autostart"))?.count();
    assert_eq!(entry, 1);
    assert_eq!(world.run(&["autostart", "disable"])?.code, Some(0));
    assert_eq!(world.run(&["autostart"])?.stdout, "off\n");
    Ok(())
}
