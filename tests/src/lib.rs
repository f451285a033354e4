//! What the end-to-end stories need: a deployment to tell them on, an origin, and a client.
//!
//! A story takes a [`Stage`] and knows nothing of what it runs on, so that one list of stories
//! is told on every kind of deployment.

#![allow(clippy::unwrap_used, reason = "everything here runs in tests")]

pub mod aftermath;
mod aws;
mod client;
mod deployed;
mod deployment;
mod in_process;
mod mirror;
mod origin;
mod own_store;
mod processes;
mod setup;
mod stage;
mod watch;
pub mod wired;

pub use client::{Answer, Client};
pub use deployed::{Deployed, Stack};
pub use deployment::Deployment;
pub use in_process::InProcess;
pub use mirror::{Mirror, eventually};
pub use origin::Origin;
pub use processes::{Deed, Diary, Killed, Processes, Role, What};
pub use setup::Setup;
pub use stage::Stage;
pub use watch::{Answers, Judgement, Watch};
