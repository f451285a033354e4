//! `cloud-mirror doctor`: what is wrong with a deployment, and what to do.
//!
//! First everything is looked at, side by side (`observe`); then every check judges what was seen.
//! A check is a function of what was seen and touches nothing, and all of them judge: one fault
//! hides no other. What could not be looked at is never taken for well.
//!
//! | look in | for |
//! |---|---|
//! | `observe` | what is looked at |
//! | `finding` | what a check says |
//! | `configuration`, `surroundings`, `table`, `queues`, `pools`, `elsewhere`, `sources`, `mirror` | the checks |

mod configuration;
mod elsewhere;
mod finding;
mod mirror;
mod observe;
mod pools;
mod queues;
mod sources;
mod surroundings;
mod table;

use std::fmt;

use super::outputs::Deployment;
use super::{Context, OperatorError, Outcome, check};
use finding::{Finding, State};
use observe::Observed;

const EXAMPLES: &str = "\
Each line says ok, FAULT or ? (it could not be looked at), and below what is not ok, what to do.
Exit code 0: all is well. 1: not all is well. 2: it could not even begin.

It reads, and changes nothing. Sources are tried with your own credentials, not with the copier's.

Examples:
  cloud-mirror doctor --outputs outputs.json --samconfig samconfig.toml
  cloud-mirror doctor --outputs outputs.json --samconfig samconfig.toml --waiters 1000
  cloud-mirror doctor --outputs outputs.json --samconfig samconfig.toml --json | jq 'select(.state != \"ok\")'

The stack's outputs are what SAM prints:
  sam list stack-outputs --stack-name cloud-mirror --output json >outputs.json";

/// The arguments of `doctor`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The deployment.
    #[command(flatten)]
    pub deployment: Deployment,
    /// The mirror's address; without it the Endpoint of --outputs.
    #[arg(
        long,
        env = "CLOUD_MIRROR_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub mirror: Option<String>,
    /// The configuration, and the template's parameters that it must fit.
    #[command(flatten)]
    pub check: check::Args,
    /// How many requests are expected to wait for copies at the same time; each holds a function
    /// for as long.
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub waiters: u64,
}

/// All checks, in the order in which their findings are told: first what others stand on.
const CHECKS: [fn(&Observed) -> Vec<Finding>; 14] = [
    configuration::is_valid,
    configuration::fits_the_template,
    configuration::keeps_private_sources_private,
    surroundings::region,
    surroundings::credentials,
    surroundings::clock,
    surroundings::concurrency,
    table::is_ours,
    queues::keep_messages,
    pools::hold_replicas,
    elsewhere::hold_replicas,
    sources::can_be_read,
    elsewhere::can_be_read,
    mirror::answers,
];

/// Looks at everything, prints a finding for every check, and is `Faulty` unless all is well.
/// Changes nothing, and may be repeated.
pub async fn run(arguments: &Args, context: &Context<'_>) -> Result<Outcome, OperatorError> {
    let observed = observe::observe(arguments, context.env).await?;
    let findings: Vec<_> = CHECKS.iter().flat_map(|check| check(&observed)).collect();
    for finding in &findings {
        context.print(finding);
    }
    if !context.json {
        println!("{}", Summary(&findings));
    }
    let well = findings.iter().all(Finding::is_ok);
    Ok(if well { Outcome::Done } else { Outcome::Faulty })
}

/// How many findings there are of each kind.
struct Summary<'a>(&'a [Finding]);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |state: fn(&State) -> bool| {
            let of_it = self.0.iter().filter(|finding| state(&finding.state));
            of_it.count()
        };
        let ok = count(|state| matches!(state, State::Ok { .. }));
        let faults = count(|state| matches!(state, State::Fault { .. }));
        let unknown = count(|state| matches!(state, State::Unknown { .. }));
        write!(f, "\n{ok} ok, {faults} at fault, {unknown} not looked at")
    }
}
