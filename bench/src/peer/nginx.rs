//! The peer.
//!
//! Its redirect is a plain `return 302` with our headers, which is the least work that nginx can have
//! with them. Its body is therefore nginx's own, HTML instead of our JSON, and so is `Content-Type`: with
//! our body (`error_page 302 =302 @json`, and there `return 200 '{…}'`) nginx takes a longer way inside,
//! and a ceiling must not be lowered. That both answers are of one size, but
//! for a tenth, is checked.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use cloud_mirror_domain::url::to_base64url;
use tokio::net::TcpStream;

use crate::Outcome;
use crate::peer::pinned::{self, Pinned};
use crate::peer::turn::Running;
use crate::peer::{SERVERS_CORE, urls};

/// Tries of ten milliseconds, until it listens.
const TRIES: u32 = 1_000;

/// Starts it in a folder.
pub(crate) async fn start(folder: &Path) -> Outcome<Running> {
    let address = free_address()?;
    let configuration = folder.join("nginx.conf");
    std::fs::write(&configuration, text(address))?;
    let mut command = pinned::on(SERVERS_CORE, "nginx");
    command.arg("-p").arg(folder).arg("-c").arg(&configuration);
    command.arg("-e").arg(folder.join("error.log"));
    let (process, _) = Pinned::start(command)?;
    until_it_listens(address).await?;
    Ok(Running {
        process,
        _stdout: None,
        base_url: format!("http://{address}"),
        log: folder.join("access.log"),
        mark: "\" 302 ",
    })
}

/// Free a moment ago: nginx cannot say which one it took.
fn free_address() -> Outcome<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?)
}

async fn until_it_listens(address: SocketAddr) -> Outcome<()> {
    for _ in 0..TRIES {
        if TcpStream::connect(address).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Err("nginx does not listen; it says why above".into())
}

/// One process is one worker's loop without a master beside it, so that nothing is left behind when it is
/// ended. Connections are never closed for their age, as ours are not.
fn text(address: SocketAddr) -> String {
    let replica = to_base64url(&urls::of_many(0));
    let pool = urls::POOL.replace('/', "_");
    format!(
        r#"
daemon off;
master_process off;
worker_processes 1;
pid nginx.pid;
error_log error.log;
events {{ worker_connections 1024; }}
http {{
    access_log access.log combined;
    client_body_temp_path client_body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    server_tokens off;
    server {{
        listen {address};
        location / {{
            add_header Cache-Control "private, max-age=60";
            add_header Cache-Status "cloud-mirror; hit; ttl=80000";
            add_header X-Cloud-Mirror-Pool {pool};
            add_header X-Request-Id $request_id;
            return 302 http://{address}/pool/{}/{replica};
        }}
    }}
}}
"#,
        urls::POOL
    )
}
