//! Writing, reading and deleting objects.

use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE,
    TRANSFER_ENCODING, WARNING,
};
use http::{Method, StatusCode};
use http_body_util::Full;

use super::answer::{Answer, Refusal, Reply, empty, set};
use super::checksums;
use super::object::{Condition, Facts, Object};
use super::request::Request;
use super::store::Store;

/// What stands for the bytes of an object that Google would decompress on the way: whoever meets it
/// has not said `Accept-Encoding: gzip`.
pub(super) const DECOMPRESSED: &[u8] = b"Google would send this decompressed";

pub(super) fn put(store: &Store, request: &Request) -> Answer<Reply> {
    let (bucket, key) = request.place()?;
    let condition = Condition::of(request)?;
    checksums::verify(request)?;
    let object = Object::whole(request.body.clone(), Facts::of(request)?);
    let object = store.state().write((&bucket, &key), object, &condition)?;
    let mut reply = empty(StatusCode::OK);
    object.tell(&mut reply);
    Ok(reply)
}

/// HEAD too: what it would lose on the wire is not looked at.
pub(super) fn get(store: &Store, request: &Request) -> Answer<Reply> {
    let (bucket, key) = request.place()?;
    let state = store.state();
    let object = state.object((&bucket, &key))?;
    Condition::of(request)?.allow(Some(object))?;
    if let Some(generation) = request.number("generation")?
        && generation != object.generation
    {
        return Err(Refusal::no_such_key());
    }
    if let Some(wanted) = request.header("if-match")
        && !named(wanted, object)
    {
        return Err(Refusal::unmet("If-Match"));
    }
    let unwanted = request.header("if-none-match");
    let mut reply = match unwanted.is_some_and(|unwanted| named(unwanted, object)) {
        true => empty(StatusCode::NOT_MODIFIED),
        false => content(object, request)?,
    };
    object.tell(&mut reply);
    object.describe(state.bucket(&bucket)?, &key, &mut reply);
    if transcodes(object, request) {
        reply.headers_mut().remove(CONTENT_ENCODING);
    }
    Ok(reply)
}

fn named(list: &str, object: &Object) -> bool {
    let mut etags = list.split(',').map(str::trim);
    etags.any(|etag| etag == "*" || etag == object.etag())
}

/// Whether Google decompresses the object for this reader.
fn transcodes(object: &Object, request: &Request) -> bool {
    let caches = object.facts.header(&CACHE_CONTROL).unwrap_or_default();
    let accepts = request.header("accept-encoding").unwrap_or_default();
    object.facts.header(&CONTENT_ENCODING) == Some("gzip")
        && !caches.contains("no-transform")
        && !accepts
            .split(',')
            .any(|coding| coding.trim().split(';').next() == Some("gzip"))
}

fn content(object: &Object, request: &Request) -> Answer<Reply> {
    if transcodes(object, request) {
        let mut reply = Reply::new(Full::from(DECOMPRESSED));
        // Its length would be known only at its end.
        set(&mut reply, TRANSFER_ENCODING, "chunked");
        set(&mut reply, WARNING, "214 UploadServer gunzipped");
        return Ok(reply);
    }
    let size = object.bytes.len() as u64;
    let range = request
        .header("range")
        .and_then(|range| parsed(range, size));
    let mut reply = match range {
        None => Reply::new(Full::new(object.bytes.clone())),
        Some(range) if range.is_empty() => {
            let message = "The requested range cannot be satisfied.";
            return Err(Refusal::new(416, "InvalidRange", message));
        }
        Some(range) => partial(&object.bytes, range),
    };
    set(&mut reply, ACCEPT_RANGES, "bytes");
    if request.method == Method::HEAD {
        set(&mut reply, CONTENT_LENGTH, &size.to_string());
    }
    Ok(reply)
}

fn partial(bytes: &Bytes, range: std::ops::Range<u64>) -> Reply {
    let told = format!("bytes {}-{}/{}", range.start, range.end - 1, bytes.len());
    let bytes = bytes.slice(range.start as usize..range.end as usize);
    let mut reply = Reply::new(Full::new(bytes));
    *reply.status_mut() = StatusCode::PARTIAL_CONTENT;
    set(&mut reply, CONTENT_RANGE, &told);
    reply
}

/// One range of bytes, empty if nothing is there; none if it is not understood, which counts as not
/// asked for.
fn parsed(range: &str, size: u64) -> Option<std::ops::Range<u64>> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    if first.is_empty() {
        let length: u64 = last.parse().ok()?;
        return Some(size.saturating_sub(length)..size);
    }
    let first: u64 = first.parse().ok()?;
    let end = match last {
        "" => size,
        last => last.parse::<u64>().ok()?.checked_add(1)?.min(size),
    };
    Some(first.min(end)..end)
}

/// Unlike S3's, a deletion of what is not there is 404.
pub(super) fn delete(store: &Store, request: &Request) -> Answer<Reply> {
    let (bucket, key) = request.place()?;
    let condition = Condition::of(request)?;
    let mut state = store.state();
    let object = state.object((&bucket, &key))?;
    condition.allow(Some(object))?;
    if let Some(generation) = request.number("generation")?
        && generation != object.generation
    {
        return Err(Refusal::no_such_key());
    }
    state.bucket_mut(&bucket)?.objects.remove(&key);
    Ok(empty(StatusCode::NO_CONTENT))
}
