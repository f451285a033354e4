//! What stands between a reader and an object that is there: an archive, or a key.

use http::HeaderMap;
use s3s::dto::{ArchiveStatus, HeadObjectOutput, ServerSideEncryption, StorageClass};
use s3s::{S3Result, s3_error};

use super::S3Server;
use super::object::Object;
use super::store::Bucket;

/// How an object is kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Custody {
    archive: Option<Archive>,
    key: Option<Key>,
}

#[derive(Clone, Debug)]
struct Archive {
    /// A storage class, or one of intelligent tiering's archives.
    name: String,
    restored: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Key {
    /// SSE-C: requests must bring it, and none does.
    Customers,
    /// SSE-KMS, with a key that the caller may not use.
    Denied,
}

impl Archive {
    fn is_tier(&self) -> bool {
        ["ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS"].contains(&self.name.as_str())
    }

    fn is_closed(&self) -> bool {
        let closed = self.is_tier() || ["GLACIER", "DEEP_ARCHIVE"].contains(&self.name.as_str());
        closed && !self.restored
    }

    fn tell(&self, head: &mut HeadObjectOutput) {
        if self.is_tier() {
            head.storage_class = Some(StorageClass::from("INTELLIGENT_TIERING".to_owned()));
            head.archive_status = self
                .is_closed()
                .then(|| ArchiveStatus::from(self.name.clone()));
            return;
        }
        head.storage_class = Some(StorageClass::from(self.name.clone()));
        head.restore = self.restored.then(|| {
            "ongoing-request=\"false\", expiry-date=\"Fri, 21 Dec 2029 00:00:00 GMT\"".into()
        });
    }
}

impl Custody {
    /// Refuses the bytes, to a GET or a copy alike, where they are out of reach.
    pub(super) fn give(&self) -> S3Result<()> {
        if self.archive.as_ref().is_some_and(Archive::is_closed) {
            return Err(s3_error!(
                InvalidObjectState,
                "The operation is not valid for the object's storage class"
            ));
        }
        match self.key {
            None => Ok(()),
            Some(Key::Customers) => Err(s3_error!(
                InvalidRequest,
                "The object was stored using a form of Server Side Encryption. The correct \
                 parameters must be provided to retrieve the object."
            )),
            Some(Key::Denied) => Err(s3_error!(
                AccessDenied,
                "User: arn:aws:iam::111122223333:user/testkit is not authorized to perform: \
                 kms:Decrypt on resource: arn:aws:kms:us-west-2:111122223333:key/1234 because no \
                 identity-based policy allows the kms:Decrypt action"
            )),
        }
    }

    /// HEAD needs the customer's key too, and another's only for the checksum, which is encrypted.
    pub(super) fn show(&self, checksum: bool) -> S3Result<()> {
        match self.key {
            Some(Key::Customers) => self.give(),
            Some(Key::Denied) if checksum => self.give(),
            _ => Ok(()),
        }
    }

    /// What a HEAD tells of it.
    pub(super) fn tell(&self, head: &mut HeadObjectOutput) {
        if let Some(archive) = &self.archive {
            archive.tell(head);
        }
        if self.key == Some(Key::Denied) {
            let kms = ServerSideEncryption::from_static(ServerSideEncryption::AWS_KMS);
            head.server_side_encryption = Some(kms);
        }
    }
}

impl Bucket {
    /// Refuses whoever does not agree to pay where that is asked.
    pub(super) fn charge(&self, headers: &HeaderMap) -> S3Result<()> {
        let agreed = headers
            .get("x-amz-request-payer")
            .is_some_and(|payer| payer == "requester");
        match self.requester_pays && !agreed {
            true => Err(s3_error!(AccessDenied, "Access Denied")),
            false => Ok(()),
        }
    }
}

/// Objects that are there and not to be had. Whatever names a bucket or an object that does not exist
/// panics.
impl S3Server {
    /// Puts an object into a storage class, such as `DEEP_ARCHIVE`, or with `ARCHIVE_ACCESS` or
    /// `DEEP_ARCHIVE_ACCESS` into an archive of intelligent tiering. Its bytes are out of reach (403
    /// `InvalidObjectState`) in those two, in `GLACIER` and in `DEEP_ARCHIVE`, until
    /// [`Self::restore`].
    pub fn archive(&self, bucket: &str, key: &str, class: &str) {
        let archive = Archive {
            name: class.to_owned(),
            restored: false,
        };
        self.change(bucket, key, |object| object.custody.archive = Some(archive));
    }

    /// Finishes the restore of an archived object: its bytes can be had again.
    pub fn restore(&self, bucket: &str, key: &str) {
        self.change(bucket, key, |object| {
            object.custody.archive.as_mut().unwrap().restored = true;
        });
    }

    /// Makes an object one of SSE-C: HEAD, GET and copies are refused (400), for no request can bring
    /// its key here.
    pub fn encrypt_with_customer_key(&self, bucket: &str, key: &str) {
        self.change(bucket, key, |object| {
            object.custody.key = Some(Key::Customers);
        });
    }

    /// Makes an object one of SSE-KMS whose key the caller may not use: GET and copies are refused
    /// (403), and HEAD only where it asks for the checksum.
    pub fn encrypt_with_kms_denied(&self, bucket: &str, key: &str) {
        self.change(bucket, key, |object| object.custody.key = Some(Key::Denied));
    }

    /// Refuses (403) every request for a bucket, and copies out of it, that does not agree to pay;
    /// or no longer. The owner, who need not agree, is nobody here.
    pub fn set_requester_pays(&self, bucket: &str, requester_pays: bool) {
        self.with(bucket, |bucket| bucket.requester_pays = requester_pays);
    }

    /// Deletes an object as a versioned bucket does: its newest version is a delete marker, which
    /// GET and HEAD name (404 with `x-amz-delete-marker: true`). The object need not exist; whoever
    /// writes it anew takes the marker away.
    pub fn mark_deleted(&self, bucket: &str, key: &str) {
        self.with(bucket, |bucket| {
            bucket.objects.remove(key);
            bucket.markers.insert(key.to_owned());
        });
    }

    fn change(&self, bucket: &str, key: &str, change: impl FnOnce(&mut Object)) {
        self.with(bucket, |bucket| {
            change(bucket.objects.get_mut(key).unwrap());
        });
    }
}
