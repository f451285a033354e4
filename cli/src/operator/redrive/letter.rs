//! A dead letter as it is shown.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use cloud_mirror_domain::entry::{Entry, State};
use cloud_mirror_domain::error::Failure;
use cloud_mirror_domain::message::{Action, Message};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::is_signed;
use cloud_mirror_runtime::dead_letters::DeadLetter;
use serde::Serialize;

/// As much of a body as is shown that cannot be read, in characters.
const SHOWN: usize = 200;

/// A dead letter, what is known of its death, and what became of it.
#[derive(Serialize)]
pub(super) struct Shown {
    /// The queue that it died in.
    pub(super) queue: &'static str,
    message_id: String,
    /// Receptions, this one included.
    receives: u32,
    /// When it was first sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<String>,
    #[serde(flatten)]
    about: About,
    #[serde(flatten)]
    pub(super) outcome: Outcome,
}

/// What a letter is about.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum About {
    /// It says what it is about.
    Replica {
        action: Action,
        pool: String,
        url: String,
        /// The entry's state: `absent` where there is none any more.
        status: &'static str,
        #[serde(flatten)]
        death: Option<Death>,
    },
    /// Nobody can say.
    Unreadable {
        unreadable: String,
        /// How its body begins, without what may be a signature.
        body: String,
    },
}

/// Why it died, as the entry remembers it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Death {
    error: &'static str,
    message: &'static str,
    /// The private cause.
    detail: String,
    remedy: &'static str,
    /// Until then nobody tries it anew.
    remembered_until: String,
}

/// What became of a letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub(super) enum Outcome {
    /// It is in its queue again, and no dead letter any more.
    SentBack {
        /// It is delivered after so many seconds.
        #[serde(skip_serializing_if = "is_zero")]
        delay_seconds: u64,
    },
    /// It would be, were this no dry run.
    WouldBeSentBack {
        /// It would be delivered after so many seconds.
        #[serde(skip_serializing_if = "is_zero")]
        delay_seconds: u64,
    },
    /// It is in its queue again, and among the dead letters still.
    SentBackAndLeft { reason: String },
    /// It is among the dead letters still.
    Left { reason: String },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Shown {
    pub(super) fn new(
        queue: &'static str,
        letter: &DeadLetter,
        about: About,
        outcome: Outcome,
    ) -> Self {
        Self {
            queue,
            message_id: letter.message_id.clone(),
            receives: letter.receives,
            sent: letter.sent.map(date),
            about,
            outcome,
        }
    }
}

impl About {
    pub(super) fn replica(message: &Message, entry: Option<&Entry>, now: Timestamp) -> Self {
        let url = &message.replica.url;
        let url = match is_signed(url) {
            true => url.without_query(),
            false => url.clone(),
        };
        let live = Entry::live(entry, now);
        Self::Replica {
            action: message.action,
            pool: message.replica.pool.to_string(),
            url: url.to_string(),
            status: live.map_or("absent", |entry| entry.status(now)),
            death: entry.and_then(death),
        }
    }

    pub(super) fn unreadable(body: &str, problem: String) -> Self {
        let safe = body.split('?').next().unwrap_or_default();
        Self::Unreadable {
            unreadable: problem,
            body: safe.chars().take(SHOWN).collect(),
        }
    }
}

fn death(entry: &Entry) -> Option<Death> {
    let State::Error(failed) = &entry.state else {
        return None;
    };
    let Failure { kind, detail } = &failed.failure;
    Some(Death {
        error: kind.as_str(),
        message: kind.message(),
        detail: detail.clone(),
        remedy: kind.remedy(),
        remembered_until: date(failed.retry_at),
    })
}

/// RFC 3339, in UTC.
pub(super) fn date(moment: Timestamp) -> String {
    let since = UNIX_EPOCH + Duration::from_millis(moment.as_millis());
    humantime::format_rfc3339_seconds(since).to_string()
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { about, outcome, .. } = self;
        writeln!(f, "{about}")?;
        write!(
            f,
            "  letter {} of the {} queue",
            self.message_id, self.queue
        )?;
        write!(f, ", received {} times", self.receives)?;
        if let Some(sent) = &self.sent {
            write!(f, ", sent {sent}")?;
        }
        write!(f, "\n  {outcome}")
    }
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Replica {
                action,
                pool,
                url,
                status,
                death,
            } => {
                let action = match action {
                    Action::Put => "put",
                    Action::Purge => "purge",
                };
                writeln!(f, "{action} {pool} {url}")?;
                match death {
                    Some(death) => write!(f, "{death}"),
                    None => write!(
                        f,
                        "  the entry is {status} and remembers no error; the copier's log does, in its lines `failed` of this URL"
                    ),
                }
            }
            Self::Unreadable { unreadable, body } => {
                write!(f, "unreadable: {unreadable}\n  body: {body}")
            }
        }
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  died of {}: {}", self.error, self.message)?;
        writeln!(f, "  detail: {}", self.detail)?;
        write!(f, "  remedy: {}", self.remedy)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, delay) = match self {
            Self::SentBack { delay_seconds } => ("sent back", *delay_seconds),
            Self::WouldBeSentBack { delay_seconds } => ("would be sent back", *delay_seconds),
            Self::SentBackAndLeft { reason } => {
                return write!(f, "sent back, but left among the dead letters: {reason}");
            }
            Self::Left { reason } => return write!(f, "left: {reason}"),
        };
        f.write_str(what)?;
        match delay {
            0 => Ok(()),
            seconds => write!(
                f,
                ", to be delivered in {seconds} s: until then its error is remembered, and nobody tries it anew"
            ),
        }
    }
}
