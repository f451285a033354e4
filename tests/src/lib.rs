//! What the end-to-end stories need: a deployment to tell them on, an origin, and a client.
//!
//! A story takes a [`Stage`] and knows nothing of what it runs on, so that one list of stories
//! is told on every kind of deployment.

#![allow(clippy::unwrap_used, reason = "everything here runs in tests")]

mod client;
mod deployment;
mod in_process;
mod stage;

pub use client::{Answer, Client};
pub use deployment::{Deployment, Setup};
pub use in_process::InProcess;
pub use stage::{Mirror, Stage, eventually};
