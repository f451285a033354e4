//! Writing, reading and deleting objects.

use bytes::Bytes;
use futures::StreamExt;
use http::{HeaderMap, HeaderValue, StatusCode};
use s3s::dto::{
    DeleteObjectInput, DeleteObjectOutput, GetObjectInput, GetObjectOutput, HeadObjectInput,
    HeadObjectOutput, PutObjectInput, PutObjectOutput, Range, StreamingBlob,
};
use s3s::{S3Error, S3Request, S3Response, S3Result, s3_error};

use super::checksums::{Algorithm, Claims, Sum, tell_sum};
use super::conditions::{Conditions, readable};
use super::content::Content;
use super::object::{Object, facts};
use super::store::{State, Store};
use super::tags;

/// A body to its end, of the length that was announced.
pub(super) async fn body(body: Option<StreamingBlob>, length: Option<i64>) -> S3Result<Bytes> {
    let mut chunks = Vec::new();
    let mut body = body.unwrap_or_else(|| StreamingBlob::from(s3s::Body::empty()));
    while let Some(chunk) = body.next().await {
        chunks.push(chunk.map_err(broken)?);
    }
    // One chunk that is not signed by itself comes through as it was collected, uncopied.
    let bytes = match chunks.len() {
        1 => chunks.remove(0),
        _ => Bytes::from(chunks.concat()),
    };
    match length {
        Some(length) if length != bytes.len() as i64 => Err(s3_error!(IncompleteBody)),
        _ => Ok(bytes),
    }
}

fn broken(error: Box<dyn std::error::Error + Send + Sync>) -> S3Error {
    match error.downcast::<S3Error>() {
        Ok(error) => *error,
        Err(error) => s3_error!(IncompleteBody, "{error}"),
    }
}

impl State {
    /// Writes an object if the conditions allow it; tells its `x-amz-expiration` and when it was
    /// written.
    pub(super) fn write(
        &mut self,
        (bucket, key): (&str, &str),
        mut object: Object,
        conditions: &Conditions,
    ) -> S3Result<(Option<String>, Object)> {
        object.modified = self.now();
        let bucket = self.bucket_mut(bucket)?;
        conditions.allow(bucket.objects.get(key))?;
        let expiration = bucket.expiration(key, &object);
        bucket.objects.insert(key.to_owned(), object.clone());
        bucket.markers.remove(key);
        Ok((expiration, object))
    }
}

pub(super) async fn put(
    store: &Store,
    req: S3Request<PutObjectInput>,
) -> S3Result<S3Response<PutObjectOutput>> {
    let facts = facts!(req.input)?;
    let tags = tags::parsed(req.input.tagging.as_deref())?;
    let conditions = store.settings.conditions("PutObject", &req.headers)?;
    store.state().bucket(&req.input.bucket)?;
    let content = Content::real(body(req.input.body, req.input.content_length).await?);
    let claims = Claims::of(&req.headers, req.trailing_headers.as_ref());
    let sum = claims.verified(&content, Algorithm::Crc64Nvme)?;
    let mut object = Object::whole(content, sum, facts, tags);
    object.content = store.settings.kept(object.content);
    let place = (req.input.bucket.as_str(), req.input.key.as_str());
    let (expiration, object) = store.state().write(place, object, &conditions)?;
    let mut answer = PutObjectOutput {
        e_tag: object.etag(),
        expiration,
        checksum_type: object.sum.as_ref().map(Sum::kind),
        ..PutObjectOutput::default()
    };
    tell_sum!(answer, object.sum.as_ref());
    Ok(S3Response::new(answer))
}

