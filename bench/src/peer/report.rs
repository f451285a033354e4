//! The tables, as `docs/BENCHMARKS.md` has them: medians over all rounds, and the least and the most.

use crate::Outcome;
use crate::peer::CONNECTIONS_TO_MANY;
use crate::peer::results::{Figure, Results, Who};
use crate::peer::server::Server;
use crate::peer::turn::{Stage, Turn};
use crate::rounds::Spread;

/// A generator that is busier than this is what is measured, instead of the server.
pub(crate) const TOO_BUSY: f64 = 0.9;

/// A column: its head, its figure, and how many decimals that has.
type Column = (&'static str, Figure, usize);

const FIGURES: [Column; 7] = [
    (
        "requests per processor second",
        Turn::per_processor_second,
        0,
    ),
    ("requests per second", Turn::per_second, 0),
    ("p50, ms", |turn| turn.load.median_milliseconds, 3),
    ("p99, ms", |turn| turn.load.p99_milliseconds, 3),
    (
        "resident, MiB",
        |turn| turn.memory.resident_kib as f64 / 1024.0,
        1,
    ),
    ("peak, MiB", |turn| turn.memory.peak_kib as f64 / 1024.0, 1),
    ("generator busy, %", |turn| turn.load.busy * 100.0, 0),
];

/// The figures, and their ratios.
pub(crate) fn print(results: &Results, stages: &[Stage]) -> Outcome<()> {
    println!("### Figures: median (least … most)\n\n{}", head(&FIGURES));
    for who in everybody(stages) {
        println!("{}", measured(results, who)?);
    }
    println!("\n### Ratios within a round: median (least … most)\n");
    // How busy the generator was is nobody's merit.
    let columns = &FIGURES[..FIGURES.len() - 1];
    println!("{}", head(columns));
    for (name, one, other) in pairs(stages) {
        println!("{}", ratios(results, &name, (one, other), columns)?);
    }
    println!();
    Ok(())
}

fn everybody(stages: &[Stage]) -> impl Iterator<Item = Who> {
    let servers = |stage: &Stage| {
        let stage = *stage;
        stage.servers().iter().map(move |server| (stage, *server))
    };
    stages.iter().flat_map(servers)
}

/// Who is compared with whom: with nginx, table hits with hot ones, many entries with one.
fn pairs(stages: &[Stage]) -> Vec<(String, Who, Who)> {
    let one_entry = Stage::OneEntry {
        connections: CONNECTIONS_TO_MANY,
    };
    let mut pairs = Vec::new();
    for (stage, server) in everybody(stages) {
        let mut against = |stage_of_other, other| {
            let name = match stage_of_other == stage {
                true => format!("{stage}: {server} ÷ {other}"),
                false => format!("{stage}: {server} ÷ the same with 1 entry"),
            };
            pairs.push((name, (stage, server), (stage_of_other, other)));
        };
        if server != Server::Nginx {
            against(stage, Server::Nginx);
        }
        if matches!(server, Server::Table | Server::Overflowing) {
            against(stage, Server::Hot);
        }
        let comparable = stages.contains(&one_entry) && one_entry.servers().contains(&server);
        if stage != one_entry && matches!(stage, Stage::Many { .. }) && comparable {
            against(one_entry, server);
        }
    }
    pairs
}

fn head(columns: &[Column]) -> String {
    let names = columns.iter().map(|(name, ..)| format!(" {name} |"));
    let names: String = names.collect();
    format!("| |{names}\n|---|{}", "---|".repeat(columns.len()))
}

fn measured(results: &Results, who: Who) -> Outcome<String> {
    let mut row = format!("| {}, {} |", who.0, who.1);
    for (_, figure, decimals) in FIGURES {
        let spread = results.spread(who, figure).ok_or("nothing was measured")?;
        row += &format!(" {} |", spread_of(spread, decimals));
    }
    let busy = results.spread(who, |turn| turn.load.busy);
    Ok(match busy {
        Some(busy) if busy.most >= TOO_BUSY => format!("{row} the generator is the ceiling |"),
        _ => row,
    })
}

fn ratios(results: &Results, name: &str, pair: (Who, Who), columns: &[Column]) -> Outcome<String> {
    let mut row = format!("| {name} |");
    for (_, figure, _) in columns {
        let ratio = results.ratio(pair.0, pair.1, *figure);
        row += &format!(" {} |", spread_of(ratio.ok_or("nothing was measured")?, 2));
    }
    Ok(row)
}

/// As a cell has it.
pub(crate) fn spread_of(spread: Spread, decimals: usize) -> String {
    let Spread {
        least,
        median,
        most,
    } = spread;
    format!("{median:.decimals$} ({least:.decimals$} … {most:.decimals$})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::results::tests::{STAGE, turn};

    const MANY: Stage = Stage::Many {
        entries: 9,
        connections: CONNECTIONS_TO_MANY,
    };

    #[test]
    fn a_generator_without_rest_is_told_of() {
        let mut results = Results::default();
        let mut busy = turn(1, 1.0);
        busy.load.busy = 0.95;
        results.add(
            STAGE,
            vec![(Server::Nginx, turn(1, 1.0)), (Server::Hot, busy)],
        );
        let row = |server| measured(&results, (STAGE, server)).unwrap();
        assert!(!row(Server::Nginx).contains("ceiling"));
        assert!(row(Server::Hot).contains("ceiling"));
    }

    #[test]
    fn many_entries_are_compared_with_one_where_that_was_measured() {
        let to_one = |stages| {
            let pairs = pairs(stages).into_iter();
            pairs.filter(|(_, one, other)| one.0 != other.0).count()
        };
        assert_eq!(to_one(&[STAGE, MANY]), 3);
        assert_eq!(to_one(&[MANY]), 0);
    }
}
