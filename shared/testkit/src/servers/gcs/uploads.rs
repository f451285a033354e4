//! Multipart uploads, and their parts. None of their requests takes a condition.

use std::collections::BTreeMap;
use std::time::SystemTime;

use bytes::Bytes;
use http::StatusCode;
use http::header::ETAG;
use serde::Deserialize;

use super::answer::{Answer, Refusal, Reply, document, empty, set};
use super::buckets::page;
use super::checksums;
use super::object::{Condition, Facts, Object};
use super::request::Request;
use super::store::{Bucket, State, Store};
use super::xml;

/// The number of the last possible part.
const LAST_PART: u64 = 10_000;

#[derive(Clone, Debug)]
pub(super) struct Upload {
    facts: Facts,
    parts: BTreeMap<u64, Part>,
    pub(super) begun: SystemTime,
}

#[derive(Clone, Debug)]
struct Part {
    bytes: Bytes,
    etag: String,
    modified: SystemTime,
}

impl State {
    fn upload(&mut self, (bucket, key): (&str, &str), id: &str) -> Answer<&mut Upload> {
        let uploads = &mut self.bucket_mut(bucket)?.uploads;
        let upload = uploads.get_mut(&(key.to_owned(), id.to_owned()));
        upload.ok_or_else(|| {
            let message = "The specified upload does not exist.";
            Refusal::new(404, "NoSuchUpload", message)
        })
    }
}

fn id(request: &Request) -> String {
    request.parameter("uploadId").unwrap_or_default().to_owned()
}

pub(super) fn begin(store: &Store, request: &Request) -> Answer<Reply> {
    let (bucket, key) = request.place()?;
    Condition::refuse(request)?;
    if !request.body.is_empty() {
        return Err(Refusal::invalid("The beginning of an upload has no body."));
    }
    let facts = Facts::of(request)?;
    let mut state = store.state();
    let (id, begun) = (state.new_upload_id(), state.now());
    let upload = Upload {
        facts,
        parts: BTreeMap::new(),
        begun,
    };
    let uploads = &mut state.bucket_mut(&bucket)?.uploads;
    uploads.insert((key.clone(), id.clone()), upload);
    let mut root = xml::Element::new("InitiateMultipartUploadResult");
    root.text("Bucket", bucket);
    root.text("Key", key);
    root.text("UploadId", id);
    Ok(document(&root))
}

pub(super) fn part(store: &Store, request: &Request) -> Answer<Reply> {
    let (bucket, key) = request.place()?;
    Condition::refuse(request)?;
    if request.header("x-goog-copy-source").is_some() {
        return Err(Refusal::new(
            501,
            "NotImplemented",
            "Parts cannot be copied.",
        ));
    }
    let number = request.number("partNumber")?.unwrap_or_default();
    if !(1..=LAST_PART).contains(&number) {
        return Err(Refusal::invalid("Part numbers go from 1 to 10000."));
    }
    checksums::verify(request)?;
    let mut state = store.state();
    let part = Part {
        bytes: request.body.clone(),
        etag: format!("\"{}\"", hex::encode(checksums::md5(&request.body))),
        modified: state.now(),
    };
    let mut reply = empty(StatusCode::OK);
    set(&mut reply, ETAG, &part.etag);
    let hash = format!("crc32c={}", checksums::crc32c(&part.bytes));
    set(&mut reply, "x-goog-hash".parse().unwrap(), &hash);
    let upload = state.upload((&bucket, &key), &id(request))?;
    upload.parts.insert(number, part);
    Ok(reply)
}

pub(super) fn abort(store: &Store, request: &Request) -> Answer<Reply> {
    let (bucket, key) = request.place()?;
    Condition::refuse(request)?;
    let mut state = store.state();
    let id = id(request);
    state.upload((&bucket, &key), &id)?;
    state.bucket_mut(&bucket)?.uploads.remove(&(key, id));
    Ok(empty(StatusCode::NO_CONTENT))
}

