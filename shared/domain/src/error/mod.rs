//! What can go wrong with a copy: a public kind, a private detail, and one sorting of both.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a copy failed, in a word that clients, logs and metrics share.
///
/// The words are part of the HTTP contract. None of them tells anything about buckets, accounts
/// or addresses: that is the [`Failure`]'s private detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The source answered 404.
    SourceNotFound,
    /// The source answered 410.
    SourceGone,
    /// The source refuses us: 401, 403, 407, 429, 451 or another 4xx.
    SourceRefused,
    /// A redirect of the source leads where its rule does not allow, or too often.
    RedirectRefused,
    /// The source's address is private and its rule does not say `allow_private`.
    AddressRefused,
    /// The object is larger than `max_object`, or than its pool can hold.
    TooLarge,
    /// The source could not be reached, or stopped sending.
    SourceUnreachable,
    /// The source answered 5xx, or something that is no answer.
    SourceFailed,
    /// The source's bytes are not the ones that its HEAD announced.
    SourceChanged,
    /// The pool could not be written or read.
    PoolFailed,
    /// Our own rights or configuration do not allow the copy.
    NotPermitted,
    /// Several copiers in turn began this copy and none of them ended it.
    Abandoned,
}

/// Whose fault it is, which settles everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The object does not exist: the client gets the source's own status.
    Absent,
    /// The source will not give it to us: the client may do better at the origin.
    Source,
    /// It may work next time.
    Transient,
    /// Only an operator can mend it.
    Ours,
}

impl Kind {
    /// All kinds, in the order in which the documentation lists them.
    pub const ALL: [Self; 12] = [
        Self::SourceNotFound,
        Self::SourceGone,
        Self::SourceRefused,
        Self::RedirectRefused,
        Self::AddressRefused,
        Self::TooLarge,
        Self::SourceUnreachable,
        Self::SourceFailed,
        Self::SourceChanged,
        Self::PoolFailed,
        Self::NotPermitted,
        Self::Abandoned,
    ];

    /// Sorts the kind, exhaustively: a new kind does not compile until somebody decides.
    pub const fn fault(self) -> Fault {
        match self {
            Self::SourceNotFound | Self::SourceGone => Fault::Absent,
            Self::SourceRefused => Fault::Source,
            // Arguable: the source chose the redirect, but our rule decides; the rule can be mended.
            Self::RedirectRefused | Self::AddressRefused => Fault::Ours,
            Self::TooLarge | Self::NotPermitted => Fault::Ours,
            Self::SourceUnreachable
            | Self::SourceFailed
            | Self::SourceChanged
            | Self::PoolFailed
            | Self::Abandoned => Fault::Transient,
        }
    }

    /// The status that the source itself gave, where the client gets that same status.
    pub const fn status(self) -> Option<u16> {
        match self {
            Self::SourceNotFound => Some(404),
            Self::SourceGone => Some(410),
            _ => None,
        }
    }

    /// The kind's word in answers, logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SourceNotFound => "source-not-found",
            Self::SourceGone => "source-gone",
            Self::SourceRefused => "source-refused",
            Self::RedirectRefused => "redirect-refused",
            Self::AddressRefused => "address-refused",
            Self::TooLarge => "too-large",
            Self::SourceUnreachable => "source-unreachable",
            Self::SourceFailed => "source-failed",
            Self::SourceChanged => "source-changed",
            Self::PoolFailed => "pool-failed",
            Self::NotPermitted => "not-permitted",
            Self::Abandoned => "abandoned",
        }
    }

    /// What a client is told.
    pub const fn message(self) -> &'static str {
        match self {
            Self::SourceNotFound => "the source has no such object",
            Self::SourceGone => "the source says that the object is gone for good",
            Self::SourceRefused => "the source refuses to give the object to the mirror",
            Self::RedirectRefused => "the source redirects to a place its rule does not allow",
            Self::AddressRefused => "the source's address is not a public one",
            Self::TooLarge => "the object is too large to be mirrored",
            Self::SourceUnreachable => "the source could not be reached",
            Self::SourceFailed => "the source failed",
            Self::SourceChanged => "the source changed while it was being copied",
            Self::PoolFailed => "the pool could not store the object",
            Self::NotPermitted => "the mirror is not permitted to make this copy",
            Self::Abandoned => "several copies of the object were begun and none was finished",
        }
    }

    /// The kind for a status that is no success, from the source.
    pub const fn of_source_status(status: u16) -> Self {
        match status {
            404 => Self::SourceNotFound,
            410 => Self::SourceGone,
            // 408 and 425 ask for another try; the other 4xx will say the same again.
            408 | 425 => Self::SourceFailed,
            400..=499 => Self::SourceRefused,
            _ => Self::SourceFailed,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a copy failed: a kind for everybody, and the cause chain for operators only.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Failure {
    /// The public word.
    pub kind: Kind,
    /// The private cause chain; HTTP never shows it.
    pub detail: String,
}

impl Failure {
    /// A failure with its cause chain in words.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
        }
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
    fn a_status_is_shown_to_the_client_exactly_where_the_object_is_absent() {
        for kind in Kind::ALL {
            assert_eq!(
                kind.status().is_some(),
                kind.fault() == Fault::Absent,
                "{kind}"
            );
        }
    }

    #[test]
    fn serde_and_display_agree_on_every_word() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }

    #[test]
    fn source_statuses_are_sorted_as_the_table_says() {
        for (status, kind) in [
            (404, Kind::SourceNotFound),
            (410, Kind::SourceGone),
            (401, Kind::SourceRefused),
            (403, Kind::SourceRefused),
            (407, Kind::SourceRefused),
            (429, Kind::SourceRefused),
            (451, Kind::SourceRefused),
            (408, Kind::SourceFailed),
            (500, Kind::SourceFailed),
            (503, Kind::SourceFailed),
            (304, Kind::SourceFailed),
        ] {
            assert_eq!(Kind::of_source_status(status), kind, "{status}");
        }
    }
}
