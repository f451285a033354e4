//! The kinds of failure, each sorted once.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a copy failed, in a word that clients, logs and operators share.
///
/// The words are part of the HTTP contract. None of them tells anything about buckets, accounts
/// or addresses: that is the private detail of a [`Failure`](super::Failure).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The source answered 404.
    SourceNotFound,
    /// The source answered 410.
    SourceGone,
    /// The newest version of the object in its versioned bucket is a delete marker.
    SourceDeleted,
    /// The source refuses us: 401, 403, 407, 429, 451 or another 4xx.
    SourceRefused,
    /// The source says that its object may not be stored, by `Cache-Control`: `no-store` or `private`.
    NotStorable,
    /// The bytes are not those of a digest that the source offers.
    DigestMismatch,
    /// A redirect of the source leads where its rule does not allow.
    RedirectRefused,
    /// The source redirects more often than is followed.
    TooManyRedirects,
    /// The source's address is private and its rule does not say `allow_private`.
    AddressRefused,
    /// The headers of an answer of the source are larger than is read.
    HeadersTooLarge,
    /// The object is larger than `max_object`, or than its pool can hold.
    TooLarge,
    /// The object is archived, and no restored copy of it is ready.
    Archived,
    /// The object is encrypted with its customer's own key (SSE-C), which only requests can bring.
    SourceEncrypted,
    /// The object is encrypted with SSE-KMS and our role may not use the key.
    KmsDenied,
    /// Whoever asks the source's bucket must agree to pay, and its rule does not say `requester_pays`.
    RequesterPays,
    /// Our own rights or configuration do not allow the copy.
    NotPermitted,
    /// The source could not be reached, or its connections break.
    SourceUnreachable,
    /// The source kept us waiting: no answer, or no further byte, in the time allowed.
    SourceStalled,
    /// The source answered 5xx, or something that is no answer.
    SourceFailed,
    /// The source's bytes are not the ones that its HEAD announced.
    SourceChanged,
    /// The pool or the store asks for fewer requests.
    Throttled,
    /// The pool could not be written or read.
    PoolFailed,
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

/// Everything that follows from a kind.
struct Sorted {
    fault: Fault,
    word: &'static str,
    message: &'static str,
    remedy: &'static str,
}

impl Kind {
    /// All kinds, in the order in which the documentation lists them.
    pub const ALL: [Self; 23] = [
        Self::SourceNotFound,
        Self::SourceGone,
        Self::SourceDeleted,
        Self::SourceRefused,
        Self::NotStorable,
        Self::DigestMismatch,
        Self::RedirectRefused,
        Self::TooManyRedirects,
        Self::AddressRefused,
        Self::HeadersTooLarge,
        Self::TooLarge,
        Self::Archived,
        Self::SourceEncrypted,
        Self::KmsDenied,
        Self::RequesterPays,
        Self::NotPermitted,
        Self::SourceUnreachable,
        Self::SourceStalled,
        Self::SourceFailed,
        Self::SourceChanged,
        Self::Throttled,
        Self::PoolFailed,
        Self::Abandoned,
    ];

