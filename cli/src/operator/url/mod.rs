//! `cloud-mirror url`: the address to ask a mirror for a URL.

use std::fmt;

use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_domain::url::SourceUrl;
use serde::Serialize;

use super::mirror::{Address, Base, Verb, WantedPool};
use super::{Context, OperatorError, Outcome, lines};

const EXAMPLES: &str = "Examples:
  cloud-mirror url --region eu-central-1 https://downloads.example.org/tool-1.2.tar.gz
  curl -fL -o tool.tar.gz \"$(cloud-mirror url --region eu-central-1 https://downloads.example.org/tool-1.2.tar.gz)\"
  cloud-mirror url --mirror https://mirror.example.com --region us-east-1 - <urls.txt

It asks nobody: whether the mirror serves the URL is seen when it is asked.

Exit codes: 0 all were printed; 1 some are no URLs, which are told on standard error; 2 nothing
was printed.";

/// The arguments of `url`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The URLs; `-` reads them from standard input, one a line.
    #[arg(required = true, value_name = "URL")]
    pub urls: Vec<String>,
    /// The mirror.
    #[command(flatten)]
    pub mirror: Address,
    /// The pool.
    #[command(flatten)]
    pub pool: WantedPool,
}

/// A line of the result.
#[derive(Serialize)]
struct Printed<'a> {
    /// The canonical source URL.
    source: &'a str,
    /// Where to ask for it.
    address: String,
}

impl fmt::Display for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)
    }
}

/// Prints the address of each URL, in their order, as soon as it is read. Asks nobody.
pub async fn run(arguments: &Args, context: &Context<'_>) -> Result<Outcome, OperatorError> {
    let (base, _) = arguments.mirror.read(context.env)?;
    let pool = arguments.pool.id(context.env)?;
    let (mut printed, mut bad) = (0_usize, 0_usize);
    for line in lines::urls(&arguments.urls) {
        let line = line?;
        match line.read() {
            Ok(source) => {
                context.print(&line_for(&base, &pool, source));
                printed += 1;
            }
            Err(told) => {
                context.advise(&told);
                bad += 1;
            }
        }
    }
    match (printed, bad) {
        (0, 1..) => Err(OperatorError::Unable("none of these is a URL that a mirror reads; write them like https://downloads.example.org/tool-1.2.tar.gz".to_owned())),
        (_, 0) => Ok(Outcome::Done),
        _ => Ok(Outcome::Faulty),
    }
}

fn line_for<'a>(base: &Base, pool: &PoolId, source: &'a SourceUrl) -> Printed<'a> {
    Printed {
        source: source.as_str(),
        address: base.address(Verb::Redirect, pool, source),
    }
}
