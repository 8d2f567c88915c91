//! Identifiers: one type per kind of name, so that a key is never taken for a model.
//!
//! A copy shares its text: thousands of pieces of usage name the same few keys and models.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(Arc::from(text.into()))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(Arc::from(text))
            }
        }
    };
}

text_id!(
    /// A provider's id, as in `providers`: lower case, as users type it.
    ProviderId
);
text_id!(
    /// A vendor's id of an API key; never the key itself.
    KeyId
);
text_id!(
    /// A model as the vendor names it on the bill.
    ModelId
);
text_id!(
    /// A project, workspace or team the vendor attributes usage to.
    ProjectId
);
text_id!(
    /// A session of a coding agent, as its logs name it.
    SessionId
);
text_id!(
    /// A person usage is attributed to.
    UserId
);
text_id!(
    /// The vendor's name of a balance, lower case with underscores: `diem`, `bundled_credits`.
    BalanceName
);
text_id!(
    /// The name of a quota window: `5h`, `week`, `epoch`.
    WindowName
);
text_id!(
    /// A coin's ticker in upper case: `VVV`.
    Symbol
);
text_id!(
    /// The stable name of an alert rule.
    RuleId
);
