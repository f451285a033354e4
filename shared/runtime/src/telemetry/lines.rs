//! Lines for machines: one flat JSON object each.

use std::io::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use cloud_mirror_domain::ports::Clock as _;
use cloud_mirror_domain::time::Timestamp;
use serde::Serializer as _;
use serde::ser::SerializeMap as _;
use serde_json::Value;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::fields::Fields;
use super::metrics::{self, Aws};
use crate::SystemClock;

/// Writes each event as one JSON object on one line: `timestamp`, `level`, `event` or `message`, its
/// fields, those of the spans around it, and in a stack its metrics. Nothing is nested, so that
/// whoever searches the log names a field and no path.
pub(super) struct Lines<W> {
    writer: W,
    stack: Option<String>,
}

impl<W> Lines<W> {
    pub(super) fn new(writer: W, stack: Option<String>) -> Self {
        Self { writer, stack }
    }

    fn line(&self, metadata: &Metadata<'_>, fields: Fields, now: Timestamp) -> Vec<u8> {
        let mut members = Fields::default();
        members.set("timestamp", rfc3339(now).into());
        members.set("level", metadata.level().as_str().into());
        let (what, rest): (Vec<_>, Vec<_>) = fields.0.into_iter().partition(says_what);
        if !what.iter().any(|(name, _)| *name == "event") {
            members.set("target", metadata.target().to_owned().into());
        }
        members.0.extend(what);
        members.0.extend(rest);
        let stack = self.stack.as_deref();
        let aws = stack.and_then(|stack| metrics::add(&mut members, stack, now));
        in_json(&members, aws.as_ref())
    }
}

fn says_what((name, _): &(&'static str, Value)) -> bool {
    matches!(*name, "event" | "message")
}

fn rfc3339(now: Timestamp) -> String {
    let since_epoch = Duration::from_millis(now.as_millis());
    humantime::format_rfc3339_millis(UNIX_EPOCH + since_epoch).to_string()
}

fn in_json(members: &Fields, aws: Option<&Aws>) -> Vec<u8> {
    let mut line = Vec::with_capacity(1_024);
    // Text and numbers, into a vector: there is nothing in it that could fail.
    let _ = write_members(&mut line, members, aws);
    line.push(b'\n');
    line
}

fn write_members(
    line: &mut Vec<u8>,
    members: &Fields,
    aws: Option<&Aws>,
) -> Result<(), serde_json::Error> {
    let mut serializer = serde_json::Serializer::new(line);
    let mut object = serializer.serialize_map(None)?;
    for (name, value) in &members.0 {
        object.serialize_entry(name, value)?;
    }
    if let Some(aws) = aws {
        object.serialize_entry("_aws", aws)?;
    }
    object.end()
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(around) = span.extensions().get::<Fields>() {
                fields.complete(around);
            }
        }
        let line = self.line(event.metadata(), fields, SystemClock.now());
        // In one piece, so that two threads' lines do not mix. Where nobody reads, nothing is lost
        // that anybody could be told of.
        let _ = self.writer.make_writer().write_all(&line);
    }
}
