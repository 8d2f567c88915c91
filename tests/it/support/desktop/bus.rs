//! A session bus of the test's own.

use std::fs;
use std::path::Path;

use super::programs::{Program, command};
use super::{Outcome, Session};

/// A running bus; ends when dropped.
pub(crate) struct Bus(Program);

impl Bus {
    /// Starts it at the address that the session's environment names; the one of a bus before may be used again.
    pub(crate) fn start(session: &Session) -> Outcome<Self> {
        let folder = session.folder();
        let (services, settings) = (folder.join("services"), folder.join("bus.conf"));
        fs::create_dir_all(&services)?;
        fs::write(&settings, configuration(folder))?;
        let mut daemon = command("dbus-daemon");
        daemon.args(["--nofork", "--nopidfile", "--print-address=1"]);
        daemon.arg(format!("--config-file={}", settings.display()));
        let (program, _) = Program::start_ready(&mut daemon, "dbus")?;
        Ok(Self(program))
    }

    /// Starts programs on demand: a name on the bus and what to run.
    pub(crate) fn serve_on_demand(session: &Session, name: &str, program: &str) -> Outcome {
        let services = session.folder().join("services");
        fs::create_dir_all(&services)?;
        let text = format!("[D-BUS Service]\nName={name}\nExec={program}\n");
        fs::write(services.join(format!("{name}.service")), text)?;
        Ok(())
    }

    /// Lets it hang: connected, and never answering again.
    pub(crate) fn hang(&self) -> Outcome {
        self.0.signal("STOP")
    }
}

/// Where a session's bus listens.
pub(crate) fn address(folder: &Path) -> String {
    format!("unix:path={}", folder.join("bus").display())
}

fn configuration(folder: &Path) -> String {
    format!(
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <keep_umask/>
  <listen>{}</listen>
  <servicedir>{}</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#,
        address(folder),
        folder.join("services").display()
    )
}
