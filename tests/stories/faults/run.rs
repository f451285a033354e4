//! Telling one story, once.

use std::panic::AssertUnwindSafe;
use std::sync::Once;
use std::time::Duration;

use futures::FutureExt as _;

use super::place::{Place, Plan, Started};
use crate::STORIES;

/// A story that takes longer waits for what will not come: its own promises may break.
const LIMIT: Duration = Duration::from_secs(45);

/// A story, and the stage that it is told on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tale {
    pub(super) module: &'static str,
    pub(super) story: &'static str,
    pub(super) place: Place,
}

/// How a story ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Well,
    Broken(String),
    Never,
}

tokio::task_local! {
    static QUIETLY: ();
}

impl Tale {
    /// Every story that is told there, but for those of two stacks: the watch and the aftermath know
    /// one, and what the other does to its replicas they would take for a fault.
    pub(super) fn all(place: Place) -> Vec<Self> {
        let told = STORIES.iter().filter(|(module, _, empty)| {
            let mut elsewhere = empty.iter().map(|(deployment, _)| *deployment);
            *module != "two_stacks" && !elsewhere.any(|deployment| deployment == place.word())
        });
        let tale = |(module, story, _): &crate::matrix::Row| Self {
            module,
            story,
            place,
        };
        told.map(tale).collect()
    }

    /// The story of that name.
    pub(super) fn named(story: &str, place: Place) -> Self {
        let mut told = Self::all(place).into_iter();
        let found = told.find(|tale| tale.story == story);
        found.unwrap_or_else(|| panic!("{story} is not told in {place:?}"))
    }

    /// Tells it. What it panics with is no failure, and is not printed.
    pub(super) async fn told(&self, plan: Plan, started: &Started) -> Ended {
        keep_quiet();
        let stage = self.place.stage(plan, started);
        let telling = crate::tell(self.module, self.story, stage);
        let telling = QUIETLY.scope((), AssertUnwindSafe(telling).catch_unwind());
        match tokio::time::timeout(LIMIT, telling).await {
            Ok(Ok(())) => Ended::Well,
            Ok(Err(panic)) => Ended::Broken(words_of(&*panic)),
            Err(_) => Ended::Never,
        }
    }
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
    text.unwrap_or_else(|| "something that is no text".to_owned())
}

/// Panics of stories that are told here are caught, and are not worth a word each.
fn keep_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if QUIETLY.try_with(|()| ()).is_err() {
                loud(panic);
            }
        }));
    });
}
