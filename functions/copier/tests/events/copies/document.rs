//! The rows of `docs/COPIES.md`, each compared with it by the test of its way.

use std::sync::{Mutex, PoisonError};

use super::WAYS;
use super::journey::Row;
use super::objects::OBJECTS;
use super::places::{From, Into};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/COPIES.md");
const BEGIN: &str = "<!-- rendered from the copies: begin -->\n";
const END: &str = "<!-- rendered from the copies: end -->\n";
const HEAD: &str = "| source | pool | object | plan | bytes through us | asked of the source | asked of the pool |\n\
                    |---|---|---|---|---|---|---|\n";

/// Nobody reads what another test is just writing.
static DOCUMENT_IS_OURS: Mutex<()> = Mutex::new(());

/// Fails unless the document has exactly these rows of a way; or writes them, if it is to be updated.
pub(super) fn has(way: (From, Into), rows: &[Row]) {
    let rows: Vec<_> = rows.iter().map(|row| rendered(way, row)).collect();
    if std::env::vars().any(|(name, _)| name == "UPDATE_DOCS") {
        update(way, &rows);
    }
    let documented = of_way(way, &table(&text()));
    assert!(
        documented == rows,
        "docs/COPIES.md says\n{}\nand these copies were\n{}\nUPDATE_DOCS=1 cargo test -p \
         cloud-mirror-copier --test events copies writes it anew",
        documented.join("\n"),
        rows.join("\n")
    );
}

/// Fails unless the document has a row for each of these ways and each object, and no other.
pub(super) fn is_complete(ways: &[(From, Into)]) {
    let begins: Vec<_> = ways
        .iter()
        .flat_map(|way| OBJECTS.map(|object| begin(*way, object.words())))
        .collect();
    let rows = table(&text());
    assert_eq!(rows.len(), begins.len(), "rows of the document, and copies");
    for (row, begin) in rows.iter().zip(begins) {
        assert!(row.starts_with(&begin), "{row} should begin with {begin}");
    }
}

fn begin((from, into): (From, Into), object: &str) -> String {
    format!("| {} | {} | {object} |", from.words(), into.words())
}

fn rendered(way: (From, Into), row: &Row) -> String {
    let through_us = if row.through_us { "yes" } else { "no" };
    format!(
        "{} {} | {through_us} | {} | {} |",
        begin(way, row.object.words()),
        row.plan,
        row.of_source,
        row.of_pool
    )
}

fn text() -> String {
    let _ours = DOCUMENT_IS_OURS
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    read()
}

fn read() -> String {
    std::fs::read_to_string(DOCUMENT).expect("docs/COPIES.md")
}

fn table(text: &str) -> Vec<String> {
    let (_, rest) = text.split_once(BEGIN).expect("where the table begins");
    let (table, _) = rest.split_once(END).expect("where the table ends");
    let rows = table.lines().skip(HEAD.lines().count());
    rows.map(str::to_owned).collect()
}

fn of_way(way: (From, Into), rows: &[String]) -> Vec<String> {
    let begins = OBJECTS.map(|object| begin(way, object.words()));
    let rows = rows.iter();
    rows.filter(|row| begins.iter().any(|begin| row.starts_with(begin)))
        .cloned()
        .collect()
}

/// Puts the rows of a way in place of those that are there, and all rows in their order.
fn update(way: (From, Into), rows: &[String]) {
    let _ours = DOCUMENT_IS_OURS
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let text = read();
    let old = table(&text);
    let of = |other: &(From, Into)| match *other == way {
        true => rows.to_vec(),
        false => of_way(*other, &old),
    };
    let table: String = WAYS.iter().flat_map(of).map(|row| row + "\n").collect();
    let (before, rest) = text.split_once(BEGIN).expect("where the table begins");
    let (_, after) = rest.split_once(END).expect("where the table ends");
    let text = format!("{before}{BEGIN}{HEAD}{table}{END}{after}");
    std::fs::write(DOCUMENT, text).expect("docs/COPIES.md");
}
