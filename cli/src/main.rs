//! The `cloud-mirror` command.

use std::error::Error;
use std::process::ExitCode;

use clap::Parser as _;
use cloud_mirror::args::{Args, Command, Config, Pools};
use cloud_mirror::{operator, serve};
use cloud_mirror_config::{Env as _, ProcessEnv};
use cloud_mirror_runtime::telemetry;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let env = ProcessEnv;
    telemetry::init(args.log_format.into(), env.get("RUST_LOG").as_deref());
    match run(args.command, &env).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cloud-mirror: {error}");
            ExitCode::from(2)
        }
    }
}

async fn run(command: Command, env: &ProcessEnv) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Serve(arguments) => serve::run(&arguments, env).await?,
        Command::Pools(Pools::Ensure(arguments)) => operator::ensure(&arguments, env).await?,
        Command::Config(Config::Check(arguments)) => operator::check(&arguments, env)?,
    }
    Ok(())
}
