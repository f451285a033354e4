//! How far an upload is: where another run would go on.

use std::collections::BTreeMap;

use cloud_mirror_domain::entry::StreamProgress;
use cloud_mirror_domain::ports::Part;

use crate::lease::Lease;
use crate::upload::Ongoing;

/// Parts arrive in any order; a stream goes on after those without a gap before them.
pub(crate) struct Progressing<'a> {
    lease: &'a Lease<'a>,
    parts: BTreeMap<u32, Part>,
    without_gap: u32,
    /// Where to go on after each part that has a gap before it.
    after: BTreeMap<u32, StreamProgress>,
}

impl<'a> Progressing<'a> {
    /// Over an upload of which so many parts are there without a gap, as far as this stream knows.
    pub(crate) fn over(lease: &'a Lease<'a>, ongoing: &Ongoing, without_gap: u32) -> Self {
        Self {
            lease,
            parts: ongoing.parts.clone(),
            without_gap,
            after: BTreeMap::new(),
        }
    }

    /// A part is in the store, and there a stream would go on after it.
    pub(crate) fn there_is(&mut self, part: Part, after: Option<StreamProgress>) {
        self.after.extend(after.map(|after| (part.number, after)));
        self.parts.insert(part.number, part);
        let mut newest = None;
        while let Some(after) = self.after.remove(&(self.without_gap + 1)) {
            self.without_gap = after.parts;
            newest = Some(after);
        }
        let parts = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
        self.lease.note_progress(parts, newest);
    }

    /// How many parts there are.
    pub(crate) fn parts(&self) -> u64 {
        self.parts.len() as u64
    }

    /// All parts, by number.
    pub(crate) fn into_parts(self) -> Vec<Part> {
        self.parts.into_values().collect()
    }
}
