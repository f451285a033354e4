//! `docs/METRICS.md`, as far as it is rendered from the table.
//!
//! The document cannot drift from the code: this test fails until
//! `UPDATE_DOCS=1 cargo test -p cloud-mirror-runtime --lib telemetry` has written it anew.

use std::collections::BTreeSet;

use crate::telemetry::metrics::{BY_KIND, DIMENSIONS, FAILED, From, Metric, NAMESPACE, TABLE};

const HOUSE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const BEGIN: &str = "<!-- rendered from the table of metrics: begin -->\n";
const END: &str = "<!-- rendered from the table of metrics: end -->\n";

fn read(name: &str) -> String {
    std::fs::read_to_string(format!("{HOUSE}/{name}")).expect(name)
}

fn table(template: &str) -> String {
    let mut table = format!(
        "The namespace is `{NAMESPACE}`. Every metric has the dimension sets {}; those of the event `{FAILED}` \
         have {} besides.\n\n| metric | unit | on every line of | what it counts | a line's value | shown in |\n\
         |---|---|---|---|---|---|\n",
        DIMENSIONS.map(set).join(" and "),
        set(BY_KIND),
    );
    for metric in TABLE {
        table.push_str(&format!(
            "| `{}` | {} | `{}` | {} | {} | {} |\n",
            metric.name,
            metric.unit.as_str(),
            metric.event,
            metric.meaning,
            value(&metric),
            shown(&metric, template).join(", "),
        ));
    }
    let all = TABLE.len();
    table.push_str(&format!(
        "\nWith *p* pools in use and *k* kinds of error seen, CloudWatch keeps at most {all} + {all} *p* + *k* \
         metrics of one stack: each once for the stack and once for each pool, and `copy_failures` once for each kind.\n"
    ));
    table
}

fn set(names: &[&str]) -> String {
    format!("[{}]", names.join(", "))
}

fn value(metric: &Metric) -> String {
    match metric.value {
        From::Line => "one".to_owned(),
        From::Itself => "the field itself".to_owned(),
        From::Is(field, values) => format!("one if `{field}` is {}", in_code(values)),
        From::Begins(field, with) => format!("one if `{field}` begins with `{with}`"),
    }
}

fn in_code(words: &[&str]) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(" or ")
}

/// The resources of the template that speak of it.
fn shown(metric: &Metric, template: &str) -> Vec<String> {
    let (mut resource, mut resources) = ("", BTreeSet::new());
    for line in template.lines() {
        let name = line
            .strip_prefix("  ")
            .and_then(|line| line.strip_suffix(':'));
        if let Some(name) = name.filter(|name| name.chars().all(char::is_alphanumeric)) {
            resource = name;
        }
        let words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
        if line.contains("Metric") || line.contains(NAMESPACE) {
            resources.extend(words.filter(|word| *word == metric.name).map(|_| resource));
        }
    }
    resources
        .into_iter()
        .map(|name| format!("`{name}`"))
        .collect()
}

#[test]
fn the_document_says_what_is_measured() {
    let template = read("template.yaml");
    let document = read("docs/METRICS.md");
    let (before, rest) = document.split_once(BEGIN).expect("the begin marker");
    let (_, after) = rest.split_once(END).expect("the end marker");
    let expected = format!("{before}{BEGIN}{}{END}{after}", table(&template));
    if std::env::vars().any(|(name, _)| name == "UPDATE_DOCS") {
        std::fs::write(format!("{HOUSE}/docs/METRICS.md"), &expected).expect("docs/METRICS.md");
    }
    assert!(
        read("docs/METRICS.md") == expected,
        "docs/METRICS.md is not what the table says; run\n  \
         UPDATE_DOCS=1 cargo test -p cloud-mirror-runtime --lib telemetry"
    );
}

#[test]
fn no_metric_is_paid_for_that_nobody_is_shown() {
    let template = read("template.yaml");
    let unseen = TABLE
        .iter()
        .filter(|metric| shown(metric, &template).is_empty());
    let unseen: Vec<_> = unseen.map(|metric| metric.name).collect();
    assert!(
        unseen.is_empty(),
        "neither dashboard nor alarm shows {unseen:?}"
    );
}

#[test]
fn a_metric_has_one_name_and_a_name_one_metric() {
    let names: BTreeSet<_> = TABLE.iter().map(|metric| metric.name).collect();
    assert_eq!(names.len(), TABLE.len());
    for metric in TABLE {
        if metric.unit.as_str() != "Count" {
            assert!(
                metric.name.ends_with(&metric.unit.as_str().to_lowercase()),
                "{}",
                metric.name
            );
        }
    }
}

/// Else a line could have a `_aws` without a metric, which CloudWatch refuses.
#[test]
fn every_event_that_counts_counts_whatever_else_its_line_says() {
    for metric in TABLE {
        let mut of_event = TABLE.iter().filter(|other| other.event == metric.event);
        let is_always_there = |metric: &Metric| !matches!(metric.value, From::Itself);
        assert!(of_event.any(is_always_there), "{}", metric.event);
    }
    let events = TABLE.chunk_by(|one, next| one.event == next.event).count();
    let names: BTreeSet<_> = TABLE.iter().map(|metric| metric.event).collect();
    assert_eq!(events, names.len(), "an event's metrics stand together");
}
