//! Who may do what.

use super::answer::{Answer, Refusal};
use super::operations::Operation;
use super::request::Request;
use super::signed_url;
use super::store::{Bucket, Store, machine_time};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    Anybody,
    Account,
}

/// Refuses what the caller may not do. The account may do everything, but in buckets that a test
/// denies.
pub(super) fn admit(store: &Store, operation: Operation, request: &Request) -> Answer<()> {
    let caller = caller(store, request)?;
    let Some(name) = operation.bucket(request)? else {
        return account_only(caller, operation);
    };
    let state = store.state();
    let Ok(bucket) = state.bucket(&name) else {
        return account_only(caller, operation);
    };
    if bucket.denied {
        return Err(Refusal::denied(
            "The account does not have access to the bucket.",
        ));
    }
    bucket.charge(request)?;
    match caller {
        Caller::Account => Ok(()),
        Caller::Anybody => public(bucket, operation, request),
    }
}

fn caller(store: &Store, request: &Request) -> Answer<Caller> {
    let now = machine_time();
    if let Some(header) = request.headers.get(http::header::AUTHORIZATION) {
        let header = header.to_str().unwrap_or_default();
        let token = header.strip_prefix("Bearer ").unwrap_or_default();
        return match store.account.accepts(token, now) {
            true => Ok(Caller::Account),
            false => Err(Refusal::new(
                401,
                "AuthenticationRequired",
                "Authentication required.",
            )),
        };
    }
    if signed_url::is_one(request) {
        signed_url::verify(&store.account, request, now)?;
        return Ok(Caller::Account);
    }
    Ok(Caller::Anybody)
}

fn account_only(caller: Caller, operation: Operation) -> Answer<()> {
    match caller {
        Caller::Account => Ok(()),
        Caller::Anybody => Err(unknown(operation)),
    }
}

/// The JSON API asks callers who they are, where the XML API tells them that they may not.
fn unknown(operation: Operation) -> Refusal {
    let message = "Anonymous caller does not have access (or it may not exist).";
    match operation.is_json() {
        true => Refusal::new(401, "required", message),
        false => Refusal::denied(message),
    }
}

/// Everybody may read objects of a public bucket but not list them, so that absence is 403.
fn public(bucket: &Bucket, operation: Operation, request: &Request) -> Answer<()> {
    let reads = [Operation::GetObject, Operation::HeadObject].contains(&operation);
    let (_, key) = request.place()?;
    match reads && bucket.public() && bucket.objects.contains_key(&key) {
        true => Ok(()),
        false => Err(unknown(operation)),
    }
}

impl Bucket {
    /// Refuses who has not agreed to pay, if the bucket asks for that.
    pub(super) fn charge(&self, request: &Request) -> Answer<()> {
        let pays = request
            .header("x-goog-user-project")
            .or_else(|| request.parameter("userProject"));
        match self.requester_pays && pays.is_none() {
            true => Err(Refusal::new(
                400,
                "UserProjectMissing",
                "Bucket is a requester pays bucket but no user project provided.",
            )),
            false => Ok(()),
        }
    }
}
