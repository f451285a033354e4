//! Copies of whole objects, whose bytes never leave the server. There are none of parts.

use super::answer::{Answer, Refusal, Reply, document};
use super::object::{Condition, Facts, Object};
use super::request::{Request, decoded};
use super::store::{State, Store};
use super::uploads::rfc3339;
use super::xml;

const SOURCE: &str = "x-goog-copy-source";

pub(super) fn object(store: &Store, request: &Request) -> Answer<Reply> {
    let (bucket, key) = request.place()?;
    if !request.body.is_empty() {
        return Err(Refusal::invalid("A copy has no body."));
    }
    let condition = Condition::of(request)?;
    let mut state = store.state();
    let source = source(&state, request)?;
    let replaces = directive(request)?;
    if (bucket.as_str(), key.as_str()) == (&source.0, &source.1) && !replaces {
        return Err(Refusal::new(
            400,
            "InvalidRequest",
            "It would be copied to itself, unchanged.",
        ));
    }
    let facts = match replaces {
        true => Facts::of(request)?,
        false => source.2.facts.clone(),
    };
    let mut copy = source.2;
    copy.facts = facts;
    let copy = state.write((&bucket, &key), copy, &condition)?;
    let mut root = xml::Element::new("CopyObjectResult");
    root.text("LastModified", rfc3339(copy.modified));
    root.text("ETag", copy.etag());
    let mut reply = document(&root);
    copy.tell(&mut reply);
    Ok(reply)
}

fn source(state: &State, request: &Request) -> Answer<(String, String, Object)> {
    let named = request.header(SOURCE).unwrap_or_default();
    let named = decoded(named.trim_start_matches('/'))?;
    let (bucket, key) = named.split_once('/').unwrap_or((&named, ""));
    let holder = state.bucket(bucket)?;
    if holder.denied {
        return Err(Refusal::denied("Access denied."));
    }
    holder.charge(request)?;
    let object = state.object((bucket, key))?;
    unchanged(request, object)?;
    Ok((bucket.to_owned(), key.to_owned(), object.clone()))
}

fn unchanged(request: &Request, source: &Object) -> Answer<()> {
    let generation = source.generation.to_string();
    let etag = source.etag();
    for (condition, actual) in [
        ("x-goog-copy-source-if-match", &etag),
        ("x-goog-copy-source-if-generation-match", &generation),
    ] {
        if request
            .header(condition)
            .is_some_and(|wanted| wanted != actual)
        {
            return Err(Refusal::unmet(condition));
        }
    }
    let wanted = request.header("x-goog-copy-source-generation");
    match wanted.is_some_and(|wanted| wanted != generation) {
        true => Err(Refusal::no_such_key()),
        false => Ok(()),
    }
}

/// Whether the copy's metadata are the request's.
fn directive(request: &Request) -> Answer<bool> {
    match request.header("x-goog-metadata-directive") {
        None | Some("COPY") => Ok(false),
        Some("REPLACE") => Ok(true),
        Some(_) => Err(Refusal::invalid(
            "The directive is neither COPY nor REPLACE.",
        )),
    }
}
