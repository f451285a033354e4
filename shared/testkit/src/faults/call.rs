//! A call, and what may befall it.

use std::fmt;

/// One call to a part: the nth of its verb. `Display` writes `table.claim #2`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Call {
    /// Part and verb, `table.claim` say.
    pub verb: &'static str,
    /// From 1.
    pub nth: usize,
}

impl Call {
    /// What may befall it and make a difference. Who asks for messages waits, most often for none, so
    /// only its failure is a call's own; what comes of it is a call for itself, `queue.reception`, of
    /// which the messages can be late, or lost until they come back.
    pub fn mishaps(&self) -> &'static [Mishap] {
        match self.verb.rsplit('.').next() {
            Some("receive") => &[Mishap::Fails],
            Some("reception") => &[Mishap::LosesReply, Mishap::Delayed],
            _ => &Mishap::ALL,
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} #{}", self.verb, self.nth)
    }
}

/// What may befall a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mishap {
    /// It fails before its effect: at a port as a part that is unavailable, on the wire as 503.
    Fails,
    /// It has its effect, and its answer does not arrive. Where the answer is a stream of bytes
    /// (`source.open`, `source.get`), it breaks off in its middle.
    LosesReply,
    /// It is on its way for so long that the lease is over when it has its effect; whoever made it
    /// gets the true answer.
    Delayed,
}

impl Mishap {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Fails, Self::LosesReply, Self::Delayed];
}
