//! Many replicas, a bounded number at once, until all are known or the prefetch is interrupted.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use cloud_mirror_domain::rules::ReplicaId;

use super::ask::Asker;
use super::journal::Journal;
use super::report::{Counts, Fate, Finished};
use crate::operator::{Context, OperatorError};
use crate::serve::signals::Signals;

/// How the bar looks. What is left is a guess from the pace so far.
const BAR: &str = "{bar:30} {pos}/{len} {msg} ({elapsed}, {eta} left)";

/// A prefetch at work.
pub(super) struct Work<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) journal: Option<Journal>,
    pub(super) counts: Counts,
    pub(super) at_once: usize,
    bar: ProgressBar,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        context: &'a Context<'a>,
        journal: Option<Journal>,
        counts: Counts,
        at_once: usize,
    ) -> Self {
        let left = counts.wanted.saturating_sub(counts.done_before);
        Self {
            bar: bar(context.json, left),
            context,
            journal,
            counts,
            at_once: at_once.max(1),
        }
    }

    /// Asks for all of them. Once told to stop nothing more is begun, and what was begun is asked to
    /// its end; told again, that is dropped. Fails only where the journal cannot be written.
    pub(super) async fn run(
        &mut self,
        wanted: Vec<ReplicaId>,
        asker: impl FnOnce(watch::Receiver<bool>) -> Asker,
    ) -> Result<(), OperatorError> {
        let begun = Instant::now();
        let mut signals = Signals::listen()
            .map_err(|error| OperatorError::Unable(format!("signals cannot be heard: {error}")))?;
        let (end, ends) = watch::channel(false);
        let asker = asker(ends);
        let mut left = wanted.into_iter();
        let mut asking = JoinSet::new();
        loop {
            while !*end.borrow() && asking.len() < self.at_once {
                let Some(id) = left.next() else { break };
                asking.spawn(asker.clone().until_known(id));
            }
            tokio::select! {
                joined = asking.join_next() => match joined {
                    Some(Ok((id, fate))) => self.finished(&id, &fate)?,
                    // Dropped at the second signal.
                    Some(Err(_)) => self.counts.unfinished += 1,
                    None => break,
                },
                () = signals.next() => match end.send_replace(true) {
                    false => self.say("finishing what is in flight; once more to end at once"),
                    true => asking.abort_all(),
                },
            }
        }
        self.counts.unfinished += left.len();
        self.counts.took(begun.elapsed());
        self.bar.finish_and_clear();
        Ok(())
    }

    /// What is there is noted before it is told.
    fn finished(&mut self, id: &ReplicaId, fate: &Fate) -> Result<(), OperatorError> {
        if fate.is_good()
            && let Some(journal) = &mut self.journal
        {
            let noted = journal.note(id);
            noted.map_err(|error| OperatorError::Unable(error.to_string()))?;
        }
        self.counts.count(fate);
        if *fate != Fate::Unfinished {
            self.bar.inc(1);
        }
        let counts = &self.counts;
        if counts.failed > 0 {
            self.bar.set_message(format!("{} failed", counts.failed));
        }
        let failed = matches!(fate, Fate::Failed { .. });
        if failed || (self.context.json && *fate != Fate::Unfinished) {
            let finished = Finished::new(id, fate);
            self.bar.suspend(|| self.context.print(&finished));
        }
        Ok(())
    }

    fn say(&self, what: &str) {
        self.bar.suspend(|| eprintln!("cloud-mirror: {what}"));
    }
}

/// On standard error, where that is a terminal.
fn bar(json: bool, length: usize) -> ProgressBar {
    let target = match json {
        true => ProgressDrawTarget::hidden(),
        false => ProgressDrawTarget::stderr(),
    };
    let bar = ProgressBar::with_draw_target(Some(length as u64), target);
    // A bar that cannot be styled is drawn as it is.
    match ProgressStyle::with_template(BAR) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
