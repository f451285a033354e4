//! `docs/COST.md`: the ledger and the bill, rendered. A test fails unless
//! `UPDATE_DOCS=1 cargo test -p cloud-mirror-tests --test stories ledger::document` has written it anew.

use std::fmt::Write as _;
use std::time::Duration;

use cloud_mirror_tests::wired::Who;

use super::bill;
use super::book::BOOK;
use super::lines::{Line, Story, Times};
use super::million::{hits, misses};
use super::prices::PRICES;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/COST.md");

/// Renders a table.
type Table = fn() -> String;

/// An operation, how often it is made, and in how many lines.
type Operation<'a> = (&'a str, Times, usize);

/// The tables, by the names between their markers.
const TABLES: [(&str, Table); 6] = [
    ("ledger", ledger),
    ("reasons", reasons),
    ("looks", looks),
    ("prices", prices),
    ("hits", hits),
    ("misses", misses),
];

#[test]
fn the_document_is_the_ledger() {
    let document = std::fs::read_to_string(DOCUMENT).expect("docs/COST.md");
    let expected = TABLES.iter().fold(document.clone(), |text, (name, table)| {
        replaced(&text, name, &table())
    });
    if std::env::vars().any(|(name, _)| name == "UPDATE_DOCS") {
        std::fs::write(DOCUMENT, &expected).expect("docs/COST.md");
        return;
    }
    assert!(
        document == expected,
        "docs/COST.md is not the ledger; run\n  \
         UPDATE_DOCS=1 cargo test -p cloud-mirror-tests --test stories ledger::document"
    );
}

fn replaced(text: &str, name: &str, table: &str) -> String {
    let (begin, end) = (
        format!("<!-- {name}: begin -->\n"),
        format!("<!-- {name}: end -->\n"),
    );
    let (before, rest) = text.split_once(&begin).expect(name);
    let (_, after) = rest.split_once(&end).expect(name);
    format!("{before}{begin}{table}{end}{after}")
}

const ACTORS: [Who; 4] = [Who::Request, Who::Poller, Who::Copier, Who::Purge];

fn ledger() -> String {
    let mut text = String::from(
        "| | the request | Lambda's poller | the copier | the purge |\n|---|---|---|---|---|\n",
    );
    for story in BOOK {
        let cells = ACTORS.map(|who| calls(story, who));
        let _ = writeln!(text, "| {} | {} |", story.title, cells.join(" | "));
    }
    text
}

/// What somebody calls, each service named once; the front door and the invocations are the same in
/// every row, and left to the text.
fn calls(story: &Story, who: Who) -> String {
    let mut services: Vec<(&str, Vec<Operation<'_>>)> = Vec::new();
    for line in story.lines().filter(|line| line.who == who) {
        let (service, operation) = line.call.split_once(' ').expect("service and operation");
        if ["API", "Lambda"].contains(&service) {
            continue;
        }
        let place = services.iter().position(|(known, _)| *known == service);
        let place = place.unwrap_or_else(|| {
            services.push((service, Vec::new()));
            services.len() - 1
        });
        count(&mut services[place].1, operation, line.times);
    }
    let told = services.into_iter().map(|(service, operations)| {
        let operations: Vec<_> = operations.into_iter().map(times).collect();
        format!("{service}: {}", operations.join(", "))
    });
    let told: Vec<_> = told.collect();
    match told.is_empty() {
        true => "–".to_owned(),
        false => told.join("; "),
    }
}

fn count<'a>(operations: &mut Vec<Operation<'a>>, operation: &'a str, times: Times) {
    let known = operations
        .iter_mut()
        .find(|(name, known, _)| *name == operation && *known == times);
    match known {
        Some((_, _, count)) => *count += 1,
        None => operations.push((operation, times, 1)),
    }
}

fn times((operation, times, count): Operation<'_>) -> String {
    let operation = operation.replace(", ", " ");
    match (times, count) {
        (Times::EachLook, _) => format!("*r(t)* {operation}"),
        (Times::EachPart, _) => format!("*n* {operation}"),
        (Times::EachPartAtMost, _) => format!("≤ *n* {operation}"),
        (Times::OnceAtMost, _) => format!("≤ 1 {operation}"),
        (Times::Exactly(_), 1) => operation,
        (Times::Exactly(_), count) => format!("{count} {operation}"),
    }
}

fn reasons() -> String {
    let mut text = String::from("| who | call | why it is there |\n|---|---|---|\n");
    let mut told: Vec<&Line> = Vec::new();
    for line in BOOK.iter().flat_map(|story| story.lines()) {
        let same = |other: &&Line| other.call == line.call && other.why == line.why;
        if told.iter().any(same) {
            continue;
        }
        told.push(line);
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            actor(line.who),
            line.call,
            line.why
        );
    }
    text
}

fn actor(who: Who) -> &'static str {
    match who {
        Who::Request => "the request",
        Who::Poller => "Lambda's poller",
        Who::Copier => "the copier",
        Who::Purge => "the purge",
    }
}

/// Milliseconds that a copy takes.
const COPIES: [u64; 6] = [10, 100, 1_000, 5_000, 10_000, 25_000];

fn looks() -> String {
    let mut text = String::from("| a copy of | looks |\n|---|---|\n");
    for milliseconds in COPIES {
        let copy = Duration::from_millis(milliseconds);
        let _ = writeln!(text, "| {} | {} |", said(copy), bill::looks(copy));
    }
    text
}

pub(crate) fn said(time: Duration) -> String {
    match time.as_millis() {
        milliseconds if milliseconds < 1_000 => format!("{milliseconds} ms"),
        _ => format!("{} s", time.as_secs()),
    }
}

fn prices() -> String {
    let mut text = String::from("| | dollars | per | the page |\n|---|---|---|---|\n");
    for price in PRICES {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            price.name, price.dollars, price.per, price.page
        );
    }
    text
}
