//! What has happened already where an exploration begins, told in the model's own actions.

use crate::model::{Action, State, Who};

/// A purge has met a live run, which has ended since; it is time for the purge's message.
pub(super) fn a_purge_has_waited(state: &mut State) {
    a_requester_has_asked(state);
    state.receives(0);
    state.purges_until_it_waits();
    while !state.copiers[0].is_idle() {
        state.tells(Action::Step(Who::Copier(0)));
    }
    while state.visible().is_empty() {
        state.tells(Action::Tick);
    }
}

/// A copier goes on with a purge that has waited, and has slept on it; so another has begun.
pub(super) fn a_purge_was_slow(state: &mut State) {
    a_purge_has_waited(state);
    state.receives(0);
    for _ in 0..3 {
        state.tells(Action::Step(Who::Copier(0)));
    }
    for _ in 0..2 {
        state.tells(Action::Tick);
    }
    state.tells(Action::AskPurge);
    state.tells(Action::Step(Who::Purge));
}

fn a_requester_has_asked(state: &mut State) {
    while state.visible().is_empty() {
        state.tells(Action::Step(Who::Requester(0)));
    }
}

impl State {
    fn tells(&mut self, action: Action) {
        self.act(action).expect("a story that can be told");
    }

    fn receives(&mut self, copier: usize) {
        let message = *self.visible().first().expect("a message");
        self.tells(Action::Receive(copier, message));
    }

    fn purges_until_it_waits(&mut self) {
        self.tells(Action::AskPurge);
        while self.purge.is_some() {
            self.tells(Action::Step(Who::Purge));
        }
    }
}
