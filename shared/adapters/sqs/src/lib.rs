//! The copy queue on SQS.
//!
//! [`SqsQueue`] is the side that the functions see; [`SqsInbox`] is the receiving side, for a
//! process that polls the queue by itself. On AWS the event source mapping receives and
//! deletes, and a deployed function needs only the first. [`DeadLetters`] are for operators.
//!
//! The time limits are the client's: whoever makes it knows for how long its caller may wait.

mod dead_letters;
mod failure;
mod health;
mod inbox;
mod queue;
mod seconds;

pub use dead_letters::{DeadLetter, DeadLetters};
pub use health::{QueueHealth, queue_health};
pub use inbox::SqsInbox;
pub use queue::SqsQueue;
