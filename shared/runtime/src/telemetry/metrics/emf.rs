//! CloudWatch's Embedded Metric Format: a line that says of itself which of its members are metrics.

use cloud_mirror_domain::time::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{BY_KIND, DIMENSIONS, FAILED, From, Metric, NAMESPACE, TABLE};
use crate::telemetry::fields::Fields;

/// The member `_aws`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Aws {
    cloud_watch_metrics: [Directive; 1],
    /// In milliseconds.
    timestamp: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    dimensions: Vec<&'static [&'static str]>,
    metrics: Vec<Definition>,
    namespace: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Definition {
    name: &'static str,
    unit: &'static str,
}

/// Adds what a line's event counts, and answers the `_aws` member that names it. Other lines stay as they
/// are.
pub(crate) fn add(line: &mut Fields, stack: &str, now: Timestamp) -> Option<Aws> {
    let event = line.text("event")?;
    let of_event = TABLE.iter().filter(|metric| metric.event == event);
    let values: Vec<_> = of_event
        .filter_map(|metric| Some((metric, value(metric, line)?)))
        .collect();
    if values.is_empty() {
        return None;
    }
    line.set("stack", stack.into());
    let dimensions = dimensions(line);
    let metrics = values.iter().map(|(metric, _)| Definition {
        name: metric.name,
        unit: metric.unit.as_str(),
    });
    let directive = Directive {
        namespace: NAMESPACE,
        dimensions,
        metrics: metrics.collect(),
    };
    for (metric, value) in values {
        line.set(metric.name, value);
    }
    Some(Aws {
        timestamp: now.as_millis(),
        cloud_watch_metrics: [directive],
    })
}

/// A set whose members are not all on the line would be refused by CloudWatch with all the others.
fn dimensions(line: &Fields) -> Vec<&'static [&'static str]> {
    let by_kind = (line.text("event") == Some(FAILED)).then_some(BY_KIND);
    let sets = DIMENSIONS.into_iter().chain(by_kind);
    sets.filter(|set| set.iter().all(|name| line.text(name).is_some()))
        .collect()
}

fn value(metric: &Metric, line: &Fields) -> Option<Value> {
    let text = |field| line.text(field).unwrap_or_default();
    Some(match metric.value {
        From::Line => 1.into(),
        From::Itself => {
            let value = line.get(metric.name);
            value.filter(|value| value.is_number())?.clone()
        }
        From::Is(field, values) => u8::from(values.contains(&text(field))).into(),
        From::Begins(field, with) => u8::from(text(field).starts_with(with)).into(),
    })
}
