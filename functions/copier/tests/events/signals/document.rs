//! `docs/METRICS.md` lists every event with its fields, and no other.

use std::collections::{BTreeMap, BTreeSet};

use super::metrics_of;
use super::scene::Scene;

const DOCUMENT: &str = include_str!("../../../../../docs/METRICS.md");

/// What any line may have: when and how bad, what is around it, and what makes metrics of it.
const AROUND: [&str; 10] = [
    "timestamp",
    "level",
    "event",
    "request_id",
    "trace_id",
    "pool",
    "url",
    "attempt",
    "run",
    "stack",
];

type Events = BTreeMap<String, BTreeSet<String>>;

/// The table of events: the word, and its own fields.
fn documented() -> Events {
    let (_, rest) = DOCUMENT.split_once("## Events\n").unwrap();
    let (table, _) = rest.split_once("\n- ").unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let read = |row: &str| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let fields = cells[5].split(", ").filter(|field| !field.is_empty());
        let fields = fields.map(|field| field.trim_matches('`').to_owned());
        (cells[1].trim_matches('`').to_owned(), fields.collect())
    };
    rows.map(read).collect()
}

/// The same, of what really was logged.
fn seen(scene: &Scene) -> Events {
    let mut seen = Events::new();
    for line in scene.log.events() {
        let (metrics, event) = (metrics_of(&line), line["event"].as_str().unwrap());
        let fields = seen.entry(event.to_owned()).or_default();
        for name in line.as_object().unwrap().keys() {
            // A field may be a metric, too; then the document lists it with its event.
            let is_own = !AROUND.contains(&name.as_str()) && name != "_aws";
            let is_field = !metrics.contains(name) || documented()[event].contains(name);
            if is_own && is_field {
                fields.insert(name.clone());
            }
        }
    }
    seen
}

#[tokio::test(start_paused = true)]
async fn every_event_is_documented_with_every_field_that_it_has() {
    let scene = Scene::new();
    scene.everything_happens().await;
    let mut documented = documented();
    // What only the store of a bucket says.
    documented.get_mut("verified").unwrap().remove("checksum");
    assert_eq!(seen(&scene), documented);
}

#[tokio::test(start_paused = true)]
async fn a_line_without_an_event_says_in_words_what_happened() {
    let scene = Scene::new();
    scene.everything_happens().await;
    let lines = scene.log.lines();
    let others: Vec<_> = lines
        .iter()
        .filter(|line| line.get("event").is_none())
        .collect();
    assert!(!others.is_empty());
    for line in others {
        assert!(
            line["message"].is_string() && line.get("_aws").is_none(),
            "{line}"
        );
        assert!(line["trace_id"].is_string(), "{line}");
    }
}
