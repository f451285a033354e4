//! The dead letters of one queue, one after the other.

use std::collections::HashSet;
use std::time::Duration;

use cloud_mirror_domain::entry::{Entry, State};
use cloud_mirror_domain::message::{Action, Message};
use cloud_mirror_domain::ports::{Clock as _, PortError, Read};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_runtime::SystemClock;
use cloud_mirror_runtime::dead_letters::{DeadLetter, DeadLetters, Redrive};

use super::letter::{About, Outcome, Shown, date};
use super::{Args, Counts};
use crate::operator::Context;

/// For so long nobody else sees a letter that was received here. Were this process killed, its letters
/// come back then.
const HIDDEN: Duration = Duration::from_secs(600);

/// How far clocks may differ: what comes before an error's time has come is refused, and goes back
/// to the dead letters untried.
const SKEW: Duration = Duration::from_secs(5);

/// One queue's dead letters, on their way back.
pub(super) struct Drain<'a> {
    pub(super) arguments: &'a Args,
    pub(super) context: &'a Context<'a>,
    pub(super) redrive: &'a Redrive,
    pub(super) queue: &'static str,
    pub(super) letters: DeadLetters,
    /// Received and not deleted, to be let go in the end.
    pub(super) kept: Vec<DeadLetter>,
}

/// What a letter is about, and what is to be done with it.
struct Judged {
    about: About,
    /// To be sent back after so long; else why not.
    sends: Result<Duration, String>,
}

impl Drain<'_> {
    /// Works through the letters until there are no more, or as many as were asked for. Those that
    /// stay can be received again at once, also where this fails.
    pub(super) async fn run(&mut self, counts: &mut Counts) -> Result<(), PortError> {
        let drained = self.drain(counts).await;
        for letter in std::mem::take(&mut self.kept) {
            // It comes back by itself, a while later.
            let _ = self.letters.let_go(&letter).await;
        }
        drained
    }

    async fn drain(&mut self, counts: &mut Counts) -> Result<(), PortError> {
        let mut known = HashSet::new();
        loop {
            let left = self.left(counts);
            if left == 0 {
                return Ok(());
            }
            let received = self.letters.receive(left, HIDDEN).await?;
            // Where all are known, what was hidden has begun to come back.
            let mut news = received
                .into_iter()
                .filter(|one| known.insert(one.message_id.clone()));
            let Some(first) = news.next() else {
                return Ok(());
            };
            let letters: Vec<_> = std::iter::once(first).chain(news).collect();
            for letter in letters {
                let shown = self.treat(letter).await;
                counts.count(&shown.outcome);
                self.context.print(&shown);
            }
        }
    }

    fn left(&self, counts: &Counts) -> usize {
        let limit = self.arguments.limit.unwrap_or(usize::MAX);
        limit.saturating_sub(counts.letters)
    }

    async fn treat(&mut self, letter: DeadLetter) -> Shown {
        let Judged { about, sends } = self.judge(&letter).await;
        let outcome = match sends {
            Err(reason) => Outcome::Left { reason },
            Ok(delay) if self.arguments.dry_run => Outcome::WouldBeSentBack {
                delay_seconds: seconds(delay),
            },
            Ok(delay) => self.send(&letter, delay).await,
        };
        let shown = Shown::new(self.queue, &letter, about, outcome);
        if !matches!(shown.outcome, Outcome::SentBack { .. }) {
            self.kept.push(letter);
        }
        shown
    }

    /// Sent first and deleted then: who is killed between the two has sent it twice the next time,
    /// and two messages make one copy. The other way round it would be lost.
    async fn send(&self, letter: &DeadLetter, delay: Duration) -> Outcome {
        if let Err(error) = self.letters.send_back(&letter.body, delay).await {
            let reason = error.to_string();
            return Outcome::Left { reason };
        }
        match self.letters.delete(letter).await {
            Ok(()) => Outcome::SentBack {
                delay_seconds: seconds(delay),
            },
            Err(error) => Outcome::SentBackAndLeft {
                reason: error.to_string(),
            },
        }
    }

    async fn judge(&self, letter: &DeadLetter) -> Judged {
        let message = match Message::from_json(&letter.body) {
            Ok(message) => message,
            Err(problem) => return self.unreadable(letter, problem.to_string()),
        };
        // An entry whose time is over says still why the letter died, for as long as it is there.
        let whenever = Timestamp::default();
        let table = &self.redrive.table;
        let now = SystemClock.now();
        match table.get(&message.replica, Read::Strong, whenever).await {
            Ok(entry) => Judged {
                sends: self.delay(&message, entry.as_ref(), now),
                about: About::replica(&message, entry.as_ref(), now),
            },
            Err(error) => Judged {
                about: About::replica(&message, None, now),
                sends: Err(error.to_string()),
            },
        }
    }

    fn unreadable(&self, letter: &DeadLetter, problem: String) -> Judged {
        let sends = match self.arguments.force {
            true => Ok(Duration::ZERO),
            false => Err(
                "no copier can read it; --force sends it back all the same, for a release that can"
                    .to_owned(),
            ),
        };
        Judged {
            about: About::unreadable(&letter.body, problem),
            sends,
        }
    }

    /// A copier refuses work while its error is remembered, and a fault of ours goes back to the dead
    /// letters then without having been tried. So the message comes when that time is over. Purges
    /// do not ask for it.
    fn delay(
        &self,
        message: &Message,
        entry: Option<&Entry>,
        now: Timestamp,
    ) -> Result<Duration, String> {
        let retry_at = match Entry::live(entry, now).map(|entry| &entry.state) {
            Some(State::Error(failed)) if message.action == Action::Put => failed.retry_at,
            _ => return Ok(Duration::ZERO),
        };
        if retry_at <= now {
            return Ok(Duration::ZERO);
        }
        let delay = retry_at.since(now) + SKEW;
        if delay > DeadLetters::MOST_DELAY && !self.arguments.force {
            return Err(format!(
                "its error is remembered until {}, and would be met again: redrive it then",
                date(retry_at)
            ));
        }
        Ok(delay.min(DeadLetters::MOST_DELAY))
    }
}

/// Rounded up, as the queue rounds.
fn seconds(delay: Duration) -> u64 {
    delay.as_secs() + u64::from(delay.subsec_nanos() > 0)
}
