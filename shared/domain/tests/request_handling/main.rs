//! The truth table of `decide`, rendered into `docs/request-handling.md`.
//!
//! The document cannot drift from the function: this test fails until
//! `UPDATE_DOCS=1 cargo test -p cloud-mirror-domain --test request_handling` has written it anew.

mod entries;
mod render;
mod situations;

use std::collections::BTreeSet;
use std::path::Path;

use cloud_mirror_domain::decide::{Decision, Why};
use cloud_mirror_domain::error::{Fault, Kind};

const DOCUMENT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/request-handling.md"
);
const BEGIN: &str = "<!-- rendered from decide: begin -->\n";
const END: &str = "<!-- rendered from decide: end -->\n";

fn table() -> String {
    let mut table = String::from("| what the ports have told | decision |\n|---|---|\n");
    for situation in situations::all() {
        let decision = render::decision(&situation.decide());
        table.push_str(&format!("| {} | {decision} |\n", situation.told));
    }
    table
}

#[test]
fn the_document_says_what_the_function_does() {
    let document = std::fs::read_to_string(DOCUMENT).expect("docs/request-handling.md");
    let (before, rest) = document.split_once(BEGIN).expect("the begin marker");
    let (_, after) = rest.split_once(END).expect("the end marker");
    let expected = format!("{before}{BEGIN}{}{END}{after}", table());
    if std::env::vars().any(|(name, _)| name == "UPDATE_DOCS") {
        std::fs::write(Path::new(DOCUMENT), &expected).expect("docs/request-handling.md");
    }
    let document = std::fs::read_to_string(DOCUMENT).expect("docs/request-handling.md");
    assert!(
        document == expected,
        "docs/request-handling.md is not what `decide` does; run\n  \
         UPDATE_DOCS=1 cargo test -p cloud-mirror-domain --test request_handling"
    );
}

#[test]
fn the_table_leaves_no_decision_out() {
    let kinds: BTreeSet<_> = situations::all()
        .iter()
        .map(|situation| render::kind(&situation.decide()))
        .collect();
    let missing: Vec<_> = render::KINDS
        .iter()
        .filter(|kind| !kinds.contains(*kind))
        .collect();
    assert!(missing.is_empty(), "no situation leads to {missing:?}");
}

#[test]
fn a_refusal_stands_whatever_the_table_says() {
    for refused in situations::all()
        .iter()
        .filter(|situation| situation.wanted.target.is_err())
    {
        let expected = refused.decide();
        for told in situations::all() {
            let with = situations::Situation {
                observation: told.observation,
                ..refused.clone()
            };
            assert_eq!(
                with.decide(),
                expected,
                "never an open redirector: {}",
                told.told
            );
        }
    }
}

#[test]
fn an_error_of_any_kind_is_answered_as_its_fault_says() {
    for kind in Kind::ALL {
        let decision = situations::error_of(kind).decide();
        let as_its_fault_says = match kind.fault() {
            Fault::Absent => decision == Decision::SourceSays(kind),
            Fault::Source | Fault::Ours => {
                matches!(&decision, Decision::Origin(Why::Error(failure)) if failure.kind == kind)
            }
            Fault::Transient => matches!(decision, Decision::Wait(..)),
        };
        assert!(as_its_fault_says, "{kind}: {decision:?}");
    }
}
