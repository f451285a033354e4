//! Multipart uploads: their beginning and their two ends.

use std::collections::BTreeMap;
use std::time::SystemTime;

use s3s::crypto::{Checksum, Md5};
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, ChecksumType,
    CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CompletedPart,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, Tag,
};
use s3s::{S3Error, S3Request, S3Response, S3Result, s3_error};

use super::checksums::{Algorithm, Claims, Sum, tell_sum};
use super::content::Content;
use super::custody::Custody;
use super::object::{Facts, Object, facts};
use super::parts::Part;
use super::store::{State, Store};
use super::tags;

#[derive(Clone, Debug)]
pub(super) struct Upload {
    pub(super) facts: Facts,
    pub(super) tags: Vec<Tag>,
    /// The checksum that its beginning asked for.
    pub(super) algorithm: Option<Algorithm>,
    pub(super) composite: bool,
    pub(super) parts: BTreeMap<i32, Part>,
    pub(super) begun: SystemTime,
}

impl State {
    pub(super) fn upload(&self, place: (&str, &str), id: &str) -> S3Result<&Upload> {
        let uploads = &self.bucket(place.0)?.uploads;
        uploads.get(&name(place, id)).ok_or_else(no_such_upload)
    }

    pub(super) fn upload_mut(&mut self, place: (&str, &str), id: &str) -> S3Result<&mut Upload> {
        let uploads = &mut self.bucket_mut(place.0)?.uploads;
        uploads.get_mut(&name(place, id)).ok_or_else(no_such_upload)
    }
}

fn name((_, key): (&str, &str), id: &str) -> (String, String) {
    (key.to_owned(), id.to_owned())
}

fn no_such_upload() -> S3Error {
    s3_error!(
        NoSuchUpload,
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have \
         been aborted or completed."
    )
}

pub(super) async fn create(
    store: &Store,
    req: S3Request<CreateMultipartUploadInput>,
) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
    let input = req.input;
    let algorithm = Algorithm::named(input.checksum_algorithm.as_ref());
    let mut state = store.state();
    let upload = Upload {
        facts: facts!(input)?,
        tags: tags::parsed(input.tagging.as_deref())?,
        algorithm,
        composite: is_composite(algorithm, input.checksum_type.as_ref()),
        parts: BTreeMap::new(),
        begun: state.now(),
    };
    let (abort_date, abort_rule_id) = state
        .bucket(&input.bucket)?
        .abortion(&input.key, upload.begun)
        .unzip();
    let id = state.new_upload_id();
    let place = (input.key.clone(), id.clone());
    let uploads = &mut state.bucket_mut(&input.bucket)?.uploads;
    uploads.insert(place, upload);
    Ok(S3Response::new(CreateMultipartUploadOutput {
        abort_date,
        abort_rule_id,
        bucket: Some(input.bucket),
        checksum_algorithm: algorithm.map(Algorithm::name),
        checksum_type: input.checksum_type,
        key: Some(input.key),
        upload_id: Some(id),
        ..CreateMultipartUploadOutput::default()
    }))
}

/// As documented: of the whole object for CRC64NVME, else of the parts' checksums unless asked for.
fn is_composite(algorithm: Option<Algorithm>, asked: Option<&ChecksumType>) -> bool {
    match (algorithm, asked) {
        (None | Some(Algorithm::Crc64Nvme), _) => false,
        (_, Some(asked)) => asked.as_str() == ChecksumType::COMPOSITE,
        (_, None) => true,
    }
}

pub(super) async fn abort(
    store: &Store,
    req: S3Request<AbortMultipartUploadInput>,
) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
    let input = req.input;
    let mut state = store.state();
    let uploads = &mut state.bucket_mut(&input.bucket)?.uploads;
    uploads
        .remove(&name((&input.bucket, &input.key), &input.upload_id))
        .ok_or_else(no_such_upload)?;
    Ok(S3Response::new(AbortMultipartUploadOutput::default()))
}

