//! The `cloud-mirror` command.

use std::error::Error;
use std::process::ExitCode;

use clap::Parser as _;
use cloud_mirror::args::{Args, Command, Config, Pools, Ranges};
use cloud_mirror::operator::{self, Context, Outcome};
use cloud_mirror::serve;
use cloud_mirror_config::{Env as _, ProcessEnv};
use cloud_mirror_runtime::telemetry;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let env = ProcessEnv;
    let levels = env.get("RUST_LOG");
    let levels = levels.as_deref().or(default_levels(&args.command));
    telemetry::init(args.log_format.into(), levels);
    let context = Context {
        env: &env,
        json: args.json,
    };
    match run(args.command, &context).await {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Faulty) => ExitCode::from(1),
        Err(error) => {
            context.fail(&error.to_string());
            ExitCode::from(2)
        }
    }
}

/// The operator's commands say themselves what there is to say, in words for him: what their libraries
/// say besides is for who asks for it.
fn default_levels(command: &Command) -> Option<&'static str> {
    match command {
        Command::Serve(_) => None,
        _ => Some("error"),
    }
}

async fn run(command: Command, context: &Context<'_>) -> Result<Outcome, Box<dyn Error>> {
    Ok(match command {
        Command::Serve(arguments) => done(serve::run(&arguments, context.env).await?),
        Command::Pools(Pools::Ensure(arguments)) => {
            operator::pools::run(&arguments, context).await?
        }
        Command::Config(Config::Check(arguments)) => operator::check::run(&arguments, context)?,
        Command::Ranges(Ranges::Update(arguments)) => operator::ranges::run(&arguments, context)?,
        Command::Url(arguments) => operator::url::run(&arguments, context).await?,
        Command::Get(arguments) => operator::get::run(&arguments, context).await?,
        Command::Status(arguments) => operator::status::run(&arguments, context).await?,
        Command::Purge(arguments) => operator::purge::run(&arguments, context).await?,
        Command::Prefetch(arguments) => operator::prefetch::run(&arguments, context).await?,
        Command::Redrive(arguments) => operator::redrive::run(&arguments, context).await?,
        Command::Doctor(arguments) => operator::doctor::run(&arguments, context).await?,
    })
}

fn done((): ()) -> Outcome {
    Outcome::Done
}
