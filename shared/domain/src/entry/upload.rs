//! Uploads that are not complete, and how far they are.

use serde::{Deserialize, Serialize};
use ulid::Ulid;

/// An upload that is not complete.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UnfinishedUpload {
    /// The store's id for it.
    pub id: String,
    /// The run that began it, whose name the object will bear whichever run completes it.
    pub begun_by: Ulid,
    /// The source's entity tag when it was begun.
    pub source_etag: Option<String>,
    /// The source's size when it was begun, in bytes, where the source said it.
    pub size: Option<u64>,
    /// The size of its parts, in bytes.
    pub part_size: u64,
    /// How far it is.
    #[serde(default)]
    pub progress: Progress,
    /// How often it could not be completed although every part was there.
    #[serde(default)]
    pub failed_completions: u8,
}

/// How far an unfinished upload is known to be; there may be more by now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Progress {
    /// Parts that the store has acknowledged.
    pub parts: u32,
    /// Where a stream goes on; none in a server-side copy, which needs nothing but its parts.
    #[serde(default)]
    pub stream: Option<StreamProgress>,
}

/// Where a stream goes on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StreamProgress {
    /// So many of the first parts are written without a gap.
    pub parts: u32,
    /// The source's bytes in them.
    pub bytes: u64,
    /// The digests' states after these bytes. Only the copier that wrote them can read them.
    pub digest_states: String,
}

/// Whether an entity tag is a strong one: it changes with every byte (RFC 9110, section 8.8.3). A
/// bare word or `*` is none at all.
pub fn is_strong(etag: &str) -> bool {
    etag.len() > 2 && etag.starts_with('"') && etag.ends_with('"')
}

impl UnfinishedUpload {
    /// Whether an upload of this source, cut like this, may go on with this one's parts. Only a
    /// strong entity tag can say that the source is still the same.
    pub fn can_continue(&self, etag: Option<&str>, size: Option<u64>, part_size: u64) -> bool {
        etag.is_some_and(is_strong)
            && self.source_etag.as_deref() == etag
            && self.size == size
            && self.part_size == part_size
    }

    /// How many parts there are that the next run can go on with.
    pub fn lasting_parts(&self) -> u32 {
        let lasting = self.source_etag.as_deref().is_some_and(is_strong);
        if lasting { self.progress.parts } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRONG: Option<&str> = Some("\"e\"");
    const PART: u64 = 5;

    fn upload(source_etag: Option<&str>, size: Option<u64>) -> UnfinishedUpload {
        UnfinishedUpload {
            id: "u".into(),
            begun_by: Ulid::from(1u128),
            source_etag: source_etag.map(str::to_owned),
            size,
            part_size: PART,
            progress: Progress::default(),
            failed_completions: 0,
        }
    }

    fn with_parts(id: &str, parts: u32) -> UnfinishedUpload {
        UnfinishedUpload {
            id: id.into(),
            progress: Progress {
                parts,
                stream: None,
            },
            ..upload(STRONG, Some(9))
        }
    }

    #[test]
    fn an_upload_is_gone_on_with_where_source_and_cut_are_the_same() {
        for size in [Some(9), Some(0), None] {
            assert!(upload(STRONG, size).can_continue(STRONG, size, PART));
        }
    }

    #[test]
    fn only_a_strong_tag_says_that_the_source_is_the_same() {
        for etag in [Some("W/\"e\""), Some("*"), Some("\""), None] {
            let same = upload(etag, Some(9));
            assert!(!same.can_continue(etag, Some(9), PART), "{etag:?}");
        }
    }

    #[test]
    fn another_source_size_or_cut_begins_anew() {
        let recorded = upload(STRONG, Some(9));
        for etag in [Some("\"f\""), Some("e"), Some("W/\"e\""), None] {
            assert!(!recorded.can_continue(etag, Some(9), PART), "{etag:?}");
        }
        for size in [Some(8), Some(10), None] {
            assert!(!recorded.can_continue(STRONG, size, PART), "{size:?}");
        }
        let unknown = upload(STRONG, None);
        assert!(!unknown.can_continue(STRONG, Some(9), PART), "nor unknown");
        for part_size in [PART - 1, PART + 1, 0] {
            assert!(!recorded.can_continue(STRONG, Some(9), part_size));
        }
    }

    #[test]
    fn only_parts_under_a_strong_tag_last() {
        assert_eq!(with_parts("u", 3).lasting_parts(), 3);
        for etag in [None, Some("W/\"e\""), Some("*"), Some("bare")] {
            let mut passing = upload(etag, None);
            passing.progress.parts = 9;
            assert_eq!(passing.lasting_parts(), 0, "{etag:?}: it begins anew");
        }
    }

    #[test]
    fn an_entry_without_progress_is_read_as_one_that_has_made_none() {
        let mut json = serde_json::to_value(with_parts("u", 3)).unwrap();
        json.as_object_mut().unwrap().remove("progress");
        let read: UnfinishedUpload = serde_json::from_value(json).unwrap();
        assert_eq!(read, with_parts("u", 0));
    }
}