/// An upload whose completion is refused goes on existing.
pub(super) async fn complete(
    store: &Store,
    req: S3Request<CompleteMultipartUploadInput>,
) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
    let input = req.input;
    let settings = &store.settings;
    let conditions = settings.conditions("CompleteMultipartUpload", &req.headers)?;
    let place = (input.bucket.as_str(), input.key.as_str());
    let upload = store.state().upload(place, &input.upload_id)?.clone();
    let named = input.multipart_upload.and_then(|upload| upload.parts);
    let parts = chosen(&upload, &named.unwrap_or_default())?;
    large_enough(&parts, store.settings.smallest_part)?;
    let object = assembled(&upload, &parts);
    Claims::of(&req.headers, None).agree(object.sum.as_ref())?;
    if input
        .mpu_object_size
        .is_some_and(|size| size != object.content.len() as i64)
    {
        return Err(s3_error!(
            InvalidRequest,
            "The object's size is not the one you announced"
        ));
    }
    let mut state = store.state();
    state.upload(place, &input.upload_id)?;
    let (expiration, object) = state.write(place, object, &conditions)?;
    let uploads = &mut state.bucket_mut(&input.bucket)?.uploads;
    uploads.remove(&name(place, &input.upload_id));
    let mut answer = CompleteMultipartUploadOutput {
        location: Some(format!("/{}/{}", input.bucket, input.key)),
        checksum_type: object.sum.as_ref().map(Sum::kind),
        e_tag: object.etag(),
        expiration,
        bucket: Some(input.bucket),
        key: Some(input.key),
        ..CompleteMultipartUploadOutput::default()
    };
    tell_sum!(answer, object.sum.as_ref());
    Ok(S3Response::new(answer))
}

/// The parts that the client names, in ascending order and as they were acknowledged to it.
fn chosen<'a>(upload: &'a Upload, named: &[CompletedPart]) -> S3Result<Vec<&'a Part>> {
    if named.is_empty() {
        return Err(s3_error!(
            MalformedXML,
            "You must specify at least one part"
        ));
    }
    if !named.is_sorted_by(|one, next| one.part_number < next.part_number) {
        return Err(s3_error!(
            InvalidPartOrder,
            "The list of parts was not in ascending order."
        ));
    }
    named
        .iter()
        .map(|named| {
            let part = upload.parts.get(&named.part_number?)?;
            let same = named.e_tag.as_ref()?.value() == part.etag;
            same.then_some(part)
        })
        .collect::<Option<_>>()
        .ok_or_else(|| {
            s3_error!(
                InvalidPart,
                "One or more of the specified parts could not be found."
            )
        })
}

fn large_enough(parts: &[&Part], smallest: u64) -> S3Result<()> {
    let but_last = parts.iter().rev().skip(1);
    match but_last.map(|part| part.content.len()).min() {
        Some(size) if size < smallest => Err(s3_error!(
            EntityTooSmall,
            "Your proposed upload is smaller than the minimum allowed size"
        )),
        _ => Ok(()),
    }
}

fn assembled(upload: &Upload, parts: &[&Part]) -> Object {
    let mut content = Content::default();
    let mut digest = Md5::new();
    for part in parts {
        content.append(&part.content);
        digest.update(&hex::decode(&part.etag).unwrap());
    }
    Object {
        etag: format!("{}-{}", hex::encode(digest.finalize()), parts.len()),
        sum: sum(upload, parts, &content),
        content,
        facts: upload.facts.clone(),
        tags: upload.tags.clone(),
        custody: Custody::default(),
        modified: upload.begun,
    }
}

fn sum(upload: &Upload, parts: &[&Part], content: &Content) -> Option<Sum> {
    let algorithm = upload.algorithm.unwrap_or(Algorithm::Crc64Nvme);
    if !upload.composite {
        return Sum::of(algorithm, content);
    }
    let sums = parts.iter().map(|part| part.sum.as_ref());
    Some(Sum::composite(
        algorithm,
        &sums.collect::<Option<Vec<_>>>()?,
    ))
}
