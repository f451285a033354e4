//! What the rounds say, as a Markdown table.

use crate::Outcome;
use crate::rounds::Spread;

/// What one started process took: milliseconds, and mebibytes of memory.
pub(crate) struct Figures {
    /// From its start until it asked for its first event.
    pub(crate) init: f64,
    /// For which its threads had a processor until then.
    pub(crate) init_processor: f64,
    /// The first answer.
    pub(crate) first: f64,
    /// An answer with a read of the table: the median.
    pub(crate) table_hit: f64,
    /// For which its threads had a processor, for each of these.
    pub(crate) table_processor: f64,
    /// An answer without: the median.
    pub(crate) hot_hit: Option<f64>,
    /// The most memory that was resident at once.
    pub(crate) peak: f64,
}

/// One of each.
pub(crate) struct Round {
    pub(crate) redirect: Figures,
    pub(crate) bare: Figures,
    /// Of the bare function that reads nothing at its start.
    pub(crate) bare_unread: Figures,
}

type Figure = (&'static str, fn(&Figures) -> f64);

/// Those that all have.
const FIGURES: [Figure; 7] = [
    ("start to first `next` (init), ms", |one| one.init),
    ("of it on a processor, all threads, ms", |one| {
        one.init_processor
    }),
    ("first answer, ms", |one| one.first),
    ("start to first answer, ms", |one| one.init + one.first),
    ("warm answer with one `GetItem`, ms", |one| one.table_hit),
    ("of it on a processor, all threads, ms", |one| {
        one.table_processor
    }),
    ("peak memory, MiB", |one| one.peak),
];

/// Prints everything; a goal that is missed is an error.
pub(crate) fn tell(rounds: &[Round], events: u32, most_init: f64) -> Outcome<()> {
    println!(
        "Minimum, median and maximum of {} starts of each;",
        rounds.len()
    );
    println!("a warm answer is the median of {events} in each start.\n");
    print!("| figure | redirect | bare function | bare, without its read at the start |");
    println!(" redirect / bare, by rounds | redirect / bare without |");
    println!("|---|---|---|---|---|---|");
    for (name, figure) in FIGURES {
        println!("{}", row(rounds, name, figure)?);
    }
    let hot = spread(rounds, |round| round.redirect.hot_hit.unwrap_or(f64::NAN))?;
    println!(
        "| warm answer from memory (hot hit), ms | {} | | | | |",
        cell(hot)
    );
    judge(rounds, most_init)
}

fn row(rounds: &[Round], name: &str, figure: fn(&Figures) -> f64) -> Outcome<String> {
    let cells = [
        spread(rounds, |round| figure(&round.redirect))?,
        spread(rounds, |round| figure(&round.bare))?,
        spread(rounds, |round| figure(&round.bare_unread))?,
        spread(rounds, |round| {
            figure(&round.redirect) / figure(&round.bare)
        })?,
        spread(rounds, |round| {
            figure(&round.redirect) / figure(&round.bare_unread)
        })?,
    ];
    Ok(format!("| {name} | {} |", cells.map(cell).join(" | ")))
}

/// Judged is the bare function that makes its first read at its start: where that is left out, it is only a
/// part of the first answer instead, for which a client waits as well.
fn judge(rounds: &[Round], most_init: f64) -> Outcome<()> {
    let ratio = spread(rounds, |round| round.redirect.init / round.bare.init)?;
    let met = ratio.median <= most_init;
    let verdict = if met { "met" } else { "missed" };
    println!(
        "\nGoal, init at most {most_init} times that of the bare function, its read included: {verdict} ({:.2}).",
        ratio.median
    );
    match met {
        true => Ok(()),
        false => Err(format!("init takes {:.2} times as long", ratio.median).into()),
    }
}

fn spread(rounds: &[Round], figure: impl Fn(&Round) -> f64) -> Outcome<Spread> {
    Ok(Spread::of(rounds, figure).ok_or("no rounds")?)
}

fn cell(spread: Spread) -> String {
    let figures = [spread.least, spread.median, spread.most];
    figures.map(|figure| format!("{figure:.2}")).join(" / ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(init: f64) -> Figures {
        Figures {
            init,
            init_processor: 1.0,
            first: 1.0,
            table_hit: 1.0,
            table_processor: 1.0,
            hot_hit: Some(1.0),
            peak: 1.0,
        }
    }

    /// Starts of ours that take so long, where the bare function takes 10 with its read, and 5 without.
    fn rounds(ours: &[f64]) -> Vec<Round> {
        let round = |init: &f64| Round {
            redirect: figures(*init),
            bare: figures(10.0),
            bare_unread: figures(5.0),
        };
        ours.iter().map(round).collect()
    }

    #[test]
    fn the_median_start_decides_beside_a_bare_one_with_its_read() {
        assert!(tell(&rounds(&[15.0, 90.0, 11.0]), 200, 1.5).is_ok());
        let missed = tell(&rounds(&[15.2, 90.0, 11.0]), 200, 1.5).unwrap_err();
        assert_eq!(missed.to_string(), "init takes 1.52 times as long");
        assert!(tell(&[], 200, 1.5).is_err());
    }

    #[test]
    fn both_ratios_are_in_the_table() {
        let row = row(&rounds(&[15.0]), "init", |one| one.init).unwrap();
        assert!(row.ends_with("| 1.50 / 1.50 / 1.50 | 3.00 / 3.00 / 3.00 |"));
    }
}
