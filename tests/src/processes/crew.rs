//! The processes as they come and go.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};

use futures::future::join_all;

use super::diary::Deed;
use super::member::Member;

/// What a process is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Clients ask it; and it copies, as every process does.
    Front,
    /// No client asks it: it takes from the queue and copies.
    Copier,
}

/// A process that was killed.
#[derive(Clone, Debug)]
pub struct Killed {
    /// Where it answered.
    pub url: String,
    /// What it had told of itself.
    pub deeds: Vec<Deed>,
}

/// How a process is started.
pub(super) struct Recipe {
    pub(super) program: &'static str,
    pub(super) config: PathBuf,
    pub(super) variables: BTreeMap<String, String>,
}

impl Recipe {
    /// Whether a reader of the story's output wants to see what is logged. A story that asks for every
    /// level reads it itself.
    pub(super) fn shows_logs(&self) -> bool {
        self.variables
            .get("RUST_LOG")
            .is_none_or(|level| level == "warn")
    }
}

/// The processes that run now, and what those that were killed had told of themselves.
#[derive(Default)]
pub(super) struct Crew {
    members: RwLock<Vec<(Role, Arc<Member>)>>,
    buried: RwLock<Vec<Deed>>,
    next: AtomicUsize,
}

impl Crew {
    /// Starts so many of that role side by side; none is to be seen before all have started.
    pub(super) async fn start(
        &self,
        recipe: &Recipe,
        role: Role,
        count: usize,
    ) -> Result<(), String> {
        let started = join_all((0..count).map(|_| Member::start(recipe))).await;
        let started: Vec<_> = started.into_iter().collect::<Result<_, _>>()?;
        let started = started.into_iter().map(|member| (role, Arc::new(member)));
        self.members.write().unwrap().extend(started);
        Ok(())
    }

    /// Those that run.
    pub(super) fn members(&self) -> Vec<Arc<Member>> {
        let members = self.members.read().unwrap();
        members
            .iter()
            .map(|(_, member)| Arc::clone(member))
            .collect()
    }

    /// The URL of each front in turn.
    pub(super) fn front(&self) -> String {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        let members = self.members.read().unwrap();
        let fronts: Vec<_> = members
            .iter()
            .filter(|(role, _)| *role == Role::Front)
            .collect();
        fronts[next % fronts.len()].1.url.clone()
    }

    /// Kills the `which`-th of that role, counted round and round. It is no more among those that
    /// run before it is hit: whoever asked it knows why there was no answer.
    pub(super) async fn kill(&self, role: Role, which: usize) -> Killed {
        let member = {
            let mut members = self.members.write().unwrap();
            let places = 0..members.len();
            let places: Vec<_> = places.filter(|place| members[*place].0 == role).collect();
            members.remove(places[which % places.len()]).1
        };
        member.kill().await;
        let deeds = member.deeds();
        self.buried.write().unwrap().extend(deeds.clone());
        Killed {
            url: member.url.clone(),
            deeds,
        }
    }

    /// What those that run have logged.
    pub(super) fn log(&self) -> String {
        self.members().iter().map(|member| member.log()).collect()
    }

    /// What all have told of themselves, the living and the dead.
    pub(super) fn deeds(&self) -> Vec<Deed> {
        let mut deeds = self.buried.read().unwrap().clone();
        for member in self.members() {
            deeds.extend(member.deeds());
        }
        deeds
    }
}
