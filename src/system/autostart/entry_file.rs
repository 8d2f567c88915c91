//! Writes and removes the small text file that an autostart entry is; what stands in it is the platform's business.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::system::autostart::AutostartError;

/// The program's name as a text; `what` is the kind of file it is wanted for: `a desktop entry`.
pub(super) fn name<'p>(program: &'p Path, what: &str) -> Result<&'p str, AutostartError> {
    program.to_str().ok_or_else(|| {
        AutostartError(format!(
            "{} cannot be written into {what}, because its name is not UTF-8. Move the program.",
            program.display()
        ))
    })
}

/// Replaces the file in one step: a crash leaves the old one or the new one.
pub(super) fn write(file: &Path, text: &str) -> Result<(), AutostartError> {
    replace(file, text).map_err(|error| {
        AutostartError(format!(
            "{} could not be written: {error}. Make its folder writable, or add the program to the list of programs \
             that your desktop starts at login.",
            file.display()
        ))
    })
}

/// Removes the file; one that is not there is removed already.
pub(super) fn remove(file: &Path) -> Result<(), AutostartError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(AutostartError(format!(
            "{} could not be removed: {error}. Remove it by hand.",
            file.display()
        ))),
        _ => Ok(()),
    }
}

fn replace(file: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let fresh = file.with_extension(format!("new-{}", std::process::id()));
    let written = fill(&fresh, text).and_then(|()| fs::rename(&fresh, file));
    if written.is_err() {
        // What went wrong before is the story; a left-over is not.
        drop(fs::remove_file(&fresh));
    }
    written
}

fn fill(fresh: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create(fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
