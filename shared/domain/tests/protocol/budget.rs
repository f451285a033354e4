//! How much may happen in one exploration.

use std::fmt;

use crate::model::State;
use crate::world::Copies;

/// How much may happen in one exploration. What is not named does not happen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Budget {
    pub(crate) requesters: usize,
    pub(crate) purges: u8,
    /// Messages of other programs, without an attempt.
    pub(crate) prefetches: u8,
    pub(crate) crashes: u8,
    pub(crate) losses: u8,
    pub(crate) duplicates: u8,
    pub(crate) table_losses: u8,
    /// Ticks that may pass; a lease is two. [`FOREVER`] is no number but all there are.
    pub(crate) time: u8,
    /// How often time may jump: to where a replica is to be looked at again, or an entry is near
    /// its end.
    pub(crate) jumps: u8,
    /// Exactly one copy is promised: nothing is lost, nobody dies and no lease ends.
    pub(crate) one_copy: bool,
    pub(crate) copies_are: Copies,
    /// Runs that may stop early and hand their work on, and messages that cannot be sent.
    pub(crate) handovers: u8,
    pub(crate) failed_sends: u8,
    /// Claims that may be won; none means any number. Where time is without end, this is what
    /// makes an exploration end.
    pub(crate) claims: u8,
    /// Calls whose reply is lost: they are made again with the same id, or, a final write, land
    /// when nobody waits any more.
    pub(crate) lost_replies: u8,
    /// Calls that fail without effect. With a lost reply before: with all of it.
    pub(crate) failed_calls: u8,
    /// How often the source fails, or says that there is no such object.
    pub(crate) failed_copies: u8,
    /// How often one actor's clock may be wrong for a while, by any of these ticks.
    pub(crate) clock_steps: u8,
    pub(crate) clocks: &'static [i8],
    /// Asks more of every state: see `undisturbed`. It takes its time.
    pub(crate) closely: bool,
    /// What has happened already, where more would take too long to find.
    pub(crate) story: Option<fn(&mut State)>,
    /// How often the pool's object may be deleted behind everybody's back.
    pub(crate) vanishings: u8,
}

/// Any number of ticks.
pub(crate) const FOREVER: u8 = u8::MAX;

impl Budget {
    /// Nothing happens.
    pub(crate) const NOTHING: Self = Self {
        requesters: 0,
        purges: 0,
        prefetches: 0,
        crashes: 0,
        losses: 0,
        duplicates: 0,
        table_losses: 0,
        time: 0,
        jumps: 0,
        one_copy: false,
        copies_are: Copies {
            in_parts: false,
            mutation: None,
        },
        handovers: 0,
        failed_sends: 0,
        claims: 0,
        lost_replies: 0,
        failed_calls: 0,
        failed_copies: 0,
        clock_steps: 0,
        clocks: &[],
        closely: false,
        story: None,
        vanishings: 0,
    };

    /// Where nothing fails, any number of claims may be won.
    pub(crate) fn of_a_calm(&self) -> Self {
        Self { claims: 0, ..*self }
    }

    /// Whether a replica may be missed only when it is looked at again, which is the documented
    /// delay: it vanished behind everybody's back; or a purge, whose entry a lost table or a wrong
    /// clock had given to somebody else, deleted it and came to no end.
    pub(crate) fn may_miss_a_replica(&self) -> bool {
        let astray = self.purges > 0 && self.table_losses + self.clock_steps > 0;
        let unended = self.crashes + self.losses + self.failed_calls > 0;
        self.vanishings > 0 || (astray && unended)
    }

    /// By how many ticks a clock may be behind.
    pub(crate) fn slowest(&self) -> u32 {
        let slowest = self.clocks.iter().copied().min().unwrap_or(0).min(0);
        u32::from(slowest.unsigned_abs())
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = [
            (self.requesters as u8, "requesters"),
            (self.prefetches, "prefetches"),
            (self.purges, "purges"),
            (self.crashes, "crashes"),
            (self.losses, "lost messages"),
            (self.duplicates, "duplicates"),
            (self.table_losses, "lost tables"),
            (self.lost_replies, "lost replies"),
            (self.failed_calls, "failed calls"),
            (self.failed_sends, "failed sends"),
            (self.failed_copies, "failed copies"),
            (self.clock_steps, "clock steps"),
            (self.handovers, "hand-overs"),
            (self.jumps, "jumps"),
            (self.vanishings, "vanishings"),
            (self.claims, "claims"),
        ];
        let named = counted.iter().filter(|(count, _)| *count > 0);
        for (count, what) in named {
            write!(f, "{count} {what}, ")?;
        }
        match self.time {
            FOREVER => write!(f, "any time"),
            ticks => write!(f, "{ticks} ticks"),
        }
    }
}
