//! Listings, page by page.

use s3s::dto::{
    ListMultipartUploadsInput, ListMultipartUploadsOutput, ListObjectsV2Input, ListObjectsV2Output,
    ListPartsInput, ListPartsOutput, MultipartUpload, Object as Listed,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::checksums::Algorithm;
use super::object::Object;
use super::store::Store;

/// The most that a page holds, whatever is asked for.
const PAGE: i32 = 1000;

/// The items of one page, and whether more follow.
fn page<T>(items: impl Iterator<Item = T>, asked: Option<i32>) -> (Vec<T>, bool) {
    let size = asked.unwrap_or(PAGE).clamp(0, PAGE) as usize;
    let mut items: Vec<_> = items.take(size + 1).collect();
    let more = items.len() > size;
    items.truncate(size);
    (items, more && size > 0)
}

pub(super) async fn parts(
    store: &Store,
    req: S3Request<ListPartsInput>,
) -> S3Result<S3Response<ListPartsOutput>> {
    let input = req.input;
    let state = store.state();
    let upload = state.upload((&input.bucket, &input.key), &input.upload_id)?;
    let after = input.part_number_marker.unwrap_or(0);
    let following = upload.parts.range(after.saturating_add(1)..);
    let listed = following.map(|(number, part)| part.listed(*number));
    let (parts, more) = page(listed, input.max_parts);
    Ok(S3Response::new(ListPartsOutput {
        bucket: Some(input.bucket),
        checksum_algorithm: upload.algorithm.map(Algorithm::name),
        is_truncated: Some(more),
        key: Some(input.key),
        max_parts: Some(input.max_parts.unwrap_or(PAGE)),
        next_part_number_marker: parts.last().and_then(|part| part.part_number),
        part_number_marker: Some(after),
        parts: Some(parts),
        upload_id: Some(input.upload_id),
        ..ListPartsOutput::default()
    }))
}

pub(super) async fn uploads(
    store: &Store,
    req: S3Request<ListMultipartUploadsInput>,
) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
    let input = req.input;
    refuse_delimiter(input.delimiter.as_ref())?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let state = store.state();
    let bucket = state.bucket(&input.bucket)?;
    let following = bucket
        .uploads
        .iter()
        .filter(|((key, id), _)| key.starts_with(&prefix) && follows(key, id, &input));
    let listed = following.map(|((key, id), upload)| MultipartUpload {
        initiated: Some(upload.begun.into()),
        key: Some(key.clone()),
        upload_id: Some(id.clone()),
        ..MultipartUpload::default()
    });
    let (uploads, more) = page(listed, input.max_uploads);
    let last = uploads.last().filter(|_| more);
    Ok(S3Response::new(ListMultipartUploadsOutput {
        bucket: Some(input.bucket),
        is_truncated: Some(more),
        key_marker: input.key_marker,
        max_uploads: Some(input.max_uploads.unwrap_or(PAGE)),
        next_key_marker: last.and_then(|last| last.key.clone()),
        next_upload_id_marker: last.and_then(|last| last.upload_id.clone()),
        prefix: input.prefix,
        upload_id_marker: input.upload_id_marker,
        uploads: Some(uploads),
        ..ListMultipartUploadsOutput::default()
    }))
}

/// Behind the markers: a key alone skips all of its uploads, with an identifier those up to it.
fn follows(key: &str, id: &str, input: &ListMultipartUploadsInput) -> bool {
    let Some(marker) = &input.key_marker else {
        return true;
    };
    match &input.upload_id_marker {
        Some(upload) => (key, id) > (marker.as_str(), upload.as_str()),
        None => key > marker.as_str(),
    }
}

fn refuse_delimiter(delimiter: Option<&String>) -> S3Result<()> {
    match delimiter {
        Some(_) => Err(s3_error!(
            NotImplemented,
            "delimiters are not implemented here"
        )),
        None => Ok(()),
    }
}

pub(super) async fn objects(
    store: &Store,
    req: S3Request<ListObjectsV2Input>,
) -> S3Result<S3Response<ListObjectsV2Output>> {
    let input = req.input;
    refuse_delimiter(input.delimiter.as_ref())?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let after = input
        .continuation_token
        .as_ref()
        .or(input.start_after.as_ref());
    let state = store.state();
    let bucket = state.bucket(&input.bucket)?;
    let following = bucket
        .objects
        .iter()
        .filter(|(key, _)| key.starts_with(&prefix) && after.is_none_or(|after| *key > after));
    let (contents, more) = page(following.map(listed), input.max_keys);
    let last = contents.last().filter(|_| more);
    Ok(S3Response::new(ListObjectsV2Output {
        continuation_token: input.continuation_token,
        is_truncated: Some(more),
        key_count: Some(contents.len() as i32),
        max_keys: Some(input.max_keys.unwrap_or(PAGE)),
        name: Some(input.bucket),
        next_continuation_token: last.and_then(|last| last.key.clone()),
        prefix: input.prefix,
        start_after: input.start_after,
        contents: Some(contents),
        ..ListObjectsV2Output::default()
    }))
}

fn listed((key, object): (&String, &Object)) -> Listed {
    Listed {
        e_tag: object.etag(),
        key: Some(key.clone()),
        last_modified: object.last_modified(),
        size: Some(object.content.len() as i64),
        ..Listed::default()
    }
}
