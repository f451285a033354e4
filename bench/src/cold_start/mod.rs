//! The benchmark of starts: our redirect function beside a bare one with the same client of AWS, which reads
//! an item at its start as ours does, or does not; each in turn, in processes of their own, as Lambda starts
//! and asks them. What Lambda does before (it fetches the package and starts a machine) is not in it, nor is
//! TLS: the services answer on this machine.
//!
//! | look in | for |
//! |---|---|
//! | `api` | Lambda's interface for a process |
//! | `function` | one process |
//! | `world` | the table that is asked, and the environment |
//! | `proof` | that a table hit is one read, and a hot hit none |
//! | `report` | the table that is printed |

mod api;
mod function;
mod proof;
mod report;
mod world;

use std::path::{Path, PathBuf};

use clap::Args;

use crate::rounds::Spread;
use crate::{Outcome, folder};
use function::Function;
use report::{Figures, Round};
use world::World;

/// What every hit's answer has in it.
const HIT: &str = "cloud-mirror; hit";

#[derive(Args)]
pub(crate) struct Start {
    /// Our redirect function's program.
    #[arg(long, default_value = "target/function/redirect")]
    redirect: PathBuf,
    /// The bare function's program.
    #[arg(long, default_value = "target/function/bare")]
    bare: PathBuf,
    /// How often each is started.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How many events of each kind a started function answers.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    events: u32,
    /// The goal for our time from start to first `next`, divided by the bare function's: the median of
    /// all rounds.
    #[arg(long, default_value_t = 1.5)]
    most_init: f64,
}

impl Start {
    /// Every answer is checked; a goal that is missed is an error.
    pub(crate) async fn run(&self) -> Outcome<()> {
        // One more for the first answer.
        let world = World::with_replicas(self.events as usize + 1).await?;
        let events = world.events()?;
        let (first, others) = events.split_first().ok_or("no events")?;
        let folder = folder::empty("start")?;
        proof::of_hits(&self.redirect, &world, &folder).await?;
        let trial = Trial {
            start: self,
            variables: world.environment(),
            folder: &folder,
            first,
            others,
        };
        let mut rounds = Vec::new();
        for number in 0..self.rounds {
            rounds.push(trial.round(number as usize).await?);
        }
        report::tell(&rounds, self.events, self.most_init)
    }
}

/// Who is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Redirect,
    Bare,
    /// The bare function, which is told to read nothing at its start.
    BareUnread,
}

/// What each process is started in and asked.
struct Trial<'a> {
    start: &'a Start,
    variables: Vec<(&'static str, String)>,
    folder: &'a Path,
    first: &'a String,
    others: &'a [String],
}

impl Trial<'_> {
    /// Whatever else the machine does meets all of them; each is as often the first as any other.
    async fn round(&self, number: usize) -> Outcome<Round> {
        let mut order = [Who::Redirect, Who::Bare, Who::BareUnread];
        let first = number % order.len();
        order.rotate_left(first);
        let mut figures = Vec::new();
        for who in order {
            figures.push((who, self.of(who).await?));
        }
        figures.sort_by_key(|(who, _)| *who);
        let figures = figures.into_iter().map(|(_, figures)| figures);
        let figures: Vec<Figures> = figures.collect();
        let [redirect, bare, bare_unread] =
            <[_; 3]>::try_from(figures).map_err(|_| "not everybody was measured")?;
        Ok(Round {
            redirect,
            bare,
            bare_unread,
        })
    }

    /// Each event asks for another replica, which the table has: table hits. Then all ask ours for the
    /// first, which the process remembers: hot hits. The bare function reads another item for each.
    async fn of(&self, who: Who) -> Outcome<Figures> {
        let hot = vec![self.first.clone(); self.others.len()];
        let Start { redirect, bare, .. } = self.start;
        let (program, mark, hot, reads) = match who {
            Who::Redirect => (redirect, HIT, &hot[..], "yes"),
            Who::Bare => (bare, "settled_by", &[][..], "yes"),
            Who::BareUnread => (bare, "settled_by", &[][..], "no"),
        };
        let mut variables = self.variables.clone();
        // Only the bare function knows it.
        variables.push(("BARE_READS_AT_START", reads.to_owned()));
        let function = Function::start(program, &variables, self.folder).await?;
        self.figures(function, mark, hot).await
    }

    async fn figures(
        &self,
        mut function: Function,
        mark: &str,
        hot: &[String],
    ) -> Outcome<Figures> {
        let (init, init_processor) = (function.init, function.processor_milliseconds()?);
        let first = function.answer(self.first, mark).await?;
        let used = function.processor_milliseconds()?;
        let table_hit = median(&mut function, self.others, mark).await?;
        let table_processor = function.processor_milliseconds()? - used;
        let hot_hit = match hot {
            [] => None,
            hot => Some(median(&mut function, hot, mark).await?),
        };
        Ok(Figures {
            init,
            init_processor,
            first,
            table_hit,
            table_processor: table_processor / self.others.len() as f64,
            hot_hit,
            peak: function.peak_mebibytes()?,
        })
    }
}

/// The milliseconds of an answer: the median of one to each of these events.
async fn median(function: &mut Function, events: &[String], mark: &str) -> Outcome<f64> {
    let mut times = Vec::new();
    for event in events {
        times.push(function.answer(event, mark).await?);
    }
    Ok(Spread::of(&times, |time| *time).ok_or("no events")?.median)
}