    /// Sorts the kind, exhaustively: a new kind does not compile until somebody decides.
    ///
    /// Arguable for redirects, addresses and headers: the source chose them, but our rules refuse
    /// them, and an operator can mend a rule.
    const fn sorted(self) -> Sorted {
        match self {
            Self::SourceNotFound => Sorted {
                fault: Fault::Absent,
                word: "source-not-found",
                message: "the source has no such object",
                remedy: "nothing; mend the URL, or publish the object",
            },
            Self::SourceGone => Sorted {
                fault: Fault::Absent,
                word: "source-gone",
                message: "the source says that the object is gone for good",
                remedy: "nothing",
            },
            Self::SourceDeleted => Sorted {
                fault: Fault::Absent,
                word: "source-deleted",
                message: "the object was deleted from its versioned store",
                remedy: "nothing; or remove the delete marker",
            },
            Self::SourceRefused => Sorted {
                fault: Fault::Source,
                word: "source-refused",
                message: "the source refuses to give the object to the mirror",
                remedy: "if clients may have it and the mirror may not: declare the rule `private` with its `store`, or ask the source; a 429 passes",
            },
            Self::NotStorable => Sorted {
                fault: Fault::Source,
                word: "not-storable",
                message: "the source does not allow that its object is stored",
                remedy: "if the object may be mirrored all the same: say `ignore_cache_control` in the rule, or have the source say neither `no-store` nor `private`",
            },
            Self::DigestMismatch => Sorted {
                fault: Fault::Source,
                word: "digest-mismatch",
                message: "the source's bytes do not match the digest that it offers",
                remedy: "tell the source: either its object or its digest is damaged",
            },
            Self::RedirectRefused => Sorted {
                fault: Fault::Ours,
                word: "redirect-refused",
                message: "the source redirects to a place its rule does not allow",
                remedy: "add the host to the rule's `redirect_hosts`, if it may be trusted",
            },
            Self::TooManyRedirects => Sorted {
                fault: Fault::Ours,
                word: "too-many-redirects",
                message: "the source redirects too often",
                remedy: "give the URL that the redirects end at a rule of its own",
            },
            Self::AddressRefused => Sorted {
                fault: Fault::Ours,
                word: "address-refused",
                message: "the source's address is not a public one",
                remedy: "say `allow_private` in the rule, if the source is one of your own network; else see who wrote that name",
            },
            Self::HeadersTooLarge => Sorted {
                fault: Fault::Ours,
                word: "headers-too-large",
                message: "the headers of the source's answer are too large",
                remedy: "see what the source sends; nothing can be configured",
            },
            Self::TooLarge => Sorted {
                fault: Fault::Ours,
                word: "too-large",
                message: "the object is too large to be mirrored",
                remedy: "raise `max_object`, up to what the pool can hold",
            },
            Self::Archived => Sorted {
                fault: Fault::Ours,
                word: "archived",
                message: "the object is archived and must be restored first",
                remedy: "restore the object, then redrive the message",
            },
            Self::SourceEncrypted => Sorted {
                fault: Fault::Ours,
                word: "source-encrypted",
                message: "the object is encrypted with a key that the mirror does not have",
                remedy: "store the object with SSE-S3 or SSE-KMS",
            },
            Self::KmsDenied => Sorted {
                fault: Fault::Ours,
                word: "kms-denied",
                message: "the mirror may not use the key that the object is encrypted with",
                remedy: "allow the copier's role `kms:Decrypt` on the source's key, in the key's policy too",
            },
            Self::RequesterPays => Sorted {
                fault: Fault::Ours,
                word: "requester-pays",
                message: "the source wants to be paid by whoever asks",
                remedy: "say `requester_pays = true` in the rule's `store` and `private = true` beside it, if you will pay",
            },
            Self::NotPermitted => Sorted {
                fault: Fault::Ours,
                word: "not-permitted",
                message: "the mirror is not permitted to make this copy",
                remedy: "see the entry's detail for the refused action, and allow it to the copier's role",
            },
            Self::SourceUnreachable => Sorted {
                fault: Fault::Transient,
                word: "source-unreachable",
                message: "the source could not be reached",
                remedy: "see whether the source answers from this region",
            },
            Self::SourceStalled => Sorted {
                fault: Fault::Transient,
                word: "source-stalled",
                message: "the source stopped sending",
                remedy: "see whether the source answers from this region",
            },
            Self::SourceFailed => Sorted {
                fault: Fault::Transient,
                word: "source-failed",
                message: "the source failed",
                remedy: "tell the source, if it lasts",
            },
            Self::SourceChanged => Sorted {
                fault: Fault::Transient,
                word: "source-changed",
                message: "the source changed while it was being copied",
                remedy: "mirror only objects that never change under one URL",
            },
            Self::Throttled => Sorted {
                fault: Fault::Transient,
                word: "throttled",
                message: "the stores are busy",
                remedy: "lower `parts_in_flight` or the number of copiers, if it lasts",
            },
            Self::PoolFailed => Sorted {
                fault: Fault::Transient,
                word: "pool-failed",
                message: "the pool could not store the object",
                remedy: "see the entry's detail and the pool's own health",
            },
            Self::Abandoned => Sorted {
                fault: Fault::Transient,
                word: "abandoned",
                message: "several copies of the object were begun and none was finished",
                remedy: "see the copier's logs for what ends it: memory, time, a crash",
            },
        }
    }

    /// Whose fault it is.
    pub const fn fault(self) -> Fault {
        self.sorted().fault
    }

    /// The kind's word in answers and logs.
    pub const fn as_str(self) -> &'static str {
        self.sorted().word
    }

    /// What a client is told.
    pub const fn message(self) -> &'static str {
        self.sorted().message
    }

    /// What an operator does about it.
    pub const fn remedy(self) -> &'static str {
        self.sorted().remedy
    }

    /// The status that the client gets instead of a redirect: the source's own.
    pub const fn status(self) -> Option<u16> {
        match self {
            Self::SourceNotFound | Self::SourceDeleted => Some(404),
            Self::SourceGone => Some(410),
            _ => None,
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
