//! Blocks: the parts of uploads, as Azure names and lists them.
//!
//! Azure knows no uploads. A blob has uncommitted blocks, whoever sent them; a commit takes those that it
//! names and drops all others. So the name of a block says which upload it belongs to.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloud_mirror_domain::ports::Part;
use serde::Deserialize;
use ulid::{Generator, Ulid};

/// Writes of parts by this process, in their order.
static WRITES: Mutex<Generator> = Mutex::new(Generator::new());

/// The name of one block: all of one blob must be of one length.
///
/// It has a write of its own, so that a part that is sent again never replaces what a run has had
/// acknowledged: a run that was given up and still writes cannot change what its successor completes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BlockId {
    /// The upload that it belongs to.
    pub(crate) upload: Ulid,
    /// The part's number.
    pub(crate) number: u32,
    /// The write of the part: of two, the later one is greater, by the writers' clocks.
    write: Ulid,
}

impl BlockId {
    /// A name for another write of that part.
    pub(crate) fn new(upload: Ulid, number: u32) -> Self {
        let mut writes = WRITES.lock().unwrap_or_else(PoisonError::into_inner);
        // It fails where a millisecond has no greater one left, which is never seen.
        let write = writes.generate().unwrap_or_else(|_| Ulid::generate());
        Self {
            upload,
            number,
            write,
        }
    }

    /// As Azure takes it, and as the part's validator: 48 characters of base64.
    pub(crate) fn encoded(self) -> String {
        let mut bytes = [0; 36];
        bytes[..16].copy_from_slice(&self.upload.to_bytes());
        bytes[16..20].copy_from_slice(&self.number.to_be_bytes());
        bytes[20..].copy_from_slice(&self.write.to_bytes());
        STANDARD.encode(bytes)
    }

    /// What a block's name says; `None` where it is none of ours.
    pub(crate) fn decoded(name: &str) -> Option<Self> {
        let bytes: [u8; 36] = STANDARD.decode(name).ok()?.try_into().ok()?;
        Some(Self {
            upload: Ulid::from_bytes(bytes[..16].try_into().ok()?),
            number: u32::from_be_bytes(bytes[16..20].try_into().ok()?),
            write: Ulid::from_bytes(bytes[20..].try_into().ok()?),
        })
    }
}

/// The parts of an upload in an answer to Get Block List, by number: of each, its last write.
///
/// # Errors
/// Why the answer cannot be read.
pub(crate) fn listed(list: &str, upload: Ulid) -> Result<Vec<Part>, quick_xml::DeError> {
    let list: BlockList = quick_xml::de::from_str(list)?;
    let mut last: BTreeMap<u32, (BlockId, u64)> = BTreeMap::new();
    for block in list.uncommitted.blocks {
        let id = BlockId::decoded(&block.name).filter(|id| id.upload == upload);
        let Some(id) = id else { continue };
        let known = last.entry(id.number).or_insert((id, block.size));
        *known = (*known).max((id, block.size));
    }
    let parts = last.into_iter().map(|(number, (id, size))| Part {
        number,
        etag: id.encoded(),
        size,
    });
    Ok(parts.collect())
}

/// The body of Put Block List. Names are base64, which XML needs not escape.
pub(crate) fn commit_of(parts: &[Part]) -> String {
    let blocks = parts
        .iter()
        .map(|part| format!("<Uncommitted>{}</Uncommitted>", part.etag));
    let blocks: String = blocks.collect();
    format!(r#"<?xml version="1.0" encoding="utf-8"?><BlockList>{blocks}</BlockList>"#)
}

/// Whether these can be the parts of an upload, in the order that they must have.
pub(crate) fn are_parts_of(upload: Ulid, parts: &[Part]) -> bool {
    let ascending = parts.windows(2).all(|two| two[0].number < two[1].number);
    let ours = |part: &Part| {
        let id = BlockId::decoded(&part.etag);
        id.is_some_and(|id| id.upload == upload && id.number == part.number)
    };
    !parts.is_empty() && ascending && parts.iter().all(ours)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BlockList {
    #[serde(default, rename = "UncommittedBlocks")]
    uncommitted: Blocks,
}

#[derive(Default, Deserialize)]
struct Blocks {
    #[serde(default, rename = "Block")]
    blocks: Vec<Block>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Block {
    name: String,
    size: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(blocks: &[(BlockId, u64)]) -> String {
        let blocks = blocks.iter().map(|(id, size)| {
            format!(
                "<Block><Name>{}</Name><Size>{size}</Size></Block>",
                id.encoded()
            )
        });
        format!(
            "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList><CommittedBlocks />\
             <UncommittedBlocks>{}</UncommittedBlocks></BlockList>",
            blocks.collect::<String>()
        )
    }

    fn numbers(parts: &[Part]) -> Vec<(u32, u64)> {
        parts.iter().map(|part| (part.number, part.size)).collect()
    }

    #[test]
    fn all_names_of_blocks_have_one_length_and_say_what_they_are() {
        for number in [0, 1, 9_999, 50_000, u32::MAX] {
            let id = BlockId::new(Ulid::generate(), number);
            assert_eq!(id.encoded().len(), 48);
            assert_eq!(BlockId::decoded(&id.encoded()), Some(id));
        }
        for other in ["", "AAAA", "no base64", &STANDARD.encode([0; 37])] {
            assert_eq!(BlockId::decoded(other), None, "{other}");
        }
    }

    #[test]
    fn two_uploads_of_one_blob_do_not_mix() {
        let (ours, theirs) = (Ulid::generate(), Ulid::generate());
        let blocks = [
            (BlockId::new(ours, 2), 20),
            (BlockId::new(theirs, 1), 11),
            (BlockId::new(ours, 1), 10),
        ];
        let parts = listed(&list(&blocks), ours).unwrap();
        assert_eq!(numbers(&parts), [(1, 10), (2, 20)]);
    }

    #[test]
    fn of_a_repeated_part_the_last_write_counts_however_fast_they_follow() {
        let upload = Ulid::generate();
        let writes: Vec<_> = (0..1_000)
            .map(|size| (BlockId::new(upload, 1), size))
            .collect();
        let parts = listed(&list(&writes), upload).unwrap();
        assert_eq!(numbers(&parts), [(1, 999)]);
    }

    #[test]
    fn a_list_without_a_block_is_an_upload_without_a_part() {
        let empty = [
            "<BlockList><UncommittedBlocks /></BlockList>",
            "<BlockList/>",
            &list(&[]),
        ];
        for list in empty {
            assert_eq!(listed(list, Ulid::generate()).unwrap(), [], "{list}");
        }
        assert!(listed("not XML", Ulid::generate()).is_err());
    }

    #[test]
    fn only_ascending_parts_of_that_upload_can_be_committed() {
        let upload = Ulid::generate();
        let part = |upload, number| Part {
            number,
            etag: BlockId::new(upload, number).encoded(),
            size: 1,
        };
        let (one, two) = (part(upload, 1), part(upload, 2));
        assert!(are_parts_of(upload, &[one.clone(), two.clone()]));
        let wrong_number = Part {
            number: 3,
            ..two.clone()
        };
        for wrong in [
            vec![],
            vec![two.clone(), one.clone()],
            vec![one.clone(), one.clone()],
            vec![one.clone(), wrong_number],
            vec![one, part(Ulid::generate(), 2)],
        ] {
            assert!(!are_parts_of(upload, &wrong), "{wrong:?}");
        }
        assert!(
            commit_of(std::slice::from_ref(&two))
                .contains(&format!("<Uncommitted>{}</Uncommitted>", two.etag))
        );
    }
}
