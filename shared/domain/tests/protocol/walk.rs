//! Every id and every moment of a state, one after the other.
//!
//! Two states that differ only by the names of their ids, or by what lies so far in the past that
//! it does not matter, are one. So ids are named anew in the order in which this walk meets them,
//! and moments are counted from now.

use std::sync::Arc;

use cloud_mirror_domain::entry::{Entry, State as EntryState, Work};
use cloud_mirror_domain::time::Timestamp;
use ulid::Ulid;

use crate::copier::Copier;
use crate::model::State;
use crate::purge::{Own, Purge};
use crate::requester::{Requester, Seen};
use crate::run::Run;
use crate::stage::Stage;
use crate::terms::{name, named};
use crate::upload::Carried;
use crate::world::{Object, Sent, What};

/// What a moment means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Something holds until then.
    Until,
    /// An entry expires, whose replica would too; or one that is no replica's.
    Expires { present: bool },
    /// An object was stored.
    Stored,
    /// A replica was last looked at.
    Checked,
}

/// Whoever walks.
pub(crate) trait Walker {
    fn id(&mut self, id: &mut Ulid);
    fn moment(&mut self, moment: &mut Timestamp, means: Moment);

    fn until(&mut self, moment: &mut Timestamp) {
        self.moment(moment, Moment::Until);
    }

    fn ids<'a>(&mut self, ids: impl IntoIterator<Item = &'a mut Ulid>) {
        ids.into_iter().for_each(|id| self.id(id));
    }

    fn text(&mut self, text: &mut String) {
        if let Some(before) = named(text) {
            let mut id = before;
            self.id(&mut id);
            if id != before {
                *text = name(id);
            }
        }
    }
}

pub(crate) fn walk(state: &mut State, by: &mut impl Walker) {
    if let Some(entry) = &mut state.world.table {
        walk_entry(entry, by);
    }
    if let Some(object) = &mut state.world.object {
        walk_object(object, by);
    }
    for copier in &mut state.copiers {
        walk_copier(copier, by);
    }
    if let Some(purge) = &mut state.purge {
        walk_purge(purge, by);
    }
    for requester in &mut state.requesters {
        walk_requester(requester, by);
    }
    for upload in &mut state.world.uploads {
        by.id(&mut upload.id);
    }
    for flight in &mut state.world.flights {
        by.id(&mut flight.name);
        by.ids(&mut flight.seen);
        by.ids(&mut flight.upload);
        by.until(&mut flight.until);
    }
    for message in &mut state.world.messages {
        walk_sent(message, by);
    }
}

fn walk_entry(entry: &mut Entry, by: &mut impl Walker) {
    let present = matches!(entry.state, EntryState::Present(_));
    by.moment(&mut entry.expires, Moment::Expires { present });
    if let Some(upload) = &mut entry.upload {
        by.text(&mut upload.id);
        by.id(&mut upload.begun_by);
    }
    match &mut entry.state {
        EntryState::Pending(pending) => walk_work(&mut pending.work, by),
        EntryState::Present(present) => {
            let replica = Arc::make_mut(&mut present.replica);
            by.text(&mut replica.etag);
            by.moment(&mut replica.stored, Moment::Stored);
            by.ids(&mut replica.written_by);
            by.id(&mut present.settled_by);
            by.moment(&mut present.checked, Moment::Checked);
            by.until(&mut present.renew_after);
            if let Some(work) = &mut present.renewal {
                walk_work(work, by);
            }
        }
        EntryState::Error(failed) => {
            by.id(&mut failed.settled_by);
            by.until(&mut failed.retry_at);
        }
        EntryState::Purging(purging) => {
            by.id(&mut purging.id);
            by.until(&mut purging.lease);
            if let Some(until) = &mut purging.run_until {
                by.until(until);
            }
        }
    }
}

fn walk_work(work: &mut Work, by: &mut impl Walker) {
    by.id(&mut work.attempt);
    by.ids(&mut work.run);
    by.until(&mut work.lease);
}

fn walk_object(object: &mut Object, by: &mut impl Walker) {
    by.id(&mut object.run);
    by.moment(&mut object.stored, Moment::Stored);
}

fn walk_copier(copier: &mut Copier, by: &mut impl Walker) {
    if let Some(message) = &mut copier.message {
        walk_sent(message, by);
    }
    match &mut copier.stage {
        Stage::Idle => {}
        Stage::Claiming(attempt) => by.id(attempt),
        Stage::Beginning { run, .. } => by.ids(run),
        Stage::Unseen(run) | Stage::Failing { run, .. } => walk_run(run, by),
        Stage::Ready(run, last) | Stage::Writing(run, last) | Stage::Written(run, last, _) => {
            walk_run(run, by);
            by.ids(&mut last.seen);
        }
        Stage::Found(run, object) => {
            walk_run(run, by);
            walk_object(object, by);
        }
        Stage::Settling(run, object) => {
            by.id(run);
            walk_object(object, by);
        }
        Stage::Stopping(stopping) => walk_run(&mut stopping.run, by),
        Stage::Purging(purge) => walk_purge(purge, by),
    }
}

fn walk_run(run: &mut Run, by: &mut impl Walker) {
    by.id(&mut run.id);
    walk_entry(&mut run.own, by);
    if let Some(held) = &mut run.held {
        walk_carried(held, by);
    }
}

fn walk_carried(carried: &mut Carried, by: &mut impl Walker) {
    by.id(&mut carried.id);
    by.id(&mut carried.begun_by);
}

fn walk_purge(purge: &mut Purge, by: &mut impl Walker) {
    match purge {
        Purge::Asking { id, resumes, .. } => {
            by.id(id);
            by.ids(resumes);
        }
        Purge::Aborting { upload, of } => {
            by.id(upload);
            walk_own(of, by);
        }
        Purge::Seen { object, of } => {
            by.id(object);
            walk_own(of, by);
        }
        Purge::Looking(of) | Purge::Sending(of) | Purge::Forgetting(of) => walk_own(of, by),
        Purge::Done | Purge::Failed => {}
    }
}

fn walk_own(own: &mut Own, by: &mut impl Walker) {
    by.id(&mut own.purging.id);
    by.until(&mut own.purging.lease);
    if let Some(until) = &mut own.purging.run_until {
        by.until(until);
    }
}

fn walk_requester(requester: &mut Requester, by: &mut impl Walker) {
    match requester {
        Requester::At(seen) => walk_seen(seen, by),
        Requester::Claiming { attempt, .. } | Requester::Releasing(attempt) => by.id(attempt),
        Requester::Renewing { attempt, seen } => {
            by.id(attempt);
            by.ids(seen);
        }
        Requester::Done => {}
    }
}

fn walk_seen(seen: &mut Seen, by: &mut impl Walker) {
    match seen {
        Seen::Nothing | Seen::Waiting | Seen::Entry(None) => {}
        Seen::Entry(Some(entry)) | Seen::Claimed(entry) => walk_entry(entry, by),
        Seen::Looked(entry, object) | Seen::ClaimedAndLooked(entry, object) => {
            walk_entry(entry, by);
            if let Some(object) = object {
                walk_object(object, by);
            }
        }
    }
}

fn walk_sent(sent: &mut Sent, by: &mut impl Walker) {
    by.until(&mut sent.not_before);
    match &mut sent.what {
        What::Put {
            attempt,
            seen,
            upload,
        } => {
            by.ids(attempt);
            by.ids(seen.iter_mut().flatten());
            if let Some(upload) = upload {
                walk_carried(upload, by);
            }
        }
        What::Purge { id, .. } => by.id(id),
    }
}
