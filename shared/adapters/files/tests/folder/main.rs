//! What a file pool promises beyond the ports: what lies in its folder, and for how long.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests, too, panic as tests do"
)]

mod ageing;
mod restarts;
mod serving;
mod support;
