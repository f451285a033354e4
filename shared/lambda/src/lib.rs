//! Lambda's HTTP events as requests, and our answers as theirs.
//!
//! A front door (API Gateway's REST and HTTP APIs, a load balancer, a function URL) hands a
//! function its request as JSON, each in a shape of its own. [`answer`] makes an ordinary request
//! of such an event, lets a handler answer it, and gives the answer the shape that this front door
//! reads; [`serve`] does so for every event that the Lambda runtime brings. A handler therefore
//! knows nothing of Lambda.
//!
//! **No event panics, however bent**: it is answered 400, or refused as no HTTP event at all; and
//! a handler's panic is answered 500 (`docs/adr/0009-panics-in-lambda.md` says why, and why the
//! conversions of `lambda_http` are not used).

mod answer;
mod event;
mod fields;
mod kind;
mod query;
mod serve;

pub use event::Caller;
pub use kind::NotHttp;
pub use serve::{answer, serve, service};
