//! Which operation a request is, and who does it.

use http::Method;

use super::answer::{Answer, Refusal, Reply, document};
use super::request::{Request, decoded};
use super::store::Store;
use super::{buckets, composed, copies, objects, uploads};

/// What a request asks for, in S3's words where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    GetObject,
    HeadObject,
    PutObject,
    DeleteObject,
    CopyObject,
    ListObjects,
    CreateMultipartUpload,
    UploadPart,
    ListParts,
    ListMultipartUploads,
    CompleteMultipartUpload,
    AbortMultipartUpload,
    ComposeObject,
    CreateBucket,
    GetBucket,
    PatchBucket,
    GetBucketPolicy,
    PutBucketPolicy,
}

impl Operation {
    pub(super) fn of(request: &Request) -> Answer<Self> {
        let unknown = || Refusal::new(501, "NotImplemented", "not known to this server");
        let found = match request.path.strip_prefix("/storage/v1/b") {
            Some(path) => of_json(&request.method, path),
            None => of_xml(request)?,
        };
        found.ok_or_else(unknown)
    }

    pub(super) fn name(self) -> String {
        format!("{self:?}")
    }

    pub(super) fn is_json(self) -> bool {
        matches!(
            self,
            Self::ComposeObject
                | Self::CreateBucket
                | Self::GetBucket
                | Self::PatchBucket
                | Self::GetBucketPolicy
                | Self::PutBucketPolicy
        )
    }

    /// The bucket that it is about, if there is one.
    pub(super) fn bucket(self, request: &Request) -> Answer<Option<String>> {
        let bucket = match self.is_json() {
            true => in_json(request)?.0,
            false => request.place()?.0,
        };
        Ok((!bucket.is_empty()).then_some(bucket))
    }

    pub(super) fn perform(self, store: &Store, request: &Request) -> Answer<Reply> {
        match self {
            Self::GetObject | Self::HeadObject => objects::get(store, request),
            Self::PutObject => objects::put(store, request),
            Self::DeleteObject => objects::delete(store, request),
            Self::CopyObject => copies::object(store, request),
            Self::CreateMultipartUpload => uploads::begin(store, request),
            Self::UploadPart => uploads::part(store, request),
            Self::ListParts => uploads::parts(store, request),
            Self::CompleteMultipartUpload => uploads::complete(store, request),
            Self::AbortMultipartUpload => uploads::abort(store, request),
            Self::ListObjects => {
                let (name, _) = request.place()?;
                buckets::list(store.state().bucket(&name)?, &name, request)
                    .map(|root| document(&root))
            }
            Self::ListMultipartUploads => {
                let (name, _) = request.place()?;
                uploads::list(store.state().bucket(&name)?, &name, request)
            }
            _ => self.perform_json(store, request),
        }
    }

    fn perform_json(self, store: &Store, request: &Request) -> Answer<Reply> {
        let (bucket, key) = in_json(request)?;
        match self {
            Self::ComposeObject => composed::compose(store, request, (&bucket, &key)),
            Self::CreateBucket => buckets::create(store, request),
            Self::PatchBucket => buckets::patch(store, request, &bucket),
            Self::GetBucketPolicy => buckets::policy(store, &bucket),
            Self::PutBucketPolicy => buckets::put_policy(store, request, &bucket),
            _ => buckets::get(store, &bucket),
        }
    }
}

fn of_xml(request: &Request) -> Answer<Option<Operation>> {
    use Operation as Op;
    let (bucket, key) = request.place()?;
    let (upload, copy) = (
        request.has("uploadId"),
        request.header("x-goog-copy-source"),
    );
    Ok(match (&request.method, key.is_empty()) {
        _ if bucket.is_empty() => None,
        (&Method::GET, true) if request.has("uploads") => Some(Op::ListMultipartUploads),
        (&Method::GET, true) => Some(Op::ListObjects),
        (_, true) => None,
        (&Method::GET, false) if upload => Some(Op::ListParts),
        (&Method::GET, false) => Some(Op::GetObject),
        (&Method::HEAD, false) => Some(Op::HeadObject),
        (&Method::PUT, false) if upload => Some(Op::UploadPart),
        (&Method::PUT, false) if request.has("compose") => None,
        (&Method::PUT, false) if copy.is_some() => Some(Op::CopyObject),
        (&Method::PUT, false) => Some(Op::PutObject),
        (&Method::POST, false) if request.has("uploads") => Some(Op::CreateMultipartUpload),
        (&Method::POST, false) if upload => Some(Op::CompleteMultipartUpload),
        (&Method::DELETE, false) if upload => Some(Op::AbortMultipartUpload),
        (&Method::DELETE, false) => Some(Op::DeleteObject),
        _ => None,
    })
}

fn of_json(method: &Method, path: &str) -> Option<Operation> {
    use Operation as Op;
    let parts: Vec<_> = path.split('/').skip(1).collect();
    match (method, parts.as_slice()) {
        (&Method::POST, []) => Some(Op::CreateBucket),
        (&Method::GET, [_]) => Some(Op::GetBucket),
        (&Method::PATCH, [_]) => Some(Op::PatchBucket),
        (&Method::GET, [_, "iam"]) => Some(Op::GetBucketPolicy),
        (&Method::PUT, [_, "iam"]) => Some(Op::PutBucketPolicy),
        (&Method::POST, [_, "o", _, "compose"]) => Some(Op::ComposeObject),
        _ => None,
    }
}

/// Bucket and object of a path of the JSON API, where an object's name is one part.
fn in_json(request: &Request) -> Answer<(String, String)> {
    let mut parts = request.path.split('/').skip(4);
    let bucket = decoded(parts.next().unwrap_or_default())?;
    let key = decoded(parts.nth(1).unwrap_or_default())?;
    Ok((bucket, key))
}
