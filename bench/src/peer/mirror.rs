//! The mirror: the command as it is, or a process of this program with the very same server in it, over
//! a table that holds many entries already, which nobody can bring about from outside.

use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::Outcome;
use crate::peer::pinned::{self, Pinned};
use crate::peer::probe;
use crate::peer::server::Server;
use crate::peer::turn::Running;
use crate::peer::{SERVERS_CORE, urls};

/// What the one object holds; its size is of no concern to a redirect.
const OBJECT: &[u8] = b"0123456789";

/// Starts the command in a folder, and has it copy its one object.
pub(crate) async fn of_one(command: &Path, server: Server, folder: &Path) -> Outcome<Running> {
    let mut command = pinned::on(SERVERS_CORE, command);
    command.args(["serve", "--listen", "127.0.0.1:0"]);
    let running = start(command, server, folder).await?;
    let origin = folder.join("data/origin");
    std::fs::create_dir_all(&origin)?;
    std::fs::write(origin.join(urls::name_of_one(&running.base_url)), OBJECT)?;
    let url = urls::of_one(&running.base_url);
    probe::ask(&running.base_url, &urls::path(&url)).await?;
    Ok(running)
}

/// Starts the same server in a folder, with so many entries in its table.
pub(crate) async fn of_many(entries: u32, server: Server, folder: &Path) -> Outcome<Running> {
    let mut command = pinned::on(SERVERS_CORE, std::env::current_exe()?);
    command.args(["filled", "--entries", &entries.to_string()]);
    command.stdin(Stdio::piped());
    start(command, server, folder).await
}

/// One worker thread, the log in a file, and its first line says where it listens.
async fn start(mut command: Command, server: Server, folder: &Path) -> Outcome<Running> {
    let (configuration, log) = (folder.join("mirror.toml"), folder.join("log"));
    std::fs::write(&configuration, text(server))?;
    command.arg("--config").arg(configuration);
    command.arg("--data").arg(folder.join("data"));
    command.env("TOKIO_WORKER_THREADS", "1");
    command.env_remove("RUST_LOG").stdout(Stdio::piped());
    command.stderr(std::fs::File::create(&log)?);
    let (process, stdout) = Pinned::start(command)?;
    let mut stdout = BufReader::new(stdout.ok_or("no standard output")?).lines();
    let Some(line) = stdout.next_line().await? else {
        let log = std::fs::read_to_string(&log)?;
        return Err(format!("the mirror does not start: {log}").into());
    };
    let base_url = line.split_ascii_whitespace().last().unwrap_or_default();
    Ok(Running {
        process,
        base_url: base_url.to_owned(),
        _stdout: Some(stdout),
        log,
        mark: "answer=\"hit\"",
    })
}

/// As short as a configuration can be that has both sources.
fn text(server: Server) -> String {
    let (source, hot_cache) = (urls::SOURCE_OF_MANY, server.hot_cache());
    format!(
        r#"
        [lifetimes]
        hot_cache = "{hot_cache}"

        [[source]]
        url = "{source}"

        [[source]]
        url = "http://{{listen}}/origin/"
        allow_http = true
        allow_private = true

        [[pool]]
        service = "file"
        regions = ["eu-central-1"]
        path = "{{data}}/pools/{{region}}"
        "#
    )
}
