//! CopyObject and UploadPartCopy: bytes that never leave the server.

use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopyPartResult, ETagCondition,
    MetadataDirective, TaggingDirective, UploadPartCopyInput, UploadPartCopyOutput,
};
use s3s::{S3Error, S3Request, S3Response, S3Result, s3_error};

use super::checksums::{Algorithm, Claims, Sum, tell_sum};
use super::conditions::{excluded, matching, unmet};
use super::content::Content;
use super::object::{Object, facts};
use super::parts;
use super::store::{Store, place};
use super::tags;

pub(super) async fn object(
    store: &Store,
    req: S3Request<CopyObjectInput>,
) -> S3Result<S3Response<CopyObjectOutput>> {
    let input = &req.input;
    let conditions = store.settings.conditions("CopyObject", &req.headers)?;
    refuse_self_copy(input)?;
    let source = store
        .state()
        .source(&input.copy_source, &req.headers)?
        .clone();
    if store.settings.minds_conditions_of("CopyObject") {
        unchanged(
            &source,
            input.copy_source_if_match.as_ref(),
            input.copy_source_if_none_match.as_ref(),
        )?;
    }
    if source.content.len() > store.settings.largest_copy {
        return Err(too_large(store));
    }
    let copy = copy_of(source, input)?;
    let place = (input.bucket.as_str(), input.key.as_str());
    let (expiration, copy) = store.state().write(place, copy, &conditions)?;
    Ok(S3Response::new(CopyObjectOutput {
        copy_object_result: Some(result(&copy)),
        expiration,
        ..CopyObjectOutput::default()
    }))
}

fn replaces(input: &CopyObjectInput) -> bool {
    let directive = input.metadata_directive.as_ref();
    directive.is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE)
}

fn replaces_tags(input: &CopyObjectInput) -> bool {
    let directive = input.tagging_directive.as_ref();
    directive.is_some_and(|directive| directive.as_str() == TaggingDirective::REPLACE)
}

fn refuse_self_copy(input: &CopyObjectInput) -> S3Result<()> {
    let same = place(&input.copy_source)? == (input.bucket.as_str(), input.key.as_str());
    if !same || replaces(input) || input.storage_class.is_some() {
        return Ok(());
    }
    Err(s3_error!(
        InvalidRequest,
        "This copy request is illegal because it is trying to copy an object to itself without \
         changing the object's metadata, storage class, website redirect location or encryption \
         attributes."
    ))
}

fn unchanged(
    source: &Object,
    if_match: Option<&ETagCondition>,
    if_none_match: Option<&ETagCondition>,
) -> S3Result<()> {
    matching(if_match, source, "x-amz-copy-source-If-Match")?;
    if excluded(if_none_match, source) {
        return Err(unmet("x-amz-copy-source-If-None-Match"));
    }
    Ok(())
}

fn too_large(store: &Store) -> S3Error {
    s3_error!(
        InvalidRequest,
        "The specified copy source is larger than the maximum allowable size for a copy source: {}",
        store.settings.largest_copy
    )
}

/// The copy of an object that came in parts has a plain etag, and a checksum of the whole.
fn copy_of(source: Object, input: &CopyObjectInput) -> S3Result<Object> {
    let facts = match replaces(input) {
        true => facts!(input)?,
        false => source.facts,
    };
    let tags = match replaces_tags(input) {
        true => tags::parsed(input.tagging.as_deref())?,
        false => source.tags,
    };
    let kept = source.sum.as_ref().map(|sum| sum.algorithm);
    let algorithm = Algorithm::named(input.checksum_algorithm.as_ref())
        .or(kept)
        .unwrap_or(Algorithm::Crc64Nvme);
    let sum = match source.sum {
        Some(sum) if sum.algorithm == algorithm && !sum.composite => Some(sum),
        _ => Sum::of(algorithm, &source.content),
    };
    Ok(Object::whole(source.content, sum, facts, tags))
}

fn result(copy: &Object) -> CopyObjectResult {
    let mut result = CopyObjectResult {
        e_tag: copy.etag(),
        last_modified: copy.last_modified(),
        checksum_type: copy.sum.as_ref().map(Sum::kind),
        ..CopyObjectResult::default()
    };
    tell_sum!(result, copy.sum.as_ref());
    result
}

pub(super) async fn part(
    store: &Store,
    req: S3Request<UploadPartCopyInput>,
) -> S3Result<S3Response<UploadPartCopyOutput>> {
    let input = req.input;
    let source = store
        .state()
        .source(&input.copy_source, &req.headers)?
        .clone();
    if store.settings.minds_conditions_of("UploadPartCopy") {
        unchanged(
            &source,
            input.copy_source_if_match.as_ref(),
            input.copy_source_if_none_match.as_ref(),
        )?;
    }
    let content = match &input.copy_source_range {
        Some(range) => slice(store, &source, range)?,
        None => source.content,
    };
    if content.len() > store.settings.largest_copy {
        return Err(too_large(store));
    }
    let place = (input.bucket.as_str(), input.key.as_str());
    let upload = (input.upload_id.as_str(), input.part_number);
    let part = parts::add(store, place, upload, (content, Claims::default()))?;
    let mut result = CopyPartResult {
        e_tag: part.etag(),
        last_modified: Some(part.modified.into()),
        ..CopyPartResult::default()
    };
    tell_sum!(result, part.told());
    Ok(S3Response::new(UploadPartCopyOutput {
        copy_part_result: Some(result),
        ..UploadPartCopyOutput::default()
    }))
}

/// A range must be `bytes=first-last`, lie within the source, and is allowed only of sources that
/// are larger than the smallest part.
fn slice(store: &Store, source: &Object, range: &str) -> S3Result<Content> {
    let size = source.content.len();
    let range = range
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'));
    let range = range.and_then(|(first, last)| {
        Some(first.parse::<u64>().ok()?..last.parse::<u64>().ok()?.checked_add(1)?)
    });
    let Some(range) = range.filter(|range| !range.is_empty()) else {
        return Err(s3_error!(
            InvalidArgument,
            "The x-amz-copy-source-range value must be of the form bytes=first-last"
        ));
    };
    if range.end > size {
        return Err(s3_error!(
            InvalidArgument,
            "Range specified is not valid for source object of size: {size}"
        ));
    }
    if size <= store.settings.smallest_part {
        return Err(s3_error!(
            InvalidRequest,
            "The specified copy source is not supported as a byte-range copy source"
        ));
    }
    source.content.is_kept()?;
    Ok(source.content.slice(range))
}
