//! One switchboard for everything that goes wrong in a deployment's parts, which also counts what
//! they are asked.
//!
//! It stands either between the functions and their ports ([`Faults::around`]) or on the wire
//! ([`crate::wire::Proxy`]). What is asked of a part has a name made of the part and a verb:
//!
//! | part | verbs at the ports | verbs on the wire |
//! |---|---|---|
//! | `table` | those of `StatusTable` | `get`, `put`, `update`, `delete` |
//! | `queue` | `send`, `retry_after` | these, `receive` and `delete` |
//! | `pool` | `head`, `delete`, `address`, `prepare` | `head`, `delete`, and those in [`crate::wire`] |

mod ports;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cloud_mirror_domain::message::Message;
use cloud_mirror_domain::ports::CopyQueue;

/// The switchboard of a deployment's faults. Clones share it.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<Board>>);

#[derive(Default)]
struct Board {
    broken: BTreeSet<&'static str>,
    silent: BTreeSet<&'static str>,
    delays: BTreeMap<&'static str, Duration>,
    lost_replies: Vec<&'static str>,
    calls: BTreeMap<&'static str, usize>,
    freezes: usize,
    holding: bool,
    held: Vec<(Message, Duration)>,
    sent: Vec<Message>,
}

/// What befalls one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fate {
    /// It fails.
    pub(crate) broken: bool,
    /// It has its effect, and its answer is lost.
    pub(crate) loses_reply: bool,
    silent: bool,
    delay: Duration,
}

impl Fate {
    /// Waits as long as the call is to be kept waiting: for ever, if it is to be silent.
    pub(crate) async fn undergo(&self) {
        if self.silent {
            std::future::pending::<()>().await;
        }
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
    }
}

impl Faults {
    /// From now on every call to that part fails: `table`, `queue` or `pool`, or one verb of it
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

    /// The next call of that verb has its effect, but its answer is lost. Only on the wire.
    pub fn lose_next_reply(&self, verb: &'static str) {
        self.board().lost_replies.push(verb);
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

    /// Counts a call, and says what befalls it.
    pub(crate) fn meet(&self, verb: &'static str) -> Fate {
        let mut board = self.board();
        *board.calls.entry(verb).or_default() += 1;
        let part = verb.split('.').next().unwrap();
        let lost = board.lost_replies.iter().position(|lost| *lost == verb);
        let hit = |all: &BTreeSet<&str>| all.contains(part) || all.contains(verb);
        let delay = |what| board.delays.get(what).copied().unwrap_or_default();
        Fate {
            broken: hit(&board.broken),
            silent: hit(&board.silent),
            delay: delay(part).max(delay(verb)),
            loses_reply: lost.map(|at| board.lost_replies.remove(at)).is_some(),
        }
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
