//! Signed URLs of version 4, checked with the account's public key.

use std::time::{Duration, SystemTime};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::crypto::{Checksum as _, Sha256};

use super::account::{ACCOUNT, Account};
use super::answer::{Answer, Refusal};
use super::request::Request;

const ALGORITHM: &str = "GOOG4-RSA-SHA256";
const SIGNATURE: &str = "X-Goog-Signature";

/// The host that this server stands for: clients that sign for it, whatever they call, sign for
/// this server too.
const GOOGLE: &str = "storage.googleapis.com";

/// The longest that a URL may be good for: seven days, in seconds.
const LONGEST: u64 = 604_800;

/// How far ahead of the server's a signer's clock may be.
const SKEW: Duration = Duration::from_secs(15 * 60);

/// What is not percent-encoded in a canonical query.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// What must not stand in a canonical path as it is, by Google's documentation.
const RESERVED: &str = "?=!#$&'()*+,:;@[]\" ";

pub(super) fn is_one(request: &Request) -> bool {
    request.has(SIGNATURE)
}

/// Refuses a URL that was not signed for this request or whose time is over.
pub(super) fn verify(account: &Account, request: &Request, now: SystemTime) -> Answer<()> {
    if value(request, "X-Goog-Algorithm")? != ALGORITHM {
        return Err(Refusal::invalid("The algorithm is not known."));
    }
    let (credential, date) = (
        value(request, "X-Goog-Credential")?,
        value(request, "X-Goog-Date")?,
    );
    let (email, scope) = credential.split_once('/').unwrap_or((credential, ""));
    let in_scope = scope.strip_prefix(date.get(..8).unwrap_or(date));
    let of_storage = in_scope.is_some_and(|scope| scope.ends_with("/storage/goog4_request"));
    if email != ACCOUNT || !of_storage {
        return Err(mismatch());
    }
    in_time(request, date, now)?;
    let signature = hex::decode(value(request, SIGNATURE)?).map_err(|_| mismatch())?;
    let host = request.header("host").unwrap_or_default();
    for host in [host, GOOGLE] {
        let canonical = hex::encode(Sha256::checksum(canonical(request, host)?.as_bytes()));
        let to_sign = format!("{ALGORITHM}\n{date}\n{scope}\n{canonical}");
        if account.has_signed(to_sign.as_bytes(), &signature) {
            return Ok(());
        }
    }
    Err(mismatch())
}

fn value<'a>(request: &'a Request, name: &str) -> Answer<&'a str> {
    let missing = || Refusal::invalid(&format!("{name} is missing"));
    request.parameter(name).ok_or_else(missing)
}

fn mismatch() -> Refusal {
    let message = "Access denied. The request signature we calculated does not match the signature \
                   you provided.";
    Refusal::new(403, "SignatureDoesNotMatch", message)
}

fn in_time(request: &Request, date: &str, now: SystemTime) -> Answer<()> {
    let begins = moment(date).ok_or_else(|| Refusal::invalid("X-Goog-Date is no date"))?;
    let lasts = request.number("X-Goog-Expires")?.unwrap_or_default();
    if !(1..=LONGEST).contains(&lasts) {
        return Err(Refusal::invalid(
            "X-Goog-Expires must be at most seven days.",
        ));
    }
    if begins > now + SKEW {
        return Err(Refusal::new(
            403,
            "RequestTimeTooSkewed",
            "The URL is not yet good.",
        ));
    }
    match begins + Duration::from_secs(lasts) <= now {
        true => Err(Refusal::new(
            400,
            "ExpiredToken",
            "The provided token has expired.",
        )),
        false => Ok(()),
    }
}

/// `20260729T120000Z`.
fn moment(date: &str) -> Option<SystemTime> {
    let digits = |range| {
        date.get(range)
            .filter(|text: &&str| text.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let (year, month, day) = (digits(0..4)?, digits(4..6)?, digits(6..8)?);
    let (hour, minute, second) = (digits(9..11)?, digits(11..13)?, digits(13..15)?);
    let text = format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z");
    humantime::parse_rfc3339(&text).ok()
}

fn canonical(request: &Request, host: &str) -> Answer<String> {
    let names = value(request, "X-Goog-SignedHeaders")?;
    if !names.split(';').any(|name| name == "host") {
        return Err(Refusal::new(
            400,
            "MalformedSecurityHeader",
            "host must be signed.",
        ));
    }
    let mut headers = String::new();
    for name in names.split(';') {
        let value = match name {
            "host" => host,
            name => request.header(name).ok_or_else(|| {
                let message = format!("{name} was signed and is not in the request.");
                Refusal::new(400, "MalformedSecurityHeader", &message)
            })?,
        };
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        headers.push_str(&format!("{name}:{value}\n"));
    }
    let (method, path, query) = (&request.method, path(&request.path), query(request));
    Ok(format!(
        "{method}\n{path}\n{query}\n{headers}\n{names}\nUNSIGNED-PAYLOAD"
    ))
}

/// As it was sent, but for what must be encoded.
fn path(sent: &str) -> String {
    let encoded = |letter: char| match RESERVED.contains(letter) {
        true => format!("%{:02X}", u32::from(letter)),
        false => letter.to_string(),
    };
    sent.chars().map(encoded).collect()
}

fn query(request: &Request) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, PLAIN).to_string();
    let signed = request.query.iter().filter(|(name, _)| name != SIGNATURE);
    let mut pairs: Vec<_> = signed
        .map(|(name, value)| (encoded(name), encoded(value)))
        .collect();
    pairs.sort();
    let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("&")
}
