//! What is news to somebody who waits for an entry.

use super::{Entry, Pending, Present, State, Work};

/// Whether what is found tells somebody who has `seen` that of the same replica something to act on.
///
/// What a copier notes while it works does not: its progress, and a lease that ends later than before. It
/// is written again and again, and whoever waits does so until the lease ends that they have seen, at
/// the latest, and looks then. A lease that ends earlier is news, since it can be claimed by then.
pub fn is_news(found: Option<&Entry>, seen: Option<&Entry>) -> bool {
    match (found, seen) {
        (Some(found), Some(seen)) => !found.tells_a_waiter_the_same(seen),
        (None, None) => false,
        _ => true,
    }
}

impl Entry {
    /// All fields are named, so that who adds one decides whether it is news.
    fn tells_a_waiter_the_same(&self, seen: &Self) -> bool {
        let Self {
            state,
            distrust,
            // For whoever claims or goes on with the copy, and written with its progress.
            expires: _,
            tries: _,
            upload: _,
            most_parts: _,
        } = self;
        *distrust == seen.distrust && state.tells_a_waiter_the_same(&seen.state)
    }
}

impl State {
    fn tells_a_waiter_the_same(&self, seen: &Self) -> bool {
        match (self, seen) {
            (Self::Pending(found), Self::Pending(seen)) => found.tells_a_waiter_the_same(seen),
            (Self::Present(found), Self::Present(seen)) => found.tells_a_waiter_the_same(seen),
            (found, seen) => found == seen,
        }
    }
}

impl Pending {
    fn tells_a_waiter_the_same(&self, seen: &Self) -> bool {
        let Self { work, underway } = self;
        *underway == seen.underway && work.goes_on_from(&seen.work)
    }
}

impl Present {
    fn tells_a_waiter_the_same(&self, seen: &Self) -> bool {
        let renewal_goes_on = match (&self.renewal, &seen.renewal) {
            (Some(found), Some(seen)) => found.goes_on_from(seen),
            (found, seen) => found == seen,
        };
        let known = |of: &Self| (of.settled_by, of.checked, of.renew_after);
        renewal_goes_on && known(self) == known(seen) && self.replica == seen.replica
    }
}

impl Work {
    /// The same work, in the same hands, for as long or longer.
    fn goes_on_from(&self, seen: &Self) -> bool {
        (self.attempt, self.run) == (seen.attempt, seen.run) && seen.lease <= self.lease
    }
}

#[cfg(test)]
mod tests;
