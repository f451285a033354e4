//! What was measured, as Markdown.

use std::fmt::Write as _;
use std::time::Duration;

use super::world::{Met, Scene, Table, Told};
use super::{COPIES, LONG_COPIES, READS, USUAL_READ};

/// The document with the tables, and what they stand between.
pub(crate) const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/BENCHMARKS.md");
pub(crate) const BEGIN: &str = "<!-- rendered: waiting -->\n";
pub(crate) const END: &str = "<!-- end of what is rendered: waiting -->\n";

/// A scene, and what came of it.
#[derive(Debug)]
pub(crate) struct Played {
    pub(crate) scene: Scene,
    pub(crate) told: Told,
}

/// What the document says.
pub(crate) fn render(played: &[Played]) -> String {
    let mut text = String::from(
        "| a copy takes | memory | reads of 0 ms | reads of 5 ms | reads of 20 ms | reads | reads for all |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for copy in COPIES {
        let of = |table| found(played, copy, table);
        let [none, few, many] = READS.map(|read| late(of(Table::Alone(read))));
        let memory = late(of(Table::Memory));
        let reads = reads(of(Table::Alone(USUAL_READ)));
        let all = of(Table::Together(USUAL_READ)).reads[0];
        let copy = spoken(copy);
        writeln!(
            text,
            "| {copy} | {memory} | {none} | {few} | {many} | {reads} | {all} |"
        )
        .unwrap();
    }
    text.push_str(
        "\n| a copy takes | `total` | to the replica | later than the copy | hops | reads |\n|---|---|---|---|---|---|\n",
    );
    for played in played
        .iter()
        .filter(|played| LONG_COPIES.contains(&played.scene.copy))
    {
        let Played { scene, told } = played;
        let (copy, total) = (spoken(scene.copy), spoken(scene.wait.total));
        let replica = told.clients.iter().filter(|met| met.replica).count();
        let hops = told.clients.iter().map(|met| met.hops).max().unwrap_or(0);
        let (late, reads) = (late(told), reads(told));
        writeln!(
            text,
            "| {copy} | {total} | {replica} of {} | {late} | {hops} | {reads} |",
            told.clients.len()
        )
        .unwrap();
    }
    text
}

fn found(played: &[Played], copy: Duration, table: Table) -> &Told {
    let is_it = |played: &&Played| (played.scene.copy, played.scene.table) == (copy, table);
    &played.iter().find(is_it).unwrap().told
}

/// Least, median and most, of those who were led to the replica.
fn late(told: &Told) -> String {
    let replicas = told.clients.iter().filter(|met| met.replica);
    let mut delays: Vec<_> = replicas
        .map(|Met { delay, .. }| delay.as_millis())
        .collect();
    delays.sort_unstable();
    let [least, median, most] = spread(&delays);
    if least == most {
        return format!("{most} ms");
    }
    format!("{least} / {median} / {most} ms")
}

/// Median and most of one client's reads.
fn reads(told: &Told) -> String {
    let mut reads = told.reads.clone();
    reads.sort_unstable();
    let [_, median, most] = spread(&reads);
    format!("{median}, {most} at most")
}

fn spread<T: Copy>(sorted: &[T]) -> [T; 3] {
    [
        sorted[0],
        sorted[sorted.len() / 2],
        sorted[sorted.len() - 1],
    ]
}

fn spoken(time: Duration) -> String {
    let milliseconds = time.as_millis();
    if milliseconds < 1_000 {
        return format!("{milliseconds} ms");
    }
    format!("{} s", time.as_secs())
}
