//! The clipboard: opened at the first copy, and kept, because on Linux its owner must live as long as the text.

use std::sync::{Arc, Mutex, PoisonError};

/// The clipboard of the desktop.
#[derive(Clone, Default)]
pub(super) struct Clipboard(Arc<Mutex<Option<arboard::Clipboard>>>);

impl Clipboard {
    /// Puts a text on it. Blocks: a display may take its time.
    ///
    /// # Errors
    /// When there is no display, or it offers no clipboard.
    pub(super) fn put(&self, text: &str) -> Result<(), arboard::Error> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(clipboard) = kept.as_mut()
            && clipboard.set_text(text).is_ok()
        {
            return Ok(());
        }
        // None yet, or one whose display has gone.
        let mut clipboard = arboard::Clipboard::new()?;
        clipboard.set_text(text)?;
        *kept = Some(clipboard);
        Ok(())
    }
}
