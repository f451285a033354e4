//! The protocol, explored exhaustively.
//!
//! Two requesters, two copiers and a purge share one entry, one replica and one queue. Every
//! interleaving of their calls is visited, together with every place where a fault of the budget
//! may strike. The requesters' steps are those of `decide`, every write to the table is one of
//! `claim`'s own transitions (`verbs`): model and code cannot part there. Between those, the
//! actors do, call by call, what `functions/redirect` (`requester`), `functions/copier`
//! (`copier`, `stage`, `run`, `upload`, `stop`) and `functions/purge` (`purge`) do.
//!
//! # What may happen
//! - Somebody dies between any two of his calls. A copier's message comes back, as one that was
//!   received before. A requester that has no patience left is one that has died.
//! - A message is lost, comes twice, or waits for as long as any time passes.
//! - The table is lost. What has expired is deleted at any later moment (TTL), and so is an
//!   object that is older than its life. A replica vanishes behind everybody's back.
//! - A call has its effect and no answer, and is made again with the same id; or it fails without
//!   effect; both together are a call that fails with all its effect. A final write that nobody
//!   waits for any more lands until half a lease after its run's, or never.
//! - The source fails for a moment, or says that there is no such object.
//! - One actor's clock is wrong for a while. A write that is delayed on its way to the table is
//!   one by a slow clock.
//! - A run stops before its work is done, and hands it on; its message may not be sent.
//! - Time passes tick by tick (a lease is two), by as many as the budget says or without end; it
//!   jumps to where a replica is due to be looked at, is near its end, or an entry is.
//!
//! # What must hold
//! See `properties`, and in every state "it ends well" (`calm`): if from here on nothing fails,
//! all come to rest within a bounded number of steps, nothing is left waiting, and whoever asks
//! then is served. `undisturbed` and `hands` ask more of every state, where a budget says
//! `closely`: those of `mutations`, which breaks the rules one by one and shows that each is
//! missed.
//!
//! # What is not explored
//! - More faults at once than a budget of `explorations` allows, and more than one wrong clock at
//!   a time. Faults of different kinds are combined in pairs, not all with all. Where a lost table
//!   or a wrong clock meets a purge that comes to no end, a present entry may be without its
//!   replica until that is looked at again (`Budget::may_miss_a_replica`).
//! - Reads that are a moment old, redirects that clients keep, and caches in memory: these are
//!   the documented delay.
//! - Sizes: the second queue, waiters that do not wait for what is too large, hops, patience.
//! - How bytes move: parts are two and arrive in order, a source never changes, digests are right.
//! - Failures that are ours to mend (dead letters), sources that refuse, a store's `409`, uploads
//!   that cannot be completed for good, and an upload that is begun without anybody hearing of it
//!   but by a crash.
//! - More than one replica: nothing in the protocol reaches from one entry to another.
//! - That a table's write is atomic. That is for the adapters' suites.
//!
//! States are compared in one form (`canonical`): moments count from now and what lies behind is
//! past, ends that are far away are equally far until time jumps there, ids are named anew, actors
//! of one kind are alike. So is a state's hash, of 64 bits, taken for the state.

mod act;
mod budget;
mod calm;
mod canonical;
mod copier;
mod explorations;
mod hands;
mod may;
mod model;
mod mutation;
mod mutations;
mod properties;
mod purge;
mod requester;
mod run;
mod stage;
mod stop;
mod terms;
mod undisturbed;
mod upload;
mod verbs;
mod walk;
mod world;

use model::{Budget, Protocol};
use stateright::{Checker, HasDiscoveries, Model};

/// Visits every state within the budget, or stops at the first that breaks a promise.
fn check(budget: Budget) -> impl Checker<Protocol> {
    let memory = calm::Memory::default();
    let model = Protocol { budget, memory };
    model
        .checker()
        .threads(2)
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join()
}

/// Explores within the budget, and prints what was explored.
fn explore(name: &str, budget: Budget) -> usize {
    let checker = check(budget);
    let (states, depth) = (checker.unique_state_count(), checker.max_depth());
    let longest = checker.model().memory.longest();
    println!(
        "model: {name}: {states} unique states, depth {depth}, budget {budget}, rest after {longest} steps at most"
    );
    for property in checker.model().properties() {
        let broken = property.expectation == stateright::Expectation::Always;
        if let Some(path) = checker.discovery(property.name).filter(|_| broken) {
            let end = path
                .last_state()
                .ends_well(&budget, &calm::Memory::default());
            println!("model: {name}: broken: {} ({end:?})", property.name);
            for action in path.into_actions() {
                println!("    {action:?}");
            }
        }
    }
    checker.assert_properties();
    states
}
