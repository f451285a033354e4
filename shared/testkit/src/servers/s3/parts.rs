//! The parts of an unfinished upload.

use std::time::SystemTime;

use s3s::dto::{ETag, Part as Listed, UploadPartInput, UploadPartOutput};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::checksums::{Algorithm, Claims, Sum, tell_sum};
use super::content::Content;
use super::objects;
use super::store::Store;

#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) content: Content,
    /// Without quotes.
    pub(super) etag: String,
    /// Its own checksum, and whether the upload's beginning asked for one.
    pub(super) sum: Option<Sum>,
    asked: bool,
    pub(super) modified: SystemTime,
}

impl Part {
    pub(super) fn etag(&self) -> Option<ETag> {
        Some(ETag::Strong(self.etag.clone()))
    }

    /// The checksum, if S3 would tell it.
    pub(super) fn told(&self) -> Option<&Sum> {
        self.sum.as_ref().filter(|_| self.asked)
    }

    pub(super) fn listed(&self, number: i32) -> Listed {
        let mut listed = Listed {
            e_tag: self.etag(),
            last_modified: Some(self.modified.into()),
            part_number: Some(number),
            size: Some(self.content.len() as i64),
            ..Listed::default()
        };
        tell_sum!(listed, self.told());
        listed
    }
}

/// Adds a part, in place of one of the same number.
pub(super) fn add(
    store: &Store,
    place: (&str, &str),
    (upload, number): (&str, i32),
    (content, claims): (Content, Claims),
) -> S3Result<Part> {
    if !(1..=10_000).contains(&number) {
        return Err(s3_error!(
            InvalidArgument,
            "Part number must be an integer between 1 and 10000, inclusive"
        ));
    }
    let asked = store.state().upload(place, upload)?.algorithm;
    if let (Some(asked), Some(claimed)) = (asked, claims.algorithm())
        && asked != claimed
    {
        return Err(s3_error!(InvalidRequest, "Checksum Type mismatch occurred"));
    }
    let sum = claims.verified(&content, asked.unwrap_or(Algorithm::Crc64Nvme))?;
    let etag = hex::encode(content.md5());
    let content = store.settings.kept(content);
    let mut state = store.state();
    let part = Part {
        content,
        etag,
        sum,
        asked: asked.is_some() || claims.algorithm().is_some(),
        modified: state.now(),
    };
    let upload = state.upload_mut(place, upload)?;
    upload.parts.insert(number, part.clone());
    Ok(part)
}

pub(super) async fn upload(
    store: &Store,
    req: S3Request<UploadPartInput>,
) -> S3Result<S3Response<UploadPartOutput>> {
    let input = req.input;
    let length = input.content_length.unwrap_or_default();
    if length.unsigned_abs() > store.settings.largest_copy {
        return Err(s3_error!(
            EntityTooLarge,
            "Your proposed upload exceeds the maximum allowed size"
        ));
    }
    let content = Content::real(objects::body(input.body, input.content_length).await?);
    let claims = Claims::of(&req.headers, req.trailing_headers.as_ref());
    let place = (input.bucket.as_str(), input.key.as_str());
    let upload = (input.upload_id.as_str(), input.part_number);
    let part = add(store, place, upload, (content, claims))?;
    let mut answer = UploadPartOutput {
        e_tag: part.etag(),
        ..UploadPartOutput::default()
    };
    tell_sum!(answer, part.told());
    Ok(S3Response::new(answer))
}
