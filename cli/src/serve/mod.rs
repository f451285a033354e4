//! `cloud-mirror serve`: the three functions as one process.

pub mod args;
mod banner;
mod error;
mod guard;
mod lock;
mod replica;
mod router;
mod samples;
mod server;
mod settings;
pub(crate) mod signals;
mod sweeper;
mod worker;

pub use error::ServeError;
pub use server::Server;
pub use settings::Settings;
pub use worker::event_of;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use cloud_mirror_config::Env;
use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_files::FilePool;
use cloud_mirror_runtime::{Aws, Backend, Local, SystemClock};

use self::signals::Signals;

/// How much longer than the longest wait the process may take to stop: a client that does not read
/// or a source that drips must not keep it for ever.
const STOPPING: Duration = Duration::from_secs(10);

/// Runs until a signal asks it to stop, then finishes what is in flight.
pub async fn run(arguments: &args::Args, env: &dyn Env) -> Result<(), ServeError> {
    let mut signals = Signals::listen().map_err(ServeError::Signals)?;
    let _lock = match arguments.backend {
        args::Backend::Local => Some(lock::hold(&arguments.data)?),
        args::Backend::Aws => None,
    };
    let settings = Settings::read(arguments, env).await?;
    let (backend, files) = open(arguments.backend, &settings, env).await?;
    if settings.samples {
        samples::lay_out(&settings.origin_folder).await?;
    }
    banner::print(&settings);
    let longest = settings.config.policy.wait.total + STOPPING;
    let server = Server::start(settings, backend, files)?;
    signals.next().await;
    eprintln!("stopping: finishing what is in flight; stop again to end at once");
    tokio::select! {
        () = server.stop() => Ok(()),
        () = tokio::time::sleep(longest) => Err(ServeError::Unfinished(longest)),
        () = signals.next() => std::process::exit(130),
    }
}

/// What the process runs on, and the folders whose replicas it serves itself.
async fn open(
    backend: args::Backend,
    settings: &Settings,
    env: &dyn Env,
) -> Result<(Backend, HashMap<PoolId, FilePool>), ServeError> {
    let (config, clock) = (&settings.config, Arc::new(SystemClock));
    match backend {
        args::Backend::Local => {
            let local = Local::open(config, &settings.base_url, clock).await?;
            Ok((local.backend, local.files))
        }
        args::Backend::Aws => {
            settings.check_openness()?;
            let aws = Aws::open(config.clone(), env, clock).await?;
            Ok((aws.backend()?, HashMap::new()))
        }
    }
}
