//! One cell of the product: a story, one of its calls, and what befalls it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cloud_mirror_testkit::faults::{Call, Mishap};
use cloud_mirror_tests::{Judgement, aftermath};

use super::place::{Plan, Started};
use super::recording::Undisturbed;
use super::run::{Ended, Tale};

/// A call that is made at all is made at the latest so long after its story's end.
const SETTLING: Duration = Duration::from_secs(2);
const MOMENT: Duration = Duration::from_millis(20);

/// A story in which one call meets a mishap.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) tale: Tale,
    /// Which of the mirrors that it starts, from 0.
    pub(super) mirror: usize,
    pub(super) call: Call,
    pub(super) mishap: Mishap,
}

/// How cells are told.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct How {
    /// Every answer that says `fail-open` counts as the 503 that it would have been without.
    pub(super) fail_open_is_off: bool,
    /// Processes may log.
    pub(super) logs: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// Whether the call was made and has met its mishap.
    pub(super) befallen: bool,
    /// What nobody may ever see.
    pub(super) violations: Vec<String>,
    /// How the story itself ended, where it broke.
    pub(super) broke: Option<String>,
    /// How long the story took, and all of it.
    pub(super) took: (Duration, Duration),
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mirror = match self.mirror {
            0 => String::new(),
            nth => format!("{}: ", nth + 1),
        };
        let mishap = word(self.mishap);
        write!(f, "{}|{mirror}{}|{mishap}", self.tale.story, self.call)
    }
}

fn word(mishap: Mishap) -> &'static str {
    match mishap {
        Mishap::Fails => "fails",
        Mishap::LosesReply => "loses-reply",
        Mishap::Delayed => "delayed",
    }
}

impl Cell {
    /// Tells it, judged by what the undisturbed story was answered and has left.
    pub(super) async fn told(&self, undisturbed: &Undisturbed, how: How) -> Told {
        let plan = Plan {
            mishap: Some((self.mirror, self.call.clone(), self.mishap)),
            judgement: Judgement {
                undisturbed: Some(Arc::clone(&undisturbed.answers)),
                fail_open_is_off: how.fail_open_is_off,
                ..Judgement::default()
            },
            logs: how.logs,
        };
        let (started, began) = (Started::default(), Instant::now());
        let ended = self.tale.told(plan, &started).await;
        let story = began.elapsed();
        let befallen = self.befalls(&started).await;
        let mut violations = Vec::new();
        if befallen {
            for (_, mirror) in started.mirrors() {
                violations.extend(mirror.watch().violations());
                let targets = mirror.watch().targets();
                let wrongs = aftermath::wrongs(&mirror, &targets, &undisturbed.wrongs).await;
                violations.extend(wrongs.iter().map(ToString::to_string));
            }
        }
        Told {
            befallen,
            violations,
            took: (story, began.elapsed()),
            broke: match ended {
                Ended::Well => None,
                Ended::Broken(why) => Some(why),
                Ended::Never => Some("it never ended".to_owned()),
            },
        }
    }

    async fn befalls(&self, started: &Started) -> bool {
        let mirrors = started.mirrors();
        let disturbed = mirrors.iter().find(|(nth, _)| *nth == self.mirror);
        let Some((_, mirror)) = disturbed else {
            return false;
        };
        let faults = mirror.deployment.faults();
        let moments = SETTLING.as_millis() / MOMENT.as_millis();
        for _ in 0..moments {
            if faults.has_befallen() {
                return true;
            }
            tokio::time::sleep(MOMENT).await;
        }
        false
    }
}
