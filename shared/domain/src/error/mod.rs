//! What can go wrong with a copy: a public kind, a private detail, and one sorting of both.

mod kind;

pub use kind::{Fault, Kind};

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::url::redact;

/// Why a copy failed: a kind for everybody, and the cause chain for operators only.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Failure {
    /// The public word.
    pub kind: Kind,
    /// The private cause chain; HTTP never shows it.
    pub detail: String,
}

impl Failure {
    /// A failure with its cause chain in words, cleared of the secrets that [`redact`] knows: they
    /// are kept in the entry, and a service's words may repeat what it was sent.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let detail = match redact(&detail) {
            Cow::Borrowed(_) => detail,
            Cow::Owned(cleared) => cleared,
        };
        Self { kind, detail }
    }

    /// A failure whose detail is the whole chain of an error's sources.
    pub fn caused_by(kind: Kind, error: &(dyn std::error::Error + 'static)) -> Self {
        Self::new(kind, chain(error))
    }
}

/// An error and all its sources, outermost first.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.detail)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_detail_keeps_what_signs_a_url_whoever_repeated_it() {
        let said = "GetObject: 403 for https://b.example/a?X-Amz-Signature=5f0a&x=1";
        let told = std::io::Error::other(said);
        for failure in [
            Failure::new(Kind::SourceFailed, said),
            Failure::caused_by(Kind::SourceFailed, &told),
        ] {
            assert_eq!(
                failure.detail,
                "GetObject: 403 for https://b.example/a?X-Amz-Signature=[redacted]&x=1"
            );
        }
    }
}
