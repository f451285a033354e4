//! The layer that writes lines.

use std::cell::Cell;
use std::io::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use cloud_mirror_domain::ports::Clock as _;
use cloud_mirror_domain::time::Timestamp;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::fields::Fields;
use super::metrics::Emf;
use super::{Format, human, json};
use crate::SystemClock;

/// What of a line's buffers is kept for the next one, in bytes: nearly every line is shorter.
const KEPT_BYTES: usize = 8 * 1024;

thread_local! {
    /// Every thread's own: the fields and the line that it writes next.
    static NEXT: Cell<Option<(Fields, Vec<u8>)>> = const { Cell::new(None) };
}

/// How a line begins and ends.
pub(super) enum Style {
    /// With metrics, if there is a stack that has them.
    Json(Option<Emf>),
    /// With or without colours.
    Human { ansi: bool },
}

/// Writes each event as one line: when, how bad, what, its fields, and those of the spans around it.
pub(super) struct Lines<W> {
    writer: W,
    style: Style,
}

impl<W> Lines<W> {
    pub(super) fn new(writer: W, style: Style) -> Self {
        Self { writer, style }
    }

    fn format(&self) -> Format {
        match self.style {
            Style::Json(_) => Format::Json,
            Style::Human { .. } => Format::Human,
        }
    }

    fn write(&self, metadata: &Metadata<'_>, fields: &mut Fields, line: &mut Vec<u8>) {
        let now = SystemClock.now();
        match &self.style {
            Style::Json(emf) => json::line(metadata, fields, emf.as_ref(), now, line),
            Style::Human { ansi } => human::line(*metadata.level(), fields, *ansi, now, line),
        }
    }
}

/// When, for either format, in UTC.
pub(super) fn rfc3339(now: Timestamp, to: &mut Vec<u8>) {
    let at = UNIX_EPOCH + Duration::from_millis(now.as_millis());
    // Into a vector: there is nothing in it that could fail.
    let _ = write!(to, "{}", humantime::format_rfc3339_millis(at));
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::with_capacity(self.format(), span.fields().len());
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
        let next = NEXT.try_with(Cell::take).ok().flatten();
        let (mut fields, mut line) =
            next.unwrap_or_else(|| (Fields::with_capacity(self.format(), 32), Vec::new()));
        fields.clear(self.format());
        event.record(&mut fields);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(around) = span.extensions().get::<Fields>() {
                fields.complete(around);
            }
        }
        self.write(event.metadata(), &mut fields, &mut line);
        // In one piece, so that two threads' lines do not mix. Where nobody reads, nothing is lost
        // that anybody could be told of.
        let _ = self.writer.make_writer().write_all(&line);
        fields.give_back(KEPT_BYTES);
        line.clear();
        line.shrink_to(KEPT_BYTES);
        let _ = NEXT.try_with(|next| next.set(Some((fields, line))));
    }
}
