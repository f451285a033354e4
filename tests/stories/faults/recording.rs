//! What an undisturbed story asks of its parts, and is answered.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use cloud_mirror_testkit::faults::Call;
use cloud_mirror_tests::{Answers, Judgement, aftermath};

use super::place::{Plan, Started};
use super::run::{Ended, Tale};

/// So often it is told until two tellings went well: a busy machine may be late for a story.
const TELLINGS: usize = 5;

/// After its end a story's calls have ended when none was made for so long.
const QUIET: Duration = Duration::from_millis(150);
const MOST: usize = 20;

/// These are not disturbed: one keeps a part silent itself, and nothing more can befall a call that
/// never has an answer; the other makes up an entry whose replica there never was.
const LEFT_ALONE: &[&str] = &[
    "a_table_that_says_nothing_keeps_no_client",
    "fault_of_node_14_every_spelling_of_a_bucket_is_one_place",
];

/// Each with the number of its mirror.
type Calls = BTreeSet<(usize, Call)>;

/// What two undisturbed tellings agree on: how often something is asked varies wherever somebody
/// waits, or many ask at once.
pub(super) struct Recorded {
    /// The calls, each with the number of its mirror.
    pub(super) calls: Vec<(usize, Call)>,
    pub(super) undisturbed: Undisturbed,
}

/// What an undisturbed story shows.
#[derive(Clone, Debug, Default)]
pub(super) struct Undisturbed {
    /// What each request was answered.
    pub(super) answers: Arc<Answers>,
    /// What its aftermath finds wrong all the same: that a source which is no good is not served.
    pub(super) wrongs: Arc<BTreeSet<String>>,
}

struct Telling {
    calls: Calls,
    answers: Answers,
    wrongs: BTreeSet<String>,
}

impl Tale {
    /// Records it; or says why it cannot be told undisturbed.
    pub(super) async fn recorded(&self) -> Result<Recorded, String> {
        let mut well = Vec::new();
        let mut broken = String::new();
        for _ in 0..TELLINGS {
            match self.undisturbed(!well.is_empty()).await {
                Ok(telling) => well.push(telling),
                Err(why) => broken = why,
            }
            if let [one, other] = &well[..] {
                return Ok(agreed(one, other));
            }
        }
        Err(format!("{} breaks undisturbed: {broken}", self.story))
    }

    async fn undisturbed(&self, looks_at_the_aftermath: bool) -> Result<Telling, String> {
        let plan = Plan {
            judgement: Judgement::default(),
            ..Plan::default()
        };
        let started = Started::default();
        match self.told(plan, &started).await {
            Ended::Well => {}
            Ended::Broken(why) => return Err(why),
            Ended::Never => return Err("it never ended".to_owned()),
        }
        let mut telling = Telling {
            calls: match LEFT_ALONE.contains(&self.story) {
                true => Calls::new(),
                false => calls(&started).await,
            },
            answers: Answers::new(),
            wrongs: BTreeSet::new(),
        };
        for (_, mirror) in started.mirrors() {
            if let [first, ..] = &mirror.watch().violations()[..] {
                return Err(first.clone());
            }
            for (request, answers) in mirror.watch().answers() {
                telling.answers.entry(request).or_default().extend(answers);
            }
            if looks_at_the_aftermath {
                let targets = mirror.watch().targets();
                let wrongs = aftermath::wrongs(&mirror, &targets, &BTreeSet::new()).await;
                telling
                    .wrongs
                    .extend(wrongs.into_iter().map(|wrong| wrong.what));
            }
        }
        Ok(telling)
    }
}

/// Clients are not ours, and what tests themselves ask for is nobody's.
fn is_ours(call: &Call) -> bool {
    !call.verb.starts_with("client.") && call.verb != "other"
}

/// The calls of every mirror, once no more are made.
async fn calls(started: &Started) -> Calls {
    let mut before = 0;
    for _ in 0..MOST {
        let journals = started.mirrors().into_iter();
        let now = journals.map(|(_, mirror)| mirror.deployment.faults().journal().len());
        let now = now.sum();
        if now == before {
            break;
        }
        before = now;
        tokio::time::sleep(QUIET).await;
    }
    let mut calls = Calls::new();
    for (nth, mirror) in started.mirrors() {
        let mut journal = mirror.deployment.faults().journal();
        journal.retain(is_ours);
        calls.extend(journal.into_iter().map(|call| (nth, call)));
    }
    calls
}

fn agreed(one: &Telling, other: &Telling) -> Recorded {
    let calls = one.calls.intersection(&other.calls).cloned().collect();
    let mut answers = one.answers.clone();
    for (request, more) in other.answers.clone() {
        answers.entry(request).or_default().extend(more);
    }
    let undisturbed = Undisturbed {
        answers: Arc::new(answers),
        wrongs: Arc::new(other.wrongs.clone()),
    };
    Recorded { calls, undisturbed }
}
