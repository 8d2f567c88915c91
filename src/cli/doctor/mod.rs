//! `spendtray doctor`: what works here, and how to mend what does not.

mod logs;
mod probes;

use clap::Args;
use serde::Serialize;

use crate::cli::failure::{Ended, Failure};
use crate::cli::output::Tone;
use crate::cli::session::Session;
use crate::cli::status::json::SCHEMA;

/// Check what works here: desktop, secret store, ledger, configuration, accounts
///
/// Exit code 0 when all is well, 1 when something is not. Accounts are judged by their last poll; with
/// `--online` they are polled now.
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// Poll every account now
    #[arg(long)]
    online: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// How one thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Standing {
    /// It works.
    Ok,
    /// It is so by the user's wish or by nature, and nothing has to be done.
    Note,
    /// It does not work.
    Fault,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Finding {
    subject: String,
    standing: Standing,
    detail: String,
    /// What mends it. `None`: nothing has to be, or can be.
    mend: Option<String>,
}

#[derive(Serialize)]
struct DoctorJson<'a> {
    schema: u32,
    well: bool,
    findings: &'a [Finding],
}

impl Finding {
    fn new(subject: impl Into<String>, standing: Standing, detail: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            standing,
            detail: detail.into(),
            mend: None,
        }
    }

    fn ok(subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(subject, Standing::Ok, detail)
    }

    fn note(subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(subject, Standing::Note, detail)
    }

    fn fault(subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(subject, Standing::Fault, detail)
    }

    fn mended_by(mut self, mend: impl Into<String>) -> Self {
        self.mend = Some(mend.into());
        self
    }
}

/// Runs the command.
pub(super) async fn run(session: &Session, arguments: &DoctorArgs) -> Result<Ended, Failure> {
    let assembly = session.assembly_in_silence()?;
    let findings = probes::all(&assembly, arguments.online).await;
    let faults = findings
        .iter()
        .filter(|finding| finding.standing == Standing::Fault)
        .count();
    if arguments.json {
        session.output.json(&DoctorJson {
            schema: SCHEMA,
            well: faults == 0,
            findings: &findings,
        })?;
    } else {
        session.output.data(&text(session, &findings))?;
    }
    match faults {
        0 => session.output.note("All is well."),
        1 => session.output.note("1 thing needs mending."),
        faults => session
            .output
            .note(&format!("{faults} things need mending.")),
    }
    Ok(if faults == 0 {
        Ended::Well
    } else {
        Ended::Failed
    })
}

fn text(session: &Session, findings: &[Finding]) -> String {
    let paint = session.output.paint();
    let mut text = String::new();
    for finding in findings {
        let (word, tone) = match finding.standing {
            Standing::Ok => ("ok   ", Tone::Good),
            Standing::Note => ("note ", Tone::Faint),
            Standing::Fault => ("fault", Tone::Bad),
        };
        let line = format!(
            "{}  {}: {}\n",
            paint.word(word, tone),
            finding.subject,
            finding.detail
        );
        text.push_str(&line);
        if let Some(mend) = &finding.mend {
            text.extend(["       mend: ", mend, "\n"]);
        }
    }
    text
}