pub(super) async fn head(
    store: &Store,
    req: S3Request<HeadObjectInput>,
) -> S3Result<S3Response<HeadObjectOutput>> {
    let input = req.input;
    let state = store.state();
    let bucket = state.bucket(&input.bucket)?;
    let object = bucket.read(&input.key)?;
    object.custody.show(input.checksum_mode.is_some())?;
    readable(
        object,
        input.if_match.as_ref(),
        input.if_none_match.as_ref(),
    )?;
    let part = Part::of(input.range.as_ref(), object)?;
    let expiration = bucket.expiration(&input.key, object);
    let mut head = object.described(expiration, input.checksum_mode.is_some() && part.whole());
    head.content_length = Some(part.content.len() as i64);
    head.content_range = part.content_range.clone();
    let mut response = S3Response::with_headers(head, tagging_count(object));
    response.status = part.status();
    Ok(response)
}

/// The protocol's crate knows it only as a field of GetObject's answer.
fn tagging_count(object: &Object) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if !object.tags.is_empty() {
        headers.insert("x-amz-tagging-count", HeaderValue::from(object.tags.len()));
    }
    headers
}

pub(super) async fn get(
    store: &Store,
    req: S3Request<GetObjectInput>,
) -> S3Result<S3Response<GetObjectOutput>> {
    let input = req.input;
    let state = store.state();
    let bucket = state.bucket(&input.bucket)?;
    let object = bucket.read(&input.key)?;
    object.custody.give()?;
    object.content.is_kept()?;
    readable(
        object,
        input.if_match.as_ref(),
        input.if_none_match.as_ref(),
    )?;
    let part = Part::of(input.range.as_ref(), object)?;
    let expiration = bucket.expiration(&input.key, object);
    let head = object.described(expiration, input.checksum_mode.is_some() && part.whole());
    Ok(S3Response::with_headers(
        read(head, &part),
        tagging_count(object),
    ))
}

fn read(head: HeadObjectOutput, part: &Part) -> GetObjectOutput {
    GetObjectOutput {
        accept_ranges: head.accept_ranges,
        body: Some(part.content.stream()),
        cache_control: head.cache_control,
        checksum_crc32: head.checksum_crc32,
        checksum_crc32c: head.checksum_crc32c,
        checksum_crc64nvme: head.checksum_crc64nvme,
        checksum_sha1: head.checksum_sha1,
        checksum_sha256: head.checksum_sha256,
        checksum_type: head.checksum_type,
        content_disposition: head.content_disposition,
        content_encoding: head.content_encoding,
        content_language: head.content_language,
        content_length: Some(part.content.len() as i64),
        content_range: part.content_range.clone(),
        content_type: head.content_type,
        e_tag: head.e_tag,
        expiration: head.expiration,
        expires: head.expires,
        last_modified: head.last_modified,
        metadata: head.metadata,
        ..GetObjectOutput::default()
    }
}

/// What a request reads of an object.
struct Part {
    content: Content,
    /// Present if it is not the whole.
    content_range: Option<String>,
}

impl Part {
    fn of(range: Option<&Range>, object: &Object) -> S3Result<Self> {
        let Some(range) = range else {
            return Ok(Self {
                content: object.content.clone(),
                content_range: None,
            });
        };
        let size = object.content.len();
        let range = range
            .check(size)
            .map_err(|_| s3_error!(InvalidRange, "The requested range is not satisfiable"))?;
        Ok(Self {
            content_range: Some(format!("bytes {}-{}/{size}", range.start, range.end - 1)),
            content: object.content.slice(range),
        })
    }

    fn whole(&self) -> bool {
        self.content_range.is_none()
    }

    fn status(&self) -> Option<StatusCode> {
        (!self.whole()).then_some(StatusCode::PARTIAL_CONTENT)
    }
}

pub(super) async fn delete(
    store: &Store,
    req: S3Request<DeleteObjectInput>,
) -> S3Result<S3Response<DeleteObjectOutput>> {
    let settings = &store.settings;
    let conditions = settings.conditions("DeleteObject", &req.headers)?;
    let mut state = store.state();
    let bucket = state.bucket_mut(&req.input.bucket)?;
    conditions.allow_deletion(bucket.objects.get(&req.input.key))?;
    bucket.objects.remove(&req.input.key);
    Ok(S3Response::new(DeleteObjectOutput::default()))
}
