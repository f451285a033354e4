//! Lines for machines: one flat JSON object each.

use cloud_mirror_domain::time::Timestamp;
use tracing::Metadata;

use super::fields::Fields;
use super::lines::rfc3339;
use super::metrics::Emf;
use super::plain;

/// `timestamp`, `level`, `event` or `message`, the fields, and in a stack its metrics. Nothing is nested
/// but what CloudWatch wants so, in order that whoever searches the log names a field and no path.
pub(super) fn line(
    metadata: &Metadata<'_>,
    fields: &mut Fields,
    emf: Option<&Emf>,
    now: Timestamp,
    to: &mut Vec<u8>,
) {
    to.extend_from_slice(b"{\"timestamp\":\"");
    rfc3339(now, to);
    to.extend_from_slice(b"\",\"level\":\"");
    to.extend_from_slice(metadata.level().as_str().as_bytes());
    to.push(b'"');
    if fields.value("event").is_none() {
        name("target", to);
        text(metadata.target(), to);
    }
    match emf {
        Some(emf) => emf.write(fields, now, to),
        None => fields.write(to),
    }
    to.extend_from_slice(b"}\n");
}

/// A member's name, behind the member before.
pub(super) fn name(name: &str, to: &mut Vec<u8>) {
    to.push(b',');
    text(name, to);
    to.push(b':');
}

/// A text, with quotes.
pub(super) fn text(text: &str, to: &mut Vec<u8>) {
    if !plain::quote(text, to) {
        // Text into a vector: there is nothing in it that could fail.
        let _ = serde_json::to_writer(to, text);
    }
}
