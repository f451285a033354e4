//! The rules of Cloud Mirror, and nothing else.
//!
//! Everything here is pure and total: no AWS, no runtime, no environment, and the clock is an
//! argument. Adapters translate; functions drive; what happens is decided in this crate.
//!
//! | look in | for |
//! |---|---|
//! | [`url`] | what a client may write for `{url}`, and the one canonical form of it |
//! | [`route`] | the paths of the HTTP contract |
//! | [`asked`] | what a request says beside its path |
//! | [`rules`] | source rules and pools, and what a request resolves to |
//! | [`place`] | places in clouds, and who knows which address lies where |
//! | [`entry`] | the status table's record of a replica |
//! | [`decide`] | the one function that decides a request's fate |
//! | [`claim`] | the protocol's transitions: who may write what to an entry, and when |
//! | [`plan`] | how a copy is made, worked out before it begins |
//! | [`digest`] | the digests that a source may offer with an object |
//! | [`error`] | what can go wrong with a copy, sorted once |
//! | [`trace`] | what joins the log lines of one copy |
//! | [`ports`] | the outside world, one verb per step of the protocol |

pub mod asked;
pub mod claim;
pub mod decide;
pub mod digest;
pub mod entry;
pub mod error;
pub mod message;
pub mod place;
pub mod plan;
pub mod policy;
pub mod ports;
pub mod route;
pub mod rules;
pub mod time;
pub mod trace;
pub mod url;
