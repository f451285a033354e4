//! What the ledger's stories cost.

use std::time::Duration;

use cloud_mirror_dynamodb::pause_after;
use cloud_mirror_tests::wired::Who;

use super::lines::Story;
use super::prices::{self, DURATION, LOGS, Price};

/// The memory of the redirect function, and of the copier, as `template.yaml` has it.
pub(crate) const REDIRECT_MB: f64 = 512.0;
pub(crate) const COPIER_MB: f64 = 1_769.0;

/// How long a look at the table takes: as long as it usually does, it makes no difference.
const LOOK: Duration = Duration::from_millis(5);

/// One row: what for, and dollars per million.
pub(crate) type Row = (&'static str, f64);

/// What a million of a story cost, but for the functions' time: a row for each price. Waiting looked so
/// often, and the write units are those of its entry. A source from which S3 copies is a bucket of the
/// operator's own, as it usually is, whose owner pays for what it is asked.
pub(crate) fn requests(story: &Story, looks: usize, write_units: f64) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for ((_, call), count) in story.counts(looks, 1) {
        let call = match story.is_copied_by_s3() {
            true => call.replace("source HEAD", "S3 HeadObject"),
            false => call,
        };
        if let Some((price, units)) = prices::of(&call, write_units) {
            add(&mut rows, price, units * in_f64(count));
        }
    }
    let place = |row: &Row| prices::PRICES.iter().position(|price| price.name == row.0);
    rows.sort_by_key(place);
    rows
}

fn add(rows: &mut Vec<Row>, price: &'static Price, units: f64) {
    let dollars = price.dollars * units;
    match rows.iter_mut().find(|(name, _)| *name == price.name) {
        Some((_, sum)) => *sum += dollars,
        None => rows.push((price.name, dollars)),
    }
}

/// What a function of so much memory costs a million times for so long.
pub(crate) fn duration(who: Who, time: Duration) -> f64 {
    let megabytes = match who {
        Who::Copier => COPIER_MB,
        _ => REDIRECT_MB,
    };
    DURATION.dollars * megabytes / 1_024.0 * time.as_secs_f64()
}

/// What a million times so many bytes of log cost.
pub(crate) fn logs(bytes: usize) -> f64 {
    LOGS.dollars * in_f64(bytes) / 1e6
}

/// How often a wait for a copy looks that is over after so long: `r(t)` of the document.
pub(crate) fn looks(copy: Duration) -> usize {
    let (mut waited, mut looks) = (Duration::ZERO, 0);
    while waited < copy || looks == 0 {
        waited += pause_after(waited, LOOK);
        looks += 1;
    }
    looks
}

#[expect(clippy::cast_precision_loss, reason = "some thousands at most")]
fn in_f64(count: usize) -> f64 {
    count as f64
}
