//! What the process is to be: arguments, configuration and a bound socket.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use cloud_mirror_config::{Config, Env, Placeholders};
use http::uri::Authority;
use tokio::net::TcpListener;
use tracing::warn;

use super::ServeError;
use super::args::{Args, Backend};

/// The configuration that is used without `--config`.
const DEFAULT: &str = include_str!("../default.toml");

/// What the process is to be. The socket is bound already, so that its port is known to the
/// configuration and nobody can take it in between.
pub struct Settings {
    /// The validated configuration.
    pub config: Config,
    /// The bound socket.
    pub listener: TcpListener,
    /// `http://host:port`, as clients reach this process.
    pub base_url: String,
    /// The folder that is served under `/origin/`.
    pub origin_folder: PathBuf,
    /// Where the configuration came from, for a person to read.
    pub config_name: String,
    /// Whether the embedded configuration is used, so that the samples are mirrored.
    pub samples: bool,
}

impl Settings {
    /// Binds the socket, then reads and validates the configuration.
    pub async fn read(arguments: &Args, env: &dyn Env) -> Result<Self, ServeError> {
        if arguments.backend == Backend::Aws && arguments.config.is_none() {
            return Err(ServeError::NoConfig);
        }
        let address = arguments.listen;
        let refused = |error| ServeError::Listen { address, error };
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        let bound = listener.local_addr().map_err(refused)?;
        let host = public_host(arguments, bound)?;
        let data = arguments.data.to_str();
        let data = data.ok_or_else(|| ServeError::DataName(arguments.data.clone()))?;
        let place = Placeholders::default().with_data(data).with_listen(&host);
        let config = match &arguments.config {
            Some(file) => Config::load(file, &place, env)?,
            None => Config::parse(DEFAULT, &place, env)?,
        };
        Ok(Self {
            config,
            listener,
            base_url: format!("http://{host}"),
            origin_folder: arguments.data.join("origin"),
            config_name: arguments
                .config
                .as_ref()
                .map_or_else(|| "embedded".into(), |file| file.display().to_string()),
            samples: arguments.config.is_none(),
        })
    }

    /// This process authorises nobody who asks for a redirect, whatever a deployed API does: whom
    /// it serves addresses of private objects must be on this machine.
    pub(crate) fn check_openness(&self) -> Result<(), ServeError> {
        let guarded = self.config.guarded_source().is_some();
        let bound = self.listener.local_addr();
        match bound {
            Ok(bound) if guarded && !bound.ip().is_loopback() => Err(ServeError::Open(bound)),
            _ => Ok(()),
        }
    }
}

/// How clients reach us: as we are told, else at the address we listen on.
fn public_host(arguments: &Args, bound: SocketAddr) -> Result<String, ServeError> {
    match &arguments.public_host {
        Some(host) if host.parse::<Authority>().is_ok() && !host.contains('@') => Ok(host.clone()),
        Some(host) => Err(ServeError::PublicHost(host.clone())),
        None => {
            let host = reachable(bound);
            if host != bound {
                warn!(
                    "clients on other machines are redirected to {host}: name this machine with --public-host"
                );
            }
            Ok(host.to_string())
        }
    }
}

/// Nobody can connect to "any address": from this machine, loopback is meant.
fn reachable(bound: SocketAddr) -> SocketAddr {
    let ip = match bound {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other.ip(),
    };
    SocketAddr::new(ip, bound.port())
}
