//! Each rule of DESIGN §4 and §6, broken on purpose: a promise must be broken then, by an
//! interleaving that leaves all promises whole where the rule is kept.

mod claims;
mod purges;
mod runs;
mod spare;
mod stories;
mod writes;

use std::sync::Mutex;

use stateright::{Checker, HasDiscoveries, Model};

use crate::calm::Memory;
use crate::model::{Budget, Protocol};
use crate::mutation::Mutation;
use crate::world::Copies;

/// A rule in DESIGN's words, how it is broken, what must happen for that to matter, and the
/// promise that is broken then.
struct Case {
    mutation: Mutation,
    rule: &'static str,
    budget: Budget,
    caught_by: &'static str,
}

const NOTHING: Budget = Budget {
    requesters: 1,
    closely: true,
    ..Budget::NOTHING
};

const ONE_COPY: Budget = Budget {
    requesters: 2,
    duplicates: 2,
    one_copy: true,
    closely: false,
    ..NOTHING
};

const IN_PARTS: Budget = Budget {
    copies_are: Copies {
        in_parts: true,
        mutation: None,
    },
    ..NOTHING
};

const HANDED_ON: Budget = Budget {
    handovers: 1,
    ..IN_PARTS
};

const PURGED: Budget = Budget {
    purges: 1,
    ..NOTHING
};

const HIDDEN: Budget = Budget {
    purges: 1,
    table_losses: 1,
    requesters: 2,
    ..NOTHING
};

const RENEWED: Budget = Budget {
    jumps: 1,
    ..NOTHING
};

const HAS_ITS_REPLICA: &str = "a present entry has its replica";
const ENDS_WELL: &str = "it ends well";
const ONE: &str = "exactly one copy";
const SOMEBODY: &str = "every upload has somebody who ends it";
const NOT_TWICE: &str = "no part is copied twice";
const LATE: &str = "work that comes late is good work";
const GIVEN_UP: &str = "what is never brought to an end is given up";
const TOO_EARLY: &str = "an error is not tried again too early";
const PURGE_IS_DONE: &str = "a purge that is asked for is done";
const A_LOOK: &str = "a lost table costs a look, and no copy";
const OUTLIVES: &str = "a run outlives a lost table";
const HEARS_NOTHING: &str = "a run outlives a table that does not answer";
const GONE: &str = "what was purged is gone";
const IN_HANDS: &str = "what is held is in somebody's hands";
const KEEPS: &str = "a live run keeps its entry";
const PURGE_WAITS: &str = "a purge that waits has its message";
const GOOD_IS_SERVED: &str = "a good replica is served";
const NO_MESSAGE: &str = "no message is lost";

const PURGED_IN_PARTS: Budget = Budget {
    purges: 1,
    time: 2,
    crashes: 1,
    ..IN_PARTS
};

const fn case(
    mutation: Mutation,
    rule: &'static str,
    budget: Budget,
    caught_by: &'static str,
) -> Case {
    Case {
        mutation,
        rule,
        budget,
        caught_by,
    }
}

/// What an exploration has found.
struct Found {
    broken: Vec<&'static str>,
    states: usize,
    steps: usize,
}

/// Explores until a promise is broken, or until it is that deep. With one thread the same is found
/// each time.
fn explore(budget: Budget, depth: usize) -> Found {
    let memory = Memory::default();
    let checker = Protocol { budget, memory }.checker().threads(1);
    let checker = checker.finish_when(HasDiscoveries::AnyFailures);
    let checker = checker.target_max_depth(depth).spawn_bfs().join();
    let promises = checker.model().properties();
    let is_promise = |name: &str| {
        let named = promises.iter().find(|promise| promise.name == name);
        named.is_some_and(|promise| promise.expectation.discovery_is_failure())
    };
    let mut found = checker.discoveries();
    found.retain(|name, _| is_promise(name));
    let steps = found.values().map(|path| path.clone().into_actions().len());
    Found {
        steps: steps.max().unwrap_or_default(),
        broken: found.keys().copied().collect(),
        states: checker.unique_state_count(),
    }
}

/// No counterexample is longer.
const DEEPEST: usize = 100;

fn mutated(budget: Budget, mutation: Mutation) -> Budget {
    let copies_are = Copies {
        mutation: Some(mutation),
        ..budget.copies_are
    };
    Budget {
        copies_are,
        ..budget
    }
}

impl Case {
    /// Whether the promise is broken with the rule, and only with it.
    fn is_caught(&self) -> bool {
        let (mutation, rule, promise) = (self.mutation, self.rule, self.caught_by);
        let found = explore(mutated(self.budget, mutation), DEEPEST);
        let (states, steps) = (found.states, found.steps);
        let kept = explore(self.budget, steps + 2);
        let what = match (found.broken.contains(&promise), kept.broken.is_empty()) {
            (true, true) => format!("caught by {promise} after {states} states, {steps} steps"),
            (true, false) => format!("{:?} is broken without it as well", kept.broken),
            (false, _) => format!("NOT caught, but {:?}; it breaks: {rule}", found.broken),
        };
        println!("mutation: {mutation:?}: {what}");
        found.broken.contains(&promise) && kept.broken.is_empty()
    }
}

#[test]
fn every_rule_that_is_broken_is_caught() {
    let tables = [claims::CASES, runs::CASES, writes::CASES, purges::CASES];
    let cases: Vec<_> = tables.into_iter().flatten().collect();
    let all = cases.len();
    let (cases, caught) = (Mutex::new(cases), Mutex::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(case) = take(&cases) {
                    *caught.lock().expect("a count") += usize::from(case.is_caught());
                }
            });
        }
    });
    let caught = caught.into_inner().expect("a count");
    println!("mutations: {caught} of {all} caught");
    assert_eq!(
        caught, all,
        "a rule that may be broken unseen is not needed, or not checked"
    );
}

fn take<'a>(cases: &Mutex<Vec<&'a Case>>) -> Option<&'a Case> {
    cases.lock().expect("cases").pop()
}
