//! Where and with what something was measured, without which a figure says little.

use std::fs::read_to_string;

use tokio::process::Command;

use crate::Outcome;

/// What must stand beside every figure, as a Markdown table. Without a second core, or without one of the
/// programs, this is an error that says what to do.
pub(crate) async fn facts() -> Outcome<String> {
    let cores = std::thread::available_parallelism()?;
    if cores.get() < 2 {
        return Err("a server and its load need a core each, and here is one".into());
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rows = [
        (
            "command",
            format!("`cloud-mirror-bench {}`", arguments.join(" ")),
        ),
        ("date", said("date", &["-u", "+%F %H:%M UTC"]).await?),
        ("processor", format!("{cores} × {}", processor()?)),
        ("system", said("uname", &["-srm"]).await?),
        ("load before", read_to_string("/proc/loadavg")?),
        ("rustc", said("rustc", &["--version"]).await?),
        ("nginx", said("nginx", &["-v"]).await?),
        ("wrk", said("wrk", &["-v"]).await?),
    ];
    let rows = rows.map(|(name, value)| format!("| {name} | {} |\n", value.trim()));
    Ok(format!("| | |\n|---|---|\n{}", rows.concat()))
}

fn processor() -> Outcome<String> {
    let text = read_to_string("/proc/cpuinfo")?;
    let mut names = text.lines().filter(|line| line.starts_with("model name"));
    let name = names.next().and_then(|line| line.split_once(": "));
    Ok(name.map_or("unnamed", |(_, name)| name).to_owned())
}

/// The first line that a program says, wherever it says it and however it ends: wrk and nginx differ.
async fn said(program: &str, arguments: &[&str]) -> Outcome<String> {
    let output = Command::new(program).args(arguments).output().await;
    let output = output.map_err(|error| {
        format!(
            "{program}: {error}; scripts/bench-peer installs nginx and wrk and knows where they are"
        )
    })?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
