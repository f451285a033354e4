//! The fields of an event or a span, as a line has them.

use std::borrow::Cow;
use std::cell::Cell;
use std::error::Error;
use std::fmt::{self, Write as _};
use std::ops::Range;

use cloud_mirror_domain::error::chain;
use cloud_mirror_domain::url::redact_beginning;
use serde::Serialize;
use tracing::field::{Field, Visit};

use super::{Format, human, json};

/// Of a value so much is logged, in bytes: a store's error page must not make a line that CloudWatch
/// cuts in two.
const MOST_BYTES: usize = 8 * 1024;

thread_local! {
    /// What a value says of itself is looked through here, before it is written.
    static SAID: Cell<String> = const { Cell::new(String::new()) };
}

/// Names and values, each name once, without a secret in them. They are written when they are
/// recorded, so that a span's are written once however many lines are within it: a line copies them.
///
/// What is taken out, or replaced after another was written, leaves its bytes behind until all is cleared:
/// our spans' fields get their value once.
#[derive(Debug)]
pub(super) struct Fields {
    format: Format,
    members: Vec<Member>,
    written: Vec<u8>,
}

#[derive(Debug)]
struct Member {
    name: &'static str,
    /// Where it is written, with its name and what separates it from the one before.
    whole: Range<usize>,
    /// Where its value begins, which ends with it.
    value: usize,
}

impl Fields {
    /// None yet, and room for so many.
    pub(super) fn with_capacity(format: Format, fields: usize) -> Self {
        Self {
            format,
            members: Vec::with_capacity(fields),
            written: Vec::with_capacity(64 * fields),
        }
    }

    /// The value as it is written.
    pub(super) fn value(&self, name: &str) -> Option<&[u8]> {
        let member = self.members.iter().find(|member| member.name == name)?;
        Some(&self.written[member.value..member.whole.end])
    }

    /// Takes out what is to be said otherwise.
    pub(super) fn remove(&mut self, name: &str) {
        let known = self.members.iter().position(|member| member.name == name);
        if let Some(at) = known {
            self.members.remove(at);
        }
    }

    /// Adds what a span around says of things that are not known from closer by.
    pub(super) fn complete(&mut self, around: &Self) {
        for member in &around.members {
            if self.value(member.name).is_none() {
                let begins = self.written.len();
                self.written.extend_from_slice(around.whole(member));
                self.members.push(Member {
                    name: member.name,
                    whole: begins..self.written.len(),
                    value: begins + (member.value - member.whole.start),
                });
            }
        }
    }

    /// None again, in that format.
    pub(super) fn clear(&mut self, format: Format) {
        self.format = format;
        self.members.clear();
        self.written.clear();
    }

    /// None again, and the room given back that an unusual line took.
    pub(super) fn give_back(&mut self, but_bytes: usize) {
        self.members.clear();
        self.written.clear();
        self.written.shrink_to(but_bytes);
    }

    /// All of them, what happened first.
    pub(super) fn write(&self, to: &mut Vec<u8>) {
        for first in [true, false] {
            let members = self.members.iter();
            for member in members.filter(|member| says_what(member.name) == first) {
                to.extend_from_slice(self.whole(member));
            }
        }
    }

    fn set_number(&mut self, name: &'static str, value: impl Serialize) {
        // A number into a vector: there is nothing in it that could fail, nor look otherwise to a person.
        self.set(name, |_, to| drop(serde_json::to_writer(to, &value)));
    }

    pub(super) fn set_text(&mut self, name: &'static str, text: &str) {
        self.set(name, |format, to| {
            let text = clean(text);
            match format {
                Format::Json => json::text(&text, to),
                Format::Human => human::text(name, &text, to),
            }
        });
    }

    fn set_said(&mut self, name: &'static str, value: fmt::Arguments<'_>) {
        let mut said = SAID.try_with(Cell::take).unwrap_or_default();
        // Who cannot say what he is has said what stands there by then.
        let _ = said.write_fmt(value);
        self.set_words(name, &said);
        said.clear();
        said.shrink_to(MOST_BYTES);
        let _ = SAID.try_with(|kept| kept.set(said));
    }

    /// What a value says of itself: unlike a text, it has quotes of its own where a person wants any.
    fn set_words(&mut self, name: &'static str, said: &str) {
        self.set(name, |format, to| {
            let said = clean(said);
            match format {
                Format::Json => json::text(&said, to),
                Format::Human => human::words(&said, to),
            }
        });
    }

    /// The newest value counts: a span's fields are filled while it lasts.
    fn set(&mut self, name: &'static str, write: impl FnOnce(Format, &mut Vec<u8>)) {
        let Some(name) = known_as(name) else { return };
        let known = self.members.iter().position(|known| known.name == name);
        self.forget_newest(known);
        let begins = self.written.len();
        match self.format {
            Format::Json => json::name(name, &mut self.written),
            Format::Human => human::name(name, &mut self.written),
        }
        let value = self.written.len();
        write(self.format, &mut self.written);
        let member = Member {
            name,
            whole: begins..self.written.len(),
            value,
        };
        match known {
            Some(known) => self.members[known] = member,
            None => self.members.push(member),
        }
    }

    /// Makes room for a member's new value in the place of the old one, if that was written last.
    fn forget_newest(&mut self, known: Option<usize>) {
        let whole = known.map(|known| &self.members[known].whole);
        if let Some(whole) = whole.filter(|whole| whole.end == self.written.len()) {
            self.written.truncate(whole.start);
        }
    }

    fn whole(&self, member: &Member) -> &[u8] {
        &self.written[member.whole.clone()]
    }
}

/// Our own names. The Lambda runtime's span has others for the same things; its trace is the one of the
/// invocation, which is not that of the message which it works on. Other crates' fields do not take the
/// names that a line has for itself.
fn known_as(name: &'static str) -> Option<&'static str> {
    match name {
        "requestId" => Some("request_id"),
        "xrayTraceId" | "tenantId" => None,
        "timestamp" => Some("field_timestamp"),
        "level" => Some("field_level"),
        "target" => Some("field_target"),
        "_aws" => Some("field_aws"),
        name => Some(name),
    }
}

pub(super) fn says_what(name: &str) -> bool {
    matches!(name, "event" | "message")
}

fn clean(text: &str) -> Cow<'_, str> {
    redact_beginning(text, MOST_BYTES)
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.set_text(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set_said(field.name(), format_args!("{value:?}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.set_words(field.name(), &chain(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set_number(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set_number(field.name(), value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set_number(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set_number(field.name(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let text = "ö".repeat(MOST_BYTES);
        let cut = clean(&text);
        assert!(cut.len() <= MOST_BYTES && cut.len() > MOST_BYTES - 4);
    }

    #[test]
    fn a_value_that_is_replaced_is_gone_wherever_it_was_written() {
        let mut fields = Fields::with_capacity(Format::Human, 2);
        for (name, value) in [("a", "1"), ("b", "2"), ("b", "33"), ("a", "44"), ("b", "5")] {
            fields.set_text(name, value);
        }
        let mut line = Vec::new();
        fields.write(&mut line);
        assert_eq!(line, br#" a="44" b="5""#);
        assert_eq!(fields.written, br#" a="1" b="33" a="44" b="5""#);
    }
}
