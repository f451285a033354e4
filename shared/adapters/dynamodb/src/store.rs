//! One item, read and swapped.

use std::ops::Deref;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use cloud_mirror_domain::claim::{Answer, Transition, Write};
use cloud_mirror_domain::entry::Entry;
use cloud_mirror_domain::error::chain;
use cloud_mirror_domain::ports::{Port, PortError, Read};
use tokio::sync::{Semaphore, SemaphorePermit};
use ulid::Ulid;

use crate::item::{self, Seen, text};
use crate::known::Known;
use crate::looks::Looks;

/// Every round but the first begins with the item as it is, so that a round fails only because
/// somebody else's write came through.
const ROUNDS: u32 = 10;

/// So many calls are under way at once. A call's time limit begins when it is sent: of a thousand that
/// are sent at the same moment most would wait for this process, and be taken for a table that says
/// nothing. At 5 ms a call this is 6,400 calls a second.
const UNDER_WAY: usize = 32;

/// The table as a place for single items, with what this process knows of them.
pub(crate) struct Store {
    client: Client,
    pub(crate) table: String,
    known: Known,
    pub(crate) looks: Looks<Seen>,
    calls: Semaphore,
}

/// A client that may be asked now.
pub(crate) struct Asking<'a> {
    client: &'a Client,
    _call: Option<SemaphorePermit<'a>>,
}

impl Deref for Asking<'_> {
    type Target = Client;

    fn deref(&self) -> &Client {
        self.client
    }
}

/// What a verb starts from.
pub(crate) struct Belief {
    pub(crate) seen: Seen,
    /// Seen by this very call, not before it.
    pub(crate) fresh: bool,
}

/// How a conditional write went.
pub(crate) enum Swap {
    /// The item is now as it was to be.
    Made(Seen),
    /// It was not the expected one, but this.
    Met(Seen),
}

impl Store {
    /// The table of that name. Nothing is asked of it yet, and nothing is known.
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self {
            client,
            table,
            known: Known::default(),
            looks: Looks::default(),
            calls: Semaphore::new(UNDER_WAY),
        }
    }

    /// The client, when a call may be sent; as long as this lives the call counts as under way.
    pub(crate) async fn ask(&self) -> Asking<'_> {
        // Nobody ever closes it, so there always is a permit.
        let call = self.calls.acquire().await.ok();
        Asking {
            client: &self.client,
            _call: call,
        }
    }

    /// Reads one item and remembers it.
    pub(crate) async fn read(&self, key: &str, read: Read) -> Result<Seen, PortError> {
        let client = self.ask().await;
        let found = client
            .get_item()
            .table_name(&self.table)
            .key("id", text(key))
            .consistent_read(read == Read::Strong)
            .send()
            .await
            .map_err(failed)?;
        Ok(self.known.note(key, Seen::of_answer(found.item)))
    }

    /// Starts from what this process last saw.
    pub(crate) fn believed(&self, key: &str) -> Belief {
        Belief {
            seen: self.known.get(key),
            fresh: false,
        }
    }

    /// Makes one transition happen. What the item is believed to be may be out of date, which a
    /// write finds out by itself; what would not be written, or be deleted, is judged on a fresh
    /// look.
    ///
    /// A deletion is never sent on a mere belief, because nothing is left behind to tell whether
    /// a retry meets its own deletion or another's: after a fresh look an item that has gone
    /// counts as our own deletion.
    pub(crate) async fn transit(
        &self,
        key: &str,
        belief: Belief,
        transition: impl Fn(Option<&Entry>) -> Transition<Answer>,
    ) -> Result<Answer, PortError> {
        let done = self.transited(key, belief, transition).await;
        done.map(|(answer, _)| answer)
    }

    /// The same, and the item as it was left.
    pub(crate) async fn transited(
        &self,
        key: &str,
        mut belief: Belief,
        transition: impl Fn(Option<&Entry>) -> Transition<Answer>,
    ) -> Result<(Answer, Seen), PortError> {
        for _ in 0..ROUNDS {
            let Transition { write, answer } = transition(belief.seen.entry.as_ref());
            let swap = match write {
                Write::Nothing | Write::Delete if !belief.fresh => {
                    Swap::Met(self.read(key, Read::Strong).await?)
                }
                Write::Nothing => return Ok((answer, belief.seen)),
                Write::Put(entry) => self.put(key, &belief.seen, entry).await?,
                Write::Delete => self.delete(key, &belief.seen).await?,
            };
            belief = match swap {
                Swap::Made(seen) => return Ok((answer, seen)),
                Swap::Met(seen) => Belief { seen, fresh: true },
            };
        }
        Err(overtaken(key))
    }

    /// Writes the entry if the item is still the one that was seen.
    async fn put(&self, key: &str, seen: &Seen, entry: Entry) -> Result<Swap, PortError> {
        let rev = fresh_rev();
        let item = item::item(key, &rev, &entry).map_err(|error| failure(&error))?;
        let client = self.ask().await;
        let sent = client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(condition(seen))
            .set_expression_attribute_values(expected(seen))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let made = Seen {
            rev: Some(rev),
            entry: Some(entry),
        };
        self.swapped(key, sent.map(|_| made.clone()), |met| met.rev == made.rev)
    }

    /// Deletes the item if it is still the one that was seen.
    async fn delete(&self, key: &str, seen: &Seen) -> Result<Swap, PortError> {
        let client = self.ask().await;
        let sent = client
            .delete_item()
            .table_name(&self.table)
            .key("id", text(key))
            .condition_expression(condition(seen))
            .set_expression_attribute_values(expected(seen))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let sent = sent.map(|_| Seen::default());
        self.swapped(key, sent, |met| *met == Seen::default())
    }

    /// Judges a conditional write's answer. The SDK repeats a write whose reply was lost, and the
    /// repetition meets what the first one made: `is_own` knows it.
    pub(crate) fn swapped<E: Conditional>(
        &self,
        key: &str,
        sent: Result<Seen, SdkError<E>>,
        is_own: impl FnOnce(&Seen) -> bool,
    ) -> Result<Swap, PortError> {
        match sent {
            Ok(made) => Ok(Swap::Made(self.known.note(key, made))),
            Err(error) => {
                let check = error.as_service_error().and_then(Conditional::check);
                let item = check.map(|check| check.item.clone());
                let met = Seen::of_answer(item.ok_or_else(|| failed(error))?);
                let met = self.known.note(key, met);
                Ok(if is_own(&met) {
                    Swap::Made(met)
                } else {
                    Swap::Met(met)
                })
            }
        }
    }
}

