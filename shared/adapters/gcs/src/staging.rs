//! How parts become a replica: at a name of the upload's own first, then under its condition.
//!
//! Google's uploads in parts take no conditions: completing one replaces whatever has its name (with a
//! condition, it is refused). A run that was overtaken would so replace another's replica. Parts are
//! therefore completed at a staging name that nothing else uses, and what is there becomes the
//! replica by composition: one object composed of one, which moves no bytes, whatever the size, takes
//! a condition on the replica's generation, and sets all metadata, the digests among it, in the
//! same step.
//!
//! Rejected: a conditional copy instead, as Google promises for compositions only that they stay in one
//! request; parts as objects of their own, composed 32 at a time, as 10,000 of them need more than
//! 300 requests inside the final write, and as many deletions; a resumable upload, which takes a
//! condition but one part after the other.

use std::fmt;

use cloud_mirror_domain::entry::Digests;
use cloud_mirror_domain::ports::{PoolError, UploadId};
use http::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use ulid::Ulid;

use crate::GcsPool;
use crate::failure::{Reason, Refusal};
use crate::found::generation;
use crate::headers::Described;
use crate::place::segment;

/// What all staging names begin with. No replica's key does: those begin with a host, with `http:/`,
/// `https:/` or `sha256/`.
pub(crate) const STAGING: &str = "cloud-mirror-uploads";

/// An upload in parts: its staging name, and Google's id for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Staged {
    /// The name, without what all uploads of its replica share.
    name: String,
    /// The whole name.
    pub(crate) key: String,
    /// Google's id; empty where the parts were completed already and the id is not known any more.
    pub(crate) upload: String,
}

impl Staged {
    /// A name that no other upload has.
    pub(crate) fn fresh(replica: &str) -> Self {
        Self::named(replica, &Ulid::generate().to_string(), "")
    }

    /// What the port's id means, for uploads of this replica; none for what was never one.
    pub(crate) fn of(replica: &str, id: &str) -> Option<Self> {
        let (name, upload) = id.split_once('.')?;
        Ulid::from_string(name).ok()?;
        Some(Self::named(replica, name, upload))
    }

    /// The upload that Google lists under this name; none where it is not an upload of this replica.
    pub(crate) fn listed(replica: &str, key: &str, upload: &str) -> Option<Self> {
        let name = key.strip_prefix(&folder(replica))?;
        Some(Self::named(replica, name, upload))
    }

    fn named(replica: &str, name: &str, upload: &str) -> Self {
        Self {
            key: format!("{}{name}", folder(replica)),
            name: name.to_owned(),
            upload: upload.to_owned(),
        }
    }

    /// The same when Google has given it an id.
    pub(crate) fn begun(self, upload: String) -> Self {
        Self { upload, ..self }
    }

    /// The port's id: both, so that nothing must be looked up.
    pub(crate) fn id(&self) -> UploadId {
        self.to_string()
    }
}

impl fmt::Display for Staged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.name, self.upload)
    }
}

/// What the staging names of one replica's uploads begin with: hashed, as a key with something behind it
/// could be too long, and another key's beginning.
pub(crate) fn folder(replica: &str) -> String {
    let hash = hex::encode(Sha256::digest(replica));
    format!("{STAGING}/{hash}/")
}

impl GcsPool {
    /// Makes what was completed at the staging name the replica, if the replica's generation is
    /// `expected`. Where it is not, what was completed stays, and may be published under what is
    /// seen then.
    pub(crate) async fn publish(
        &self,
        key: &str,
        staged: &Staged,
        digests: Option<&Digests>,
        expected: u64,
    ) -> Result<(), PoolError> {
        let place = self.place(&staged.key);
        let found = self.look(place).await?;
        let found = found.ok_or(PoolError::NoSuchUpload)?;
        let generation = generation(&format!("HeadObject {place}"), &found.headers)?;
        // A composition inherits nothing, so what was said when the upload began is said again.
        let described = Described::read(&found.headers).published();
        let described = described.with_digests(digests);
        let source = json!({"name": staged.key, "generation": generation});
        match self.compose(key, &source, &described, expected).await {
            Ok(()) => {
                // The replica is there whatever becomes of this. What stays is found as an unfinished
                // upload by the next one of this replica, and ends by the lifecycle.
                drop(self.unstage(staged).await);
                Ok(())
            }
            // Aborted since it was looked at.
            Err(refusal) if refusal.reason == Reason::Absent => Err(PoolError::NoSuchUpload),
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// By the JSON API, whose documentation says of every header that the new object can have it.
    async fn compose(
        &self,
        key: &str,
        source: &Value,
        described: &Described,
        expected: u64,
    ) -> Result<(), Refusal> {
        let path = format!("b/{}/o/{}/compose", segment(self.bucket()), segment(key));
        let about = format!("ComposeObject {}", self.place(key));
        let asking = self
            .clients
            .json(about, Method::POST, &path)
            .query("ifGenerationMatch", &expected.to_string())
            .json(&json!({
                "sourceObjects": [source],
                "destination": described.to_resource(),
            }));
        asking.patiently().send().await.map(drop)
    }

    /// Deletes what was completed at the staging name. Success where there is nothing.
    pub(crate) async fn unstage(&self, staged: &Staged) -> Result<(), Refusal> {
        let place = self.place(&staged.key);
        let asking = self.clients.object("DeleteObject", Method::DELETE, place);
        match asking.send().await {
            Ok(_) => Ok(()),
            Err(refusal) if refusal.reason == Reason::Absent => Ok(()),
            Err(refusal) => Err(refusal),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ULID: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

    #[test]
    fn an_id_says_where_the_upload_is_and_what_google_calls_it() {
        let begun = Staged::fresh("example.com/a").begun("VXBs.b2Fk".into());
        assert_eq!(
            Staged::of("example.com/a", &begun.id()),
            Some(begun.clone())
        );
        let listed = Staged::listed("example.com/a", &begun.key, &begun.upload);
        assert_eq!(listed, Some(begun.clone()));
        assert_eq!(Staged::listed("example.com/b", &begun.key, "x"), None);
        let completed = Staged::of("example.com/a", &format!("{ULID}.")).unwrap();
        assert_eq!(completed.upload, "");
    }

    #[test]
    fn what_was_never_an_id_names_no_upload() {
        for odd in [
            "",
            ".",
            "upload",
            "../a.b",
            "01ARZ3.x",
            &format!("{ULID}/a.b"),
        ] {
            assert_eq!(Staged::of("example.com/a", odd), None, "{odd:?}");
        }
    }

    #[test]
    fn a_staging_name_fits_whatever_the_replicas_key_is() {
        let staged = Staged::fresh(&"k".repeat(2_000));
        assert!(staged.key.len() < 200, "{}", staged.key);
        assert_ne!(folder("a"), folder("a/"));
    }
}