#[derive(Deserialize)]
#[serde(rename = "CompleteMultipartUpload", deny_unknown_fields)]
struct Completion {
    #[serde(rename = "Part", default)]
    parts: Vec<Completed>,
    #[serde(rename = "@xmlns")]
    _name_space: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Completed {
    part_number: u64,
    #[serde(rename = "ETag")]
    etag: String,
}

pub(super) fn complete(store: &Store, request: &Request) -> Answer<Reply> {
    let (bucket, key) = request.place()?;
    Condition::refuse(request)?;
    let named = named(request)?;
    let mut state = store.state();
    let id = id(request);
    let upload = state.upload((&bucket, &key), &id)?.clone();
    let parts = chosen(&upload, &named, store.settings.smallest_part)?;
    let etags: Vec<_> = parts.iter().flat_map(|part| part.etag.bytes()).collect();
    let etag = format!("{}-{}", hex::encode(checksums::md5(&etags)), parts.len());
    let bytes = parts.iter().map(|part| &part.bytes[..]).collect::<Vec<_>>();
    let object = Object::made(bytes.concat().into(), upload.facts, etag, None);
    let object = state.write((&bucket, &key), object, &Condition::default())?;
    state
        .bucket_mut(&bucket)?
        .uploads
        .remove(&(key.clone(), id));
    let mut root = xml::Element::new("CompleteMultipartUploadResult");
    root.text(
        "Location",
        format!("http://storage.googleapis.com/{bucket}/{key}"),
    );
    root.text("Bucket", bucket);
    root.text("Key", key);
    root.text("ETag", object.etag());
    let mut reply = document(&root);
    object.tell(&mut reply);
    // That would be the object's etag; the document's own it is not.
    reply.headers_mut().remove(ETAG);
    Ok(reply)
}

fn named(request: &Request) -> Answer<Vec<Completed>> {
    let malformed = || {
        Refusal::new(
            400,
            "MalformedCompleteMultipartUploadRequest",
            "The XML is wrong.",
        )
    };
    let body = std::str::from_utf8(&request.body).map_err(|_| malformed())?;
    let completion: Completion = quick_xml::de::from_str(body).map_err(|_| malformed())?;
    let parts = completion.parts;
    if parts.is_empty() {
        return Err(malformed());
    }
    match parts.is_sorted_by(|one, next| one.part_number < next.part_number) {
        true => Ok(parts),
        false => Err(Refusal::new(
            400,
            "InvalidPartOrder",
            "The parts are not in their order.",
        )),
    }
}

fn chosen<'a>(upload: &'a Upload, named: &[Completed], smallest: u64) -> Answer<Vec<&'a Part>> {
    let invalid = || {
        Refusal::new(
            400,
            "InvalidPart",
            "One or more of the parts could not be found.",
        )
    };
    let found = named.iter().map(|named| {
        let part = upload.parts.get(&named.part_number).ok_or_else(invalid)?;
        let same = part.etag.trim_matches('"') == named.etag.trim_matches('"');
        same.then_some(part).ok_or_else(invalid)
    });
    let found = found.collect::<Answer<Vec<_>>>()?;
    let (_, before) = found.split_last().ok_or_else(invalid)?;
    match before
        .iter()
        .any(|part| (part.bytes.len() as u64) < smallest)
    {
        true => Err(Refusal::new(
            400,
            "EntityTooSmall",
            "A part but the last is too small.",
        )),
        false => Ok(found),
    }
}

pub(super) fn parts(store: &Store, request: &Request) -> Answer<Reply> {
    let (bucket, key) = request.place()?;
    let after = request.number("part-number-marker")?.unwrap_or(0);
    let mut state = store.state();
    let upload = state.upload((&bucket, &key), &id(request))?;
    let following = upload.parts.range(after + 1..);
    let (parts, more) = page(following, request.number("max-parts")?);
    let mut root = xml::Element::new("ListPartsResult");
    root.text("Bucket", bucket);
    root.text("Key", key);
    root.text("UploadId", id(request));
    root.text("PartNumberMarker", after);
    root.text("IsTruncated", more);
    if let Some((number, _)) = parts.last() {
        root.text("NextPartNumberMarker", number);
    }
    for (number, part) in parts {
        root.child(&listed(*number, part));
    }
    Ok(document(&root))
}

fn listed(number: u64, part: &Part) -> xml::Element {
    let mut listed = xml::Element::new("Part");
    listed.text("PartNumber", number);
    listed.text("LastModified", rfc3339(part.modified));
    listed.text("ETag", &part.etag);
    listed.text("Size", part.bytes.len());
    listed
}

/// The uploads of a bucket, by key and identifier.
pub(super) fn list(bucket: &Bucket, name: &str, request: &Request) -> Answer<Reply> {
    let prefix = request.parameter("prefix").unwrap_or_default();
    let key = request.parameter("key-marker").unwrap_or_default();
    let id = request.parameter("upload-id-marker");
    let follows = |place: &(String, String)| match id {
        _ if key.is_empty() => true,
        Some(id) => (place.0.as_str(), place.1.as_str()) > (key, id),
        None => place.0.as_str() > key,
    };
    let uploads = bucket.uploads.iter();
    let following = uploads.filter(|(place, _)| place.0.starts_with(prefix) && follows(place));
    let (uploads, more) = page(following, request.number("max-uploads")?);
    let mut root = xml::Element::new("ListMultipartUploadsResult");
    root.text("Bucket", name);
    root.text("Prefix", prefix);
    root.text("IsTruncated", more);
    if let Some(((key, id), _)) = uploads.last() {
        root.text("NextKeyMarker", key);
        root.text("NextUploadIdMarker", id);
    }
    for ((key, id), upload) in uploads {
        let mut listed = xml::Element::new("Upload");
        listed.text("Key", key);
        listed.text("UploadId", id);
        listed.text("StorageClass", "STANDARD");
        listed.text("Initiated", rfc3339(upload.begun));
        root.child(&listed);
    }
    Ok(document(&root))
}

/// As documents tell times.
pub(super) fn rfc3339(moment: SystemTime) -> String {
    humantime::format_rfc3339_millis(moment).to_string()
}
