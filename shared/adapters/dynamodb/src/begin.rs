//! The usual `begin` as one expression.
//!
//! A message reaches a process that has seen nothing of its object, so that a compare-and-swap
//! would have to read first. The claim that a copier nearly always meets is begun blindly instead;
//! everything else falls back to the transition, on the item that the failure answers.

use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use cloud_mirror_domain::ports::{PortError, When};
use ulid::Ulid;

use crate::item::{Seen, VERSION, number, text};
use crate::store::{Store, Swap, fresh_rev};

/// What `claim::begin` writes over a pending entry.
const UPDATE: &str = "SET rev = :rev, #state.#work.#run = :run, #state.#work.#lease = :until";

/// When `claim::begin` does so: live, pending, not begun by this very run (which is answered
/// without a write), and without a live run, whose lease may be over or from a fast clock. A copy
/// whose size is noted, because an earlier run began it, is left to the transition: what it
/// writes there cannot be said in one expression for entries with and without a size. Such a copy
/// takes minutes, and one request more is nothing to it.
const CONDITION: &str = "v = :v AND #expires > :now AND #state.#status = :pending AND \
     attribute_not_exists(#state.#underway) AND \
     (attribute_not_exists(#state.#work.#run) OR (#state.#work.#run <> :run AND \
      (#state.#work.#lease <= :now OR #state.#work.#lease > :far)))";

/// Names are given as placeholders: some of them are reserved words.
const NAMES: [&str; 7] = [
    "state", "status", "work", "run", "lease", "underway", "expires",
];

impl Store {
    /// Begins a pending entry that nobody works on, in one request and knowing nothing of it.
    /// Otherwise answers the item as it is. A repetition that meets its own write is told that
    /// item, in which the transition recognises its run.
    pub(crate) async fn begin_blindly(
        &self,
        key: &str,
        run: Ulid,
        when: &When,
    ) -> Result<Swap, PortError> {
        let lease = when.terms.lifetimes.lease;
        let client = self.ask().await;
        let mut update = client.update_item().table_name(&self.table);
        for name in NAMES {
            update = update.expression_attribute_names(format!("#{name}"), name);
        }
        let sent = update
            .key("id", text(key))
            .update_expression(UPDATE)
            .condition_expression(CONDITION)
            .expression_attribute_values(":v", number(VERSION))
            .expression_attribute_values(":rev", fresh_rev())
            .expression_attribute_values(":run", text(run.to_string()))
            .expression_attribute_values(":pending", text("pending"))
            .expression_attribute_values(":now", number(when.now.as_millis()))
            .expression_attribute_values(":until", number((when.now + lease).as_millis()))
            .expression_attribute_values(":far", number((when.now + lease * 2).as_millis()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let sent = sent.map(|done| Seen::of_answer(done.attributes));
        self.swapped(key, sent, |_| false)
    }
}
