//! Lines for a person.

use std::fmt;

use cloud_mirror_domain::url::redact;
use tracing::field::Field;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::fmt::{
    FmtContext, FormatEvent, FormatFields, FormattedFields, MakeWriter, layer,
};
use tracing_subscriber::registry::LookupSpan;

/// One line each: when, how bad, what, its `name=value`s, and at the end those of what is around it.
pub(super) fn lines<S, W>(writer: W, ansi: bool) -> impl Layer<S>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    W: for<'w> MakeWriter<'w> + 'static,
{
    layer()
        .with_ansi(ansi)
        .with_writer(writer)
        .fmt_fields(debug_fn(write).delimited(" "))
        .event_format(WhatFirst)
}

/// The library's own formats begin with the spans, so that what happened is out of sight.
struct WhatFirst;

impl<S, N> FormatEvent<S, N> for WhatFirst
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut to: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        SystemTime.format_time(&mut to)?;
        let level = event.metadata().level();
        match colour(*level).filter(|_| to.has_ansi_escapes()) {
            Some(colour) => write!(to, " \x1b[{colour}m{level:>5}\x1b[0m ")?,
            None => write!(to, " {level:>5} ")?,
        }
        context.format_fields(to.by_ref(), event)?;
        for span in context.event_scope().into_iter().flatten() {
            match span.extensions().get::<FormattedFields<N>>() {
                Some(fields) if !fields.is_empty() => write!(to, " {fields}")?,
                _ => {}
            }
        }
        writeln!(to)
    }
}

fn colour(level: Level) -> Option<u8> {
    match level {
        Level::ERROR => Some(31),
        Level::WARN => Some(33),
        Level::INFO => Some(32),
        _ => None,
    }
}

/// What happened stands by itself, an event's word as well as a sentence.
fn write(to: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    let value = format!("{value:?}");
    match field.name() {
        "event" => write!(to, "{}", redact(value.trim_matches('"'))),
        "message" => write!(to, "{}", redact(&value)),
        name => write!(to, "{name}={}", redact(&value)),
    }
}
