//! What a line of the ledger says.

use cloud_mirror_tests::wired::{Counts, Who};

/// A kind of request, and every call that it costs.
pub(crate) struct Story {
    /// What happens, in a few words.
    pub(crate) title: &'static str,
    /// Its calls, in blocks that stories share, nearly in the order in which they are made.
    pub(crate) blocks: &'static [&'static [Line]],
}

/// A call, by whom, how often, and why it is there.
pub(crate) struct Line {
    pub(crate) who: Who,
    pub(crate) call: &'static str,
    pub(crate) times: Times,
    pub(crate) why: &'static str,
}

/// How often a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Times {
    /// So often.
    Exactly(usize),
    /// Once for each look of a wait, which depends on how long that is; at least once.
    EachLook,
    /// Once for each part.
    EachPart,
    /// Once for each part at most, which is no part of the counts.
    EachPartAtMost,
    /// Once at most, which is no part of the counts.
    OnceAtMost,
}

impl Story {
    pub(crate) fn lines(&self) -> impl Iterator<Item = &'static Line> {
        self.blocks.iter().flat_map(|block| block.iter())
    }

    /// What the story costs where a wait looks so often and an object has so many parts.
    pub(crate) fn counts(&self, looks: usize, parts: usize) -> Counts {
        let mut counts = Counts::new();
        for line in self.lines() {
            let times = match line.times {
                Times::Exactly(times) => times,
                Times::EachLook => looks,
                Times::EachPart => parts,
                Times::EachPartAtMost | Times::OnceAtMost => continue,
            };
            *counts.entry((line.who, line.call.to_owned())).or_default() += times;
        }
        counts
    }

    /// How many calls an object of so many parts may cost beside those.
    pub(crate) fn at_most(&self, parts: usize) -> usize {
        let more = self.lines().map(|line| match line.times {
            Times::EachPartAtMost => parts,
            Times::OnceAtMost => 1,
            Times::Exactly(_) | Times::EachLook | Times::EachPart => 0,
        });
        more.sum()
    }

    /// Whether S3 copies by itself: then the source is a bucket, too, that a rule names.
    pub(crate) fn is_copied_by_s3(&self) -> bool {
        let copies = ["S3 CopyObject", "S3 UploadPartCopy"];
        self.lines().any(|line| copies.contains(&line.call))
    }
}

/// Makes a line.
pub(crate) const fn line(who: Who, call: &'static str, why: &'static str) -> Line {
    Line {
        who,
        call,
        times: Times::Exactly(1),
        why,
    }
}

/// The same call once for each look.
pub(crate) const fn each_look(who: Who, call: &'static str, why: &'static str) -> Line {
    Line {
        times: Times::EachLook,
        ..line(who, call, why)
    }
}

/// The same call once for each part.
pub(crate) const fn each_part(who: Who, call: &'static str, why: &'static str) -> Line {
    Line {
        times: Times::EachPart,
        ..line(who, call, why)
    }
}

/// The same call once for each part, or less often.
pub(crate) const fn each_part_at_most(who: Who, call: &'static str, why: &'static str) -> Line {
    Line {
        times: Times::EachPartAtMost,
        ..line(who, call, why)
    }
}

/// The same call once, or not at all.
pub(crate) const fn once_at_most(who: Who, call: &'static str, why: &'static str) -> Line {
    Line {
        times: Times::OnceAtMost,
        ..line(who, call, why)
    }
}
