//! CloudWatch's Embedded Metric Format: a line that says of itself which of its members are metrics.

use std::io::Write as _;

use cloud_mirror_domain::time::Timestamp;
use serde_json::json;

use super::{BY_KIND, DIMENSIONS, FAILED, From, Metric, NAMESPACE, TABLE};
use crate::telemetry::fields::Fields;

/// Writes the metrics of a stack's lines. What is the same each time is written beforehand.
pub(crate) struct Emf {
    stack: String,
    events: Vec<Counted>,
}

/// An event that counts something.
struct Counted {
    event: &'static str,
    metrics: Vec<Defined>,
    /// The sets that its metrics have, where the line has all of their members.
    sets: Vec<(&'static [&'static str], String)>,
}

/// A metric, and how a line defines it.
struct Defined {
    metric: Metric,
    definition: String,
    /// Its member, up to the value.
    member: String,
}

impl Emf {
    /// For the lines of that stack.
    pub(crate) fn of(stack: &str) -> Self {
        let events = TABLE.chunk_by(|one, next| one.event == next.event);
        Self {
            stack: stack.to_owned(),
            events: events.map(Counted::of).collect(),
        }
    }

    /// Writes a line's members, what its event counts, and the `_aws` member that names the metrics.
    /// Of other lines it writes the members.
    pub(crate) fn write(&self, line: &mut Fields, now: Timestamp, to: &mut Vec<u8>) {
        let event = text(line, "event").unwrap_or_default();
        let mut events = self.events.iter();
        let Some(counted) = events.find(|counted| counted.event.as_bytes() == event) else {
            return line.write(to);
        };
        line.set_text("stack", &self.stack);
        let besides = counted
            .metrics
            .iter()
            .filter(|defined| defined.is_besides());
        besides.for_each(|defined| line.remove(defined.metric.name));
        line.write(to);
        for Defined { metric, member, .. } in &counted.metrics {
            if let Some(value) = value(metric, line) {
                to.extend_from_slice(member.as_bytes());
                to.push(if value { b'1' } else { b'0' });
            }
        }
        counted.declare(line, now, to);
    }
}

impl Counted {
    fn of(metrics: &[Metric]) -> Self {
        let event = metrics.first().map_or("", |metric| metric.event);
        let by_kind = (event == FAILED).then_some(BY_KIND);
        let sets = DIMENSIONS.into_iter().chain(by_kind);
        Self {
            event,
            metrics: metrics.iter().map(Defined::of).collect(),
            sets: sets.map(|set| (set, json!(set).to_string())).collect(),
        }
    }

    /// The member `_aws`. A set whose members are not all on the line would be refused by CloudWatch
    /// with all the others.
    fn declare(&self, line: &Fields, now: Timestamp, to: &mut Vec<u8>) {
        let is_there = |name: &&str| text(line, name).is_some();
        let sets = self.sets.iter().filter(|(set, _)| set.iter().all(is_there));
        let metrics = self.metrics.iter().filter(|defined| defined.is_on(line));
        to.extend_from_slice(br#","_aws":{"CloudWatchMetrics":[{"Dimensions":["#);
        join(sets.map(|(_, written)| written), to);
        to.extend_from_slice(br#"],"Metrics":["#);
        join(metrics.map(|defined| &defined.definition), to);
        let now = now.as_millis();
        // Into a vector: there is nothing in it that could fail.
        let _ = write!(to, r#"],"Namespace":"{NAMESPACE}"}}],"Timestamp":{now}}}"#);
    }
}

impl Defined {
    fn of(metric: &Metric) -> Self {
        let (name, unit) = (metric.name, metric.unit.as_str());
        Self {
            metric: *metric,
            definition: format!(r#"{{"Name":"{name}","Unit":"{unit}"}}"#),
            member: format!(r#","{name}":"#),
        }
    }

    /// Whether its member is added to what the line says anyway.
    fn is_besides(&self) -> bool {
        !matches!(self.metric.value, From::Itself)
    }

    fn is_on(&self, line: &Fields) -> bool {
        self.is_besides() || line.value(self.metric.name).is_some_and(is_number)
    }
}

/// What an event's line counts besides what it says anyway.
fn value(metric: &Metric, line: &Fields) -> Option<bool> {
    let text = |field| text(line, field).unwrap_or_default();
    match metric.value {
        From::Line => Some(true),
        From::Itself => None,
        From::Is(field, values) => {
            let said = text(field);
            Some(values.iter().any(|value| value.as_bytes() == said))
        }
        From::Begins(field, with) => Some(text(field).starts_with(with.as_bytes())),
    }
}

fn join<'a>(written: impl Iterator<Item = &'a String>, to: &mut Vec<u8>) {
    for (at, written) in written.enumerate() {
        to.extend_from_slice(if at > 0 { b"," } else { b"" });
        to.extend_from_slice(written.as_bytes());
    }
}

/// A text member as it is written, without its quotes. The words that metrics look for are written in
/// JSON as they are, and no other text is written as they are.
fn text<'l>(line: &'l Fields, name: &str) -> Option<&'l [u8]> {
    line.value(name)?.strip_prefix(b"\"")?.strip_suffix(b"\"")
}

fn is_number(value: &[u8]) -> bool {
    matches!(value, [b'-' | b'0'..=b'9', ..])
}
