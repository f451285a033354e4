//! One switchboard for everything that goes wrong in a deployment's parts, which also keeps a
//! journal of what they are asked.
//!
//! It stands either between the functions and their ports ([`Faults::around`] and its sisters) or
//! on the wire ([`crate::wire::Proxy`]). What is asked of a part has a name made of the part and a
//! verb:
//!
//! | part | verbs at the ports | verbs on the wire |
//! |---|---|---|
//! | `table` | those of `StatusTable` | `get`, `put`, `update`, `delete` |
//! | `queue` | `send`, `retry_after`, `receive`, `reception`, `delete` | these |
//! | `bulk` | `receive`, `reception`, `delete` of the bulk queue | none: they are the `queue`'s there |
//! | `pool` | those of `Pool` and of `Upload`; `copy`, `copy_part` | those in [`crate::wire`] |
//! | `store` | `head`: what a store says of an object that it is to copy | none: it is `pool.head` there |
//! | `source` | `head`, `open` | `head`, `get` |
//!
//! A `reception` is what comes of a `receive` that brings messages.
//!
//! Whole parts fail, fall silent or are slow until they are mended ([`Faults::break_down`]); a
//! single [`Call`] meets a [`Mishap`] once ([`Faults::befall`]).

mod call;
mod fate;
mod ports;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cloud_mirror_domain::message::Message;
use cloud_mirror_domain::ports::CopyQueue;
use futures::future::BoxFuture;

pub use call::{Call, Mishap};
pub(crate) use fate::{Fate, cut};

/// The switchboard of a deployment's faults. Clones share it.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<Board>>);

/// What passes while a call is delayed.
type Pass = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

#[derive(Default)]
struct Board {
    broken: BTreeSet<&'static str>,
    silent: BTreeSet<&'static str>,
    delays: BTreeMap<&'static str, Duration>,
    journal: Vec<Call>,
    calls: BTreeMap<&'static str, usize>,
    planned: BTreeMap<Call, Mishap>,
    befallen: BTreeSet<Call>,
    while_delayed: Option<Pass>,
    freezes: usize,
    holding: bool,
    held: Vec<(Message, Duration)>,
    sent: Vec<Message>,
}

impl Faults {
    /// From now on every call to that part fails: `table` or `pool` say, or one verb of it
    /// (`pool.head`).
    pub fn break_down(&self, what: &'static str) {
        self.board().broken.insert(what);
    }

    /// From now on that part, or one verb of it, never answers.
    pub fn silence(&self, what: &'static str) {
        self.board().silent.insert(what);
    }

    /// From now on `pool.head` never answers.
    pub fn silence_looks(&self) {
        self.silence("pool.head");
    }

    /// From now on that part, or one verb of it, answers so much later.
    pub fn delay(&self, what: &'static str, by: Duration) {
        self.board().delays.insert(what, by);
    }

    /// Has a mishap befall a call, once; the one that was planned last for it. A call that was made
    /// already, it never befalls.
    ///
    /// # Panics
    /// If a call is to be delayed and nobody has said what passes meanwhile: nothing would be late.
    pub fn befall(&self, call: Call, mishap: Mishap) {
        let mut board = self.board();
        let late = mishap == Mishap::Delayed;
        assert!(
            !late || board.while_delayed.is_some(),
            "{call} is to be late: set while_delayed first"
        );
        board.planned.insert(call, mishap);
    }

    /// Whether at least one call was planned for, and every such call was really made and has met
    /// its mishap to the end.
    pub fn has_befallen(&self) -> bool {
        let board = self.board();
        board.planned.is_empty() && !board.befallen.is_empty()
    }

    /// What passes while a delayed call is on its way; only then does the call have its effect. A
    /// deployment has all its clocks move past the lease.
    pub fn while_delayed(&self, pass: impl Fn() -> BoxFuture<'static, ()> + Send + Sync + 'static) {
        self.board().while_delayed = Some(Arc::new(pass));
    }

    /// All calls so far, in the order in which they were made.
    pub fn journal(&self) -> Vec<Call> {
        self.board().journal.clone()
    }

    /// The next call of that verb for which nothing is planned has its effect, but its answer is
    /// lost.
    pub fn lose_next_reply(&self, verb: &'static str) {
        let mut board = self.board();
        let mut call = Call {
            verb,
            nth: board.calls.get(verb).copied().unwrap_or(0) + 1,
        };
        while board.planned.contains_key(&call) {
            call.nth += 1;
        }
        board.planned.insert(call, Mishap::LosesReply);
    }

    /// The connections of this moment stay open and say nothing any more, as those of a function
    /// whose environment was frozen. New ones are served. Only on the wire.
    pub fn freeze(&self) {
        self.board().freezes += 1;
    }

    /// The part works again, whatever was wrong with it.
    pub fn mend(&self, what: &'static str) {
        let mut board = self.board();
        board.broken.remove(what);
        board.silent.remove(what);
        board.delays.remove(what);
    }

    /// How often a verb was called, `pool.head` say.
    pub fn calls(&self, verb: &str) -> usize {
        self.board().calls.get(verb).copied().unwrap_or(0)
    }

    /// From now on messages are accepted but not delivered.
    pub fn hold_messages(&self) {
        self.board().holding = true;
    }

    /// Every message that was accepted so far.
    pub fn sent(&self) -> Vec<Message> {
        self.board().sent.clone()
    }

    /// Delivers the messages that were held, to `queue`, and holds no more.
    pub async fn deliver_messages(&self, queue: &dyn CopyQueue) {
        let held = {
            let mut board = self.board();
            board.holding = false;
            std::mem::take(&mut board.held)
        };
        for (message, delay) in held {
            queue.send(&message, delay).await.unwrap();
        }
    }

    /// Writes a call into the journal, and says what befalls it.
    pub(crate) fn meet(&self, verb: &'static str) -> Fate {
        let mut board = self.board();
        let call = board.note(verb);
        let part = verb.split('.').next().unwrap();
        let hit = |all: &BTreeSet<&str>| all.contains(part) || all.contains(verb);
        let delay = |what| board.delays.get(what).copied().unwrap_or_default();
        Fate {
            faults: self.clone(),
            mishap: board.planned.get(&call).copied(),
            broken: hit(&board.broken),
            silent: hit(&board.silent),
            delay: delay(part).max(delay(verb)),
            call,
        }
    }

    /// The call has met what was planned for it, if anything was.
    fn has_met(&self, call: &Call) {
        let mut board = self.board();
        if board.planned.remove(call).is_some() {
            board.befallen.insert(call.clone());
        }
    }

    fn pass(&self) -> Option<Pass> {
        self.board().while_delayed.clone()
    }

    /// Remembers a message that was accepted; true if it is not to be delivered now.
    pub(crate) fn keeps(&self, message: &Message, delay: Duration) -> bool {
        let mut board = self.board();
        board.sent.push(message.clone());
        if board.holding {
            board.held.push((message.clone(), delay));
        }
        board.holding
    }

    /// How often connections were frozen.
    pub(crate) fn freezes(&self) -> usize {
        self.board().freezes
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Board {
    fn note(&mut self, verb: &'static str) -> Call {
        let nth = self.calls.entry(verb).or_default();
        *nth += 1;
        let call = Call { verb, nth: *nth };
        self.journal.push(call.clone());
        call
    }
}

#[cfg(test)]
mod tests;
