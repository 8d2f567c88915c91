//! The announced file that holds credentials where the system has no secret store: TOML, readable by its owner only,
//! replaced as a whole so that a crash leaves the old or the new one.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::PathBuf;

use toml_edit::{DocumentMut, Item, value};

use crate::domain::account::AccountId;
use crate::secrets::Secret;
use crate::secrets::vault::SecretError;
use crate::system::private;

/// Stands above the first entry.
const HEAD: &str =
    "# Keys of Spendtray's accounts, kept here because the system has no secret store.\n";

/// The file; it need not be there.
#[derive(Debug, Clone)]
pub(super) struct SecretsFile {
    pub(super) path: PathBuf,
}

impl SecretsFile {
    /// The account's credential. `None`: the file or the entry is not there.
    pub(super) fn read(&self, account: &AccountId) -> Result<Option<Secret>, SecretError> {
        let Some(document) = self.document()? else {
            return Ok(None);
        };
        let text = document.get(&account.to_string()).and_then(Item::as_str);
        Ok(text.and_then(Secret::new))
    }

    /// Keeps a credential.
    pub(super) fn write(&self, account: &AccountId, secret: &Secret) -> Result<(), SecretError> {
        let _held = self.hold()?;
        let mut document = self.document()?.unwrap_or_default();
        document.insert(&account.to_string(), value(secret.expose()));
        self.replace(&document)
    }

    /// Forgets a credential; returns whether there was one.
    pub(super) fn forget(&self, account: &AccountId) -> Result<bool, SecretError> {
        if self.read(account)?.is_none() {
            return Ok(false);
        }
        let _held = self.hold()?;
        let mut document = self.document()?.unwrap_or_default();
        document.remove(&account.to_string());
        self.replace(&document)?;
        Ok(true)
    }

    fn document(&self) -> Result<Option<DocumentMut>, SecretError> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.fault(&error.to_string())),
        };
        // What the parser says may quote the line, and so a key.
        let broken = |error: toml_edit::TomlError| {
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.unwrap_or_default().matches('\n').count() + 1;
            self.fault(&format!("line {line} is no TOML; mend or delete it"))
        };
        text.parse().map(Some).map_err(broken)
    }

    fn hold(&self) -> Result<Option<File>, SecretError> {
        private::hold(&self.path).map_err(|error| self.fault(&error.to_string()))
    }

    fn replace(&self, document: &DocumentMut) -> Result<(), SecretError> {
        let mut text = document.to_string();
        if !text.contains(HEAD) {
            text.insert_str(0, HEAD);
        }
        private::replace(&self.path, &text, |_| Ok(()))
            .map_err(|error| self.fault(&error.to_string()))
    }

    fn fault(&self, reason: &str) -> SecretError {
        SecretError::File {
            file: self.path.clone(),
            reason: reason.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text).unwrap()
    }

    fn in_home() -> (tempfile::TempDir, SecretsFile) {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("data/secrets.toml");
        (home, SecretsFile { path })
    }

    #[test]
    fn what_is_kept_is_read_back_and_forgotten_one_by_one() {
        let (_home, file) = in_home();
        let [work, plain] = ["venice/work", "venice"].map(AccountId::parse);
        assert_eq!(file.read(&work), Ok(None));
        assert_eq!(file.forget(&work), Ok(false));
        file.write(&work, &secret("one \"two\" \\ three")).unwrap();
        file.write(&plain, &secret("four")).unwrap();
        assert_eq!(file.read(&work), Ok(Some(secret("one \"two\" \\ three"))));
        assert_eq!(file.forget(&work), Ok(true));
        assert_eq!(file.read(&work), Ok(None));
        assert_eq!(file.read(&plain), Ok(Some(secret("four"))));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_it_and_nothing_is_left_beside() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_home, file) = in_home();
        file.write(&AccountId::parse("venice"), &secret("one"))
            .unwrap();
        let mode =
            |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            (mode(&file.path), mode(private::folder(&file.path))),
            (0o600, 0o700)
        );
        fs::set_permissions(&file.path, fs::Permissions::from_mode(0o644)).unwrap();
        file.write(&AccountId::parse("openai"), &secret("two"))
            .unwrap();
        assert_eq!(mode(&file.path), 0o600);
        assert_eq!(
            fs::read_dir(private::folder(&file.path)).unwrap().count(),
            1
        );
        insta::assert_snapshot!(fs::read_to_string(&file.path).unwrap(), @r#"
    # Keys of Spendtray's accounts, kept here because the system has no secret store.
    venice = "one"
    openai = "two"
    "#);
    }

    #[test]
    fn a_broken_file_is_left_alone_and_its_text_is_not_repeated() {
        let (_home, file) = in_home();
        fs::create_dir(private::folder(&file.path)).unwrap();
        fs::write(&file.path, "\nvenice = sk-secret\n").unwrap();
        let venice = AccountId::parse("venice");
        let error = file.read(&venice).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
        assert!(!format!("{error} {error:?}").contains("sk-secret"));
        assert_eq!(file.write(&venice, &secret("x")), Err(error));
        assert_eq!(
            fs::read_to_string(&file.path).unwrap(),
            "\nvenice = sk-secret\n"
        );
    }
}
