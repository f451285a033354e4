//! `cloud-mirror redrive`: dead letters go back, and why each died is said.

mod drain;
mod letter;

use std::fmt;

use clap::ValueEnum;
use cloud_mirror_domain::ports::PortError;
use cloud_mirror_runtime::dead_letters::Redrive;
use serde::Serialize;

use super::outputs::Deployment;
use super::{Context, OperatorError};
use drain::Drain;
use letter::Outcome;

const EXAMPLES: &str = "Examples:
  cloud-mirror redrive --outputs outputs.json --dry-run
  cloud-mirror redrive --outputs outputs.json
  cloud-mirror redrive --queue bulk --limit 10
  cloud-mirror redrive --dry-run --json | jq -r .error | sort | uniq -c

A letter is sent to its queue first and deleted then, so that none is lost. Whoever is interrupted
between the two sends it twice, which makes one copy all the same.

Rights: sqs:GetQueueAttributes and SendMessage on the queues; GetQueueUrl, ReceiveMessage,
DeleteMessage and ChangeMessageVisibility on their dead letters; dynamodb:GetItem on the table.

It ends with 0 if every letter was sent back, or there is none; with 1 if one was left; with 2 if
nothing could be done.";

/// The arguments of `redrive`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The deployment.
    #[command(flatten)]
    pub deployment: Deployment,
    /// Whose dead letters.
    #[arg(long, value_enum, default_value = "all")]
    pub queue: Which,
    /// Show the letters, and leave them where they are.
    #[arg(long)]
    pub dry_run: bool,
    /// So many letters at most.
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Send back also what this release cannot read, and what will be refused for a while yet.
    #[arg(long)]
    pub force: bool,
}

/// Whose dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Which {
    /// The copy queue's and the bulk queue's.
    All,
    /// The copy queue's.
    Copy,
    /// The bulk queue's: large copies and continuations.
    Bulk,
}

/// The letters, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    /// Letters that were looked at.
    pub(super) letters: usize,
    /// Letters that are in their queues again.
    sent_back: usize,
    /// Letters that would be, were this no dry run.
    would_be_sent_back: usize,
    /// Letters that are dead letters still, in a dry run those that would be.
    left: usize,
}

/// Sends the dead letters back, or shows them only.
pub async fn run(arguments: &Args, context: &Context<'_>) -> Result<super::Outcome, OperatorError> {
    let facts = arguments.deployment.read(context.env)?;
    let redrive = Redrive::open(&facts).await?;
    let mut drains = Vec::new();
    // All are found before the first letter is touched.
    for (queue, url) in queues(arguments.queue, &redrive)? {
        let letters = redrive.letters_of(url).await.map_err(unable)?;
        let lacks = || no_letters(queue, url);
        drains.push(Drain {
            letters: letters.ok_or_else(lacks)?,
            arguments,
            context,
            redrive: &redrive,
            queue,
            kept: Vec::new(),
        });
    }
    let mut counts = Counts::default();
    for drain in &mut drains {
        drain.run(&mut counts).await.map_err(unable)?;
    }
    context.print(&Summary { summary: counts });
    Ok(match counts.left {
        0 => super::Outcome::Done,
        _ => super::Outcome::Faulty,
    })
}

/// The queues by name, and their URLs.
fn queues(which: Which, redrive: &Redrive) -> Result<Vec<(&'static str, &str)>, OperatorError> {
    let copies = (which != Which::Bulk).then_some(("copy", &*redrive.copies));
    let bulk = redrive.bulk.as_deref().filter(|_| which != Which::Copy);
    let queues: Vec<_> = copies
        .into_iter()
        .chain(bulk.map(|url| ("bulk", url)))
        .collect();
    match queues.is_empty() {
        true => Err(OperatorError::Unable(
            "nothing says which is the bulk queue; set BULK_QUEUE_URL, or name the stack's outputs with --outputs".to_owned(),
        )),
        false => Ok(queues),
    }
}

fn unable(error: PortError) -> OperatorError {
    OperatorError::Unable(error.to_string())
}

fn no_letters(queue: &str, url: &str) -> OperatorError {
    OperatorError::Unable(format!(
        "the {queue} queue ({url}) has no RedrivePolicy, so that it has no dead letters and what fails comes back for ever; give it one, or name the other with --queue"
    ))
}

impl Counts {
    fn count(&mut self, outcome: &Outcome) {
        self.letters += 1;
        match outcome {
            Outcome::SentBack { .. } => self.sent_back += 1,
            Outcome::WouldBeSentBack { .. } => self.would_be_sent_back += 1,
            Outcome::SentBackAndLeft { .. } | Outcome::Left { .. } => self.left += 1,
        }
    }
}

/// The last line.
#[derive(Serialize)]
struct Summary {
    summary: Counts,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.summary;
        if counts.letters == 0 {
            return f.write_str("no dead letters");
        }
        write!(f, "{} dead letters", counts.letters)?;
        for (count, what) in [
            (counts.sent_back, "sent back"),
            (counts.would_be_sent_back, "would be sent back"),
            (counts.left, "left"),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        Ok(())
    }
}
