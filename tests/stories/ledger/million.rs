//! What a million hits cost, and a million misses.

use std::fmt::Write as _;
use std::time::Duration;

use cloud_mirror_tests::wired::Who;

use super::bill::{self, Row};
use super::book;
use super::document::said;
use super::lines::Story;
use super::logs::{ACCESS_LOG_BYTES, HIT_LOG_BYTES, STORE_MISS_LOG_BYTES, STREAM_MISS_LOG_BYTES};
use super::prices::{API, READ_UNIT, S3_WRITE, TRANSFER};
use super::sizes::{STORE_ENTRY_BYTES, STREAMED_ENTRY_BYTES, write_units};

const REDIRECT_TIME: &str = "Lambda, time of the redirect";
const COPIER_TIME: &str = "Lambda, time of the copier";
const ACCESS_LOG: &str = "CloudWatch Logs, the HTTP API's line";
const FUNCTIONS_LOG: &str = "CloudWatch Logs, the functions' lines";

/// Hits, and how many milliseconds each is billed for here.
const HITS: [(&str, &Story, u64); 4] = [
    ("remembered", &book::HOT_HIT, 1),
    ("from the table", &book::TABLE_HIT, 5),
    ("with a recheck", &book::RECHECKED_HIT, 30),
    ("`no-cache`", &book::NO_CACHE_HIT, 30),
];

pub(super) fn hits() -> String {
    table(&hit_bills())
}

fn hit_bills() -> [(String, Vec<Row>); 4] {
    HITS.map(|(title, story, milliseconds)| {
        let time = Duration::from_millis(milliseconds);
        let mut rows = bill::requests(story, 0, write_units(STREAMED_ENTRY_BYTES));
        rows.push((REDIRECT_TIME, bill::duration(Who::Request, time)));
        rows.extend(logged(HIT_LOG_BYTES));
        (format!("{title}, {}", said(time)), rows)
    })
}

/// By the functions so many bytes, and by the front door one line.
fn logged(bytes: usize) -> [Row; 2] {
    [
        (FUNCTIONS_LOG, bill::logs(bytes)),
        (ACCESS_LOG, bill::logs(ACCESS_LOG_BYTES)),
    ]
}

/// A way of copying: the miss, its entry's bytes, and the bytes that both functions log.
const MISSES: [(&str, &Story, usize, usize); 2] = [
    (
        "by S3",
        &book::STORE_MISS,
        STORE_ENTRY_BYTES,
        STORE_MISS_LOG_BYTES,
    ),
    (
        "streamed",
        &book::STREAM_MISS,
        STREAMED_ENTRY_BYTES,
        STREAM_MISS_LOG_BYTES,
    ),
];

pub(super) fn misses() -> String {
    table(&miss_bills())
}

fn miss_bills() -> Vec<(String, Vec<Row>)> {
    let mut bills = Vec::new();
    for (title, story, entry_bytes, log_bytes) in MISSES {
        for copy in [100, 1_000, 10_000].map(Duration::from_millis) {
            let mut rows = miss(story, entry_bytes, copy);
            rows.extend(logged(log_bytes));
            bills.push((format!("{title}, {}", said(copy)), rows));
        }
    }
    bills
}

/// The request waits as long as the copier works.
fn miss(story: &Story, entry_bytes: usize, copy: Duration) -> Vec<Row> {
    let mut rows = bill::requests(story, bill::looks(copy), write_units(entry_bytes));
    rows.push((REDIRECT_TIME, bill::duration(Who::Request, copy)));
    rows.push((COPIER_TIME, bill::duration(Who::Copier, copy)));
    rows
}

/// A column for each bill, a row for each price, and sums for both front doors.
fn table(bills: &[(String, Vec<Row>)]) -> String {
    let titles: Vec<_> = bills.iter().map(|(title, _)| title.as_str()).collect();
    let mut text = format!(
        "| | {} |\n|---|{}\n",
        titles.join(" | "),
        "---|".repeat(bills.len())
    );
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in bills.iter().flat_map(|(_, rows)| rows) {
        if !names.contains(name) {
            names.push(name);
        }
    }
    for name in names {
        row(&mut text, name, bills, |rows| {
            sum_of(rows, |other| other == name)
        });
    }
    row(&mut text, "**with an HTTP API**", bills, |rows| {
        sum_of(rows, |_| true)
    });
    row(&mut text, "**with a function URL**", bills, |rows| {
        sum_of(rows, is_without_api)
    });
    row(&mut text, "as much as moving, in MB", bills, |rows| {
        // Dollars per million against dollars per GB: thousandths of a megabyte.
        sum_of(rows, |_| true) / TRANSFER.dollars * 1_000.0
    });
    text
}

/// A function URL is billed for nothing, and logs nothing by itself.
fn is_without_api(name: &str) -> bool {
    ![API.name, ACCESS_LOG].contains(&name)
}

fn row(text: &mut String, name: &str, bills: &[(String, Vec<Row>)], cell: impl Fn(&[Row]) -> f64) {
    let cells: Vec<_> = bills.iter().map(|(_, rows)| dollars(cell(rows))).collect();
    let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
}

fn sum_of(rows: &[Row], counts: impl Fn(&str) -> bool) -> f64 {
    let counted = rows.iter().filter(|(name, _)| counts(name));
    counted.map(|(_, dollars)| dollars).sum()
}

fn dollars(dollars: f64) -> String {
    if dollars == 0.0 {
        return "–".to_owned();
    }
    match dollars < 1.0 {
        true => format!("{dollars:.4}"),
        false => format!("{dollars:.2}"),
    }
}

/// Which part of a bill is for these; a function URL has none of the API's.
fn share(rows: &[Row], names: &[&str], of: impl Fn(&str) -> bool) -> f64 {
    sum_of(rows, |name| names.contains(&name)) / sum_of(rows, of)
}

#[test]
fn the_text_around_the_tables_follows_from_them() {
    let [(_, remembered), (_, read), ..] = hit_bills();
    let everything = |_: &str| true;
    let is_about = |share: f64, said: f64| (share / said - 1.0).abs() < 0.1;
    assert!(is_about(share(&read, &[API.name], everything), 1.0 / 2.0));
    let logs = share(&read, &[FUNCTIONS_LOG, ACCESS_LOG], everything);
    assert!(is_about(logs, 1.0 / 3.0), "{logs}");
    let saved = share(&read, &[REDIRECT_TIME, READ_UNIT.name], everything);
    assert!(is_about(saved, 1.0 / 20.0), "{saved}");
    let line = share(&remembered, &[FUNCTIONS_LOG], is_without_api);
    assert!(is_about(line, 0.7), "{line}");
    for bills in miss_bills().chunks(3) {
        let written = share(&bills[0].1, &[S3_WRITE.name], everything);
        assert!(is_about(written, 1.0 / 3.0), "{written}");
        let time = share(&bills[1].1, &[REDIRECT_TIME, COPIER_TIME], everything);
        assert!(is_about(time, 2.0 / 3.0), "{time}");
    }
}
