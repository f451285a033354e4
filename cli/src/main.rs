//! The `cloud-mirror` command.

use std::process::ExitCode;

use clap::Parser as _;
use cloud_mirror::args::{Args, Command};
use cloud_mirror::serve;
use cloud_mirror_config::{Env as _, ProcessEnv};
use cloud_mirror_runtime::telemetry;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let env = ProcessEnv;
    telemetry::init(args.log_format.into(), env.get("RUST_LOG").as_deref());
    let done = match args.command {
        Command::Serve(arguments) => serve::run(&arguments, &env).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cloud-mirror: {error}");
            ExitCode::from(2)
        }
    }
}
