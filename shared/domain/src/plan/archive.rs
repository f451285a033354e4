//! Which objects of S3 cannot be read before somebody restores them.

/// What S3's headers say of how an object is kept, each where it was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept<'a> {
    /// `x-amz-storage-class`
    pub storage_class: Option<&'a str>,
    /// `x-amz-archive-status`, of objects in INTELLIGENT_TIERING.
    pub archive_status: Option<&'a str>,
    /// `x-amz-restore`
    pub restore: Option<&'a str>,
}

impl Kept<'_> {
    /// Whether the object cannot be read now: in GLACIER or DEEP_ARCHIVE without a restored copy, or
    /// in one of intelligent tiering's archives. GLACIER_IR is read like any other.
    pub fn is_archived(&self) -> bool {
        let deep = matches!(self.storage_class, Some("GLACIER" | "DEEP_ARCHIVE"));
        let restored = |restore: &str| restore.contains("ongoing-request=\"false\"");
        (deep || self.archive_status.is_some()) && !self.restore.is_some_and(restored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archived_object_is_readable_once_its_restore_is_finished() {
        const ONGOING: Option<&str> = Some("ongoing-request=\"true\"");
        const DONE: Option<&str> =
            Some("ongoing-request=\"false\", expiry-date=\"Fri, 21 Dec 2029 00:00:00 GMT\"");
        for (storage_class, archive_status, restore, archived) in [
            (None, None, None, false),
            (Some("STANDARD_IA"), None, None, false),
            (Some("GLACIER_IR"), None, None, false),
            (Some("GLACIER"), None, None, true),
            (Some("GLACIER"), None, ONGOING, true),
            (Some("GLACIER"), None, DONE, false),
            (Some("DEEP_ARCHIVE"), None, None, true),
            (Some("DEEP_ARCHIVE"), None, DONE, false),
            (Some("INTELLIGENT_TIERING"), None, None, false),
            (
                Some("INTELLIGENT_TIERING"),
                Some("ARCHIVE_ACCESS"),
                None,
                true,
            ),
            (
                Some("INTELLIGENT_TIERING"),
                Some("DEEP_ARCHIVE_ACCESS"),
                ONGOING,
                true,
            ),
        ] {
            let kept = Kept {
                storage_class,
                archive_status,
                restore,
            };
            assert_eq!(kept.is_archived(), archived, "{kept:?}");
        }
    }
}