/// A revision that no other write has.
pub(crate) fn fresh_rev() -> AttributeValue {
    text(Ulid::generate().to_string())
}

/// An item without a revision is none of ours: it may be overwritten.
fn condition(seen: &Seen) -> &'static str {
    match seen.rev {
        Some(_) => "rev = :seen",
        None => "attribute_not_exists(rev)",
    }
}

fn expected(seen: &Seen) -> Option<item::Item> {
    let rev = seen.rev.clone()?;
    Some([(":seen".to_owned(), rev)].into())
}

/// An error that may say that a condition was not met.
pub(crate) trait Conditional: std::error::Error + ProvideErrorMetadata + 'static {
    /// The failed check, with the item that it met.
    fn check(&self) -> Option<&ConditionalCheckFailedException>;
}

macro_rules! conditional {
    ($($error:ident),*) => {$(
        impl Conditional for $error {
            fn check(&self) -> Option<&ConditionalCheckFailedException> {
                match self {
                    Self::ConditionalCheckFailedException(check) => Some(check),
                    _ => None,
                }
            }
        }
    )*};
}

conditional!(PutItemError, DeleteItemError, UpdateItemError);

/// The key ends with a URL, whose query may hold a secret: it is left out.
fn overtaken(key: &str) -> PortError {
    let named = key.split('?').next().unwrap_or_default();
    let detail = format!("{named} was changed by others in each of {ROUNDS} rounds");
    PortError::new(Port::Table, detail)
}

fn failed<E: std::error::Error + 'static>(error: SdkError<E>) -> PortError {
    failure(&error)
}

fn failure(error: &(dyn std::error::Error + 'static)) -> PortError {
    PortError::new(Port::Table, chain(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_never_said() {
        let why = overtaken("s3/eu https://example.com/a?token=hunter2?b").to_string();
        let named = "s3/eu https://example.com/a was changed by others";
        assert!(why.contains(named), "{why}");
        assert!(!why.contains("hunter2"), "{why}");
    }
}
