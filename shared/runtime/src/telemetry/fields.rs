//! The fields of an event or a span, as members of a JSON object.

use std::error::Error;
use std::fmt;

use cloud_mirror_domain::error::chain;
use cloud_mirror_domain::url::redact;
use serde_json::Value;
use tracing::field::{Field, Visit};

/// Of a value so much is logged, in bytes: a store's error page must not make a line that CloudWatch
/// cuts in two.
const MOST_BYTES: usize = 8 * 1024;

/// Names and values, each name once, without a secret in them.
#[derive(Debug, Default)]
pub(super) struct Fields(pub(super) Vec<(&'static str, Value)>);

impl Fields {
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        let named = self.0.iter().find(|(known, _)| *known == name);
        named.map(|(_, value)| value)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// The newest value counts: a span's fields are filled while it lasts.
    pub(super) fn set(&mut self, name: &'static str, value: Value) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    /// Adds what a span around says of things that are not known from closer by.
    pub(super) fn complete(&mut self, around: &Self) {
        for (name, value) in &around.0 {
            if let Some(name) = known_as(name)
                && self.get(name).is_none()
            {
                self.0.push((name, value.clone()));
            }
        }
    }

    fn set_text(&mut self, name: &'static str, text: &str) {
        // Cut first: a secret that is cut in two is still behind its name.
        let text = redact(bounded(text)).into_owned();
        self.set(name, Value::from(text));
    }
}

/// Our own names. The Lambda runtime's span has others for the same things; its trace is the one of the
/// invocation, which is not that of the message which it works on.
fn known_as(name: &'static str) -> Option<&'static str> {
    match name {
        "requestId" => Some("request_id"),
        "xrayTraceId" | "tenantId" => None,
        name => Some(name),
    }
}

fn bounded(text: &str) -> &str {
    let mut end = text.len().min(MOST_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.set_text(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set_text(field.name(), &format!("{value:?}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.set_text(field.name(), &chain(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field.name(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field.name(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field.name(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field.name(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let text = "ö".repeat(MOST_BYTES);
        let cut = bounded(&text);
        assert!(cut.len() <= MOST_BYTES && cut.len() > MOST_BYTES - 4);
    }
}
