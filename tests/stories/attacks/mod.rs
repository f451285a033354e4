//! Attacks on the copier, one row for each way in.
//!
//! Any program may send a message, and any source may redirect: both may be an attacker's. Each row
//! drives the real copier with the real HTTP source over real sockets; what is not real is listed in
//! [`scene`]. A canary listens on both loopback addresses, at the port that the attacks name, and
//! nobody may ever connect to it.
//!
//! | look in | for |
//! |---|---|
//! | `hosts` | spellings of addresses and names that nobody may reach |
//! | `urls` | the other ways to write a URL |
//! | `paths` | ways out of a rule's prefix, and hosts that look like its own |
//! | `messages` | messages that mean another URL than they seem to |
//! | `redirects` | where an allowed source may send us |
//! | `hops` | the same at other moments, with other statuses, and after others |
//! | `answers` | what else an allowed source may answer |
//! | `rebinding` | names that lead somewhere else the second time |
//! | `any` | all of it combined at random |

mod answers;
mod any;
mod hops;
mod hosts;
mod messages;
mod paths;
mod raw;
mod rebinding;
mod redirects;
mod scene;
mod urls;

use cloud_mirror_domain::error::Kind;

/// What becomes of a message, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The rules refuse it: it comes back until it is a dead letter, and there is no entry.
    DeadLetter,
    /// Its entry is an error of this kind, and the message goes where such an error's goes.
    Settled(Kind),
    /// It is acknowledged, and there is neither entry nor replica.
    LeftAlone,
    /// There is a replica.
    Copied,
    /// It is acknowledged, and its entry is the mark of a purge that is done.
    Purged,
}

/// No public address.
pub(crate) const PRIVATE: End = End::Settled(Kind::AddressRefused);

/// What a table of attacks came to: every row that ended wrongly, so that one run tells of all.
#[derive(Default)]
pub(crate) struct Verdicts {
    rows: usize,
    wrong: Vec<String>,
}

impl Verdicts {
    pub(crate) fn note(&mut self, attack: &str, expected: End, ended: Ended) {
        self.rows += 1;
        if ended.connections > 0 {
            let count = ended.connections;
            self.wrong
                .push(format!("{attack}: {count} connections to the canary"));
        }
        if ended.as_what != expected {
            self.wrong.push(format!(
                "{attack}: {expected:?} was expected, not {:?}",
                ended.as_what
            ));
        }
    }
}

/// Not a call at the end of each test, which one could forget.
impl Drop for Verdicts {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        assert!(self.rows > 0, "a table without rows proves nothing");
        assert!(
            self.wrong.is_empty(),
            "{} of {} rows:\n{}",
            self.wrong.len(),
            self.rows,
            self.wrong.join("\n")
        );
    }
}

/// How one message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) as_what: End,
    /// How often the canary was connected to.
    pub(crate) connections: usize,
}
