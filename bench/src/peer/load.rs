//! The load: wrk on its own core, and what it says.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Instant;

use serde::Deserialize;
use tokio::process::Command;

use crate::Outcome;
use crate::peer::{GENERATORS_CORE, pinned, urls};
use crate::process;

/// A prime number, so that steps of it visit every one of many URLs before any a second time, each far
/// from the one before; but where their number can be divided by it.
const STEP: u32 = 618_041;

/// What wrk is told to say when it is done: its own report rounds, and has many units.
const DONE: &str = r#"
done = function(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '{"requests":%d,"microseconds":%d,"median":%d,"p99":%d,"failures":%d}\n',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
        errors.connect + errors.read + errors.write + errors.timeout + errors.status))
end
"#;

/// What wrk is told to ask.
pub(crate) struct Asked {
    /// Which server, and what, where the script says nothing else.
    pub(crate) url: String,
    pub(crate) script: PathBuf,
    pub(crate) connections: u32,
}

/// What wrk says. Its latencies are corrected for what it would have asked while it waited for an answer.
#[derive(Debug, Deserialize)]
struct Said {
    requests: u64,
    microseconds: u64,
    /// Microseconds, as the next.
    median: u64,
    p99: u64,
    /// Answers with another status than 2xx or 3xx, and everything that went wrong with a connection.
    failures: u64,
}

/// What a load has met.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) requests: u64,
    pub(crate) seconds: f64,
    pub(crate) median_milliseconds: f64,
    pub(crate) p99_milliseconds: f64,
    /// How busy the generator was, of one core.
    pub(crate) busy: f64,
}

/// A number of entries of which every one will be asked for.
pub(crate) fn read_entries(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(entries) if entries > urls::MOST => Err(format!("at most {}", urls::MOST)),
        Ok(entries) if entries > 0 && entries % STEP == 0 => {
            Err(format!("steps of {STEP} would not visit all of so many"))
        }
        Ok(entries) => Ok(entries),
        Err(error) => Err(error.to_string()),
    }
}

/// What is asked for, as a script for wrk. One URL costs no script anything: wrk asks as it does without
/// one.
pub(crate) fn script(base_url: &str, urls: u32) -> String {
    match urls {
        1 => DONE.to_owned(),
        _ => format!("{}{DONE}", cycle(base_url, urls)),
    }
}

/// Joins a request of four parts that are there already: that is all it costs the generator.
fn cycle(base_url: &str, urls: u32) -> String {
    let host = base_url.trim_start_matches("http://");
    let start = urls::path_of_start();
    let digits: Vec<_> = (0..1_000).map(urls::digits).collect();
    let digits = digits.join("\",\"");
    format!(
        r#"
local start = "GET {start}"
local rest = " HTTP/1.1\r\nHost: {host}\r\n\r\n"
local digits = {{"{digits}"}}
local number = 0
request = function()
    number = (number + {STEP}) % {urls}
    local low = number % 1000
    return start .. digits[(number - low) / 1000 + 1] .. digits[low + 1] .. rest
end
"#
    )
}

impl Asked {
    /// Asks for so many seconds. What went wrong with any request is an error.
    pub(crate) async fn run(&self, seconds: u32) -> Outcome<Load> {
        let (began, before) = (Instant::now(), process::seconds_of_ended()?);
        let output = self.command(seconds).output().await?;
        let used = process::seconds_of_ended()? - before;
        let busy = used / began.elapsed().as_secs_f64();
        let text = String::from_utf8(output.stdout)?;
        match output.status.success() {
            true => Ok(read(&text)?.met(busy)),
            false => Err(format!("wrk has failed: {text}").into()),
        }
    }

    fn command(&self, seconds: u32) -> Command {
        let mut command = pinned::on(GENERATORS_CORE, "wrk");
        command.args(["-t1", &format!("-c{}", self.connections)]);
        command.arg(format!("-d{seconds}s"));
        command.arg("-s").arg(&self.script).arg(&self.url);
        command.stderr(Stdio::inherit());
        command
    }
}

/// The line among its report's.
fn read(text: &str) -> Outcome<Said> {
    let line = text.lines().find(|line| line.starts_with('{'));
    let said: Said = serde_json::from_str(line.ok_or("wrk says nothing; is it 4.1.0?")?)?;
    match (said.failures, said.requests) {
        (0, 1..) => Ok(said),
        _ => Err(format!("requests have failed: {said:?}").into()),
    }
}

impl Said {
    fn met(&self, busy: f64) -> Load {
        Load {
            requests: self.requests,
            seconds: self.microseconds as f64 / 1e6,
            median_milliseconds: self.median as f64 / 1e3,
            p99_milliseconds: self.p99 as f64 / 1e3,
            busy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wrk_says_is_among_its_report() {
        let text = "Running 2s test\n{\"requests\":8,\"microseconds\":2000000,\"median\":70,\"p99\":1500,\"failures\":0}\n";
        let load = read(text).unwrap().met(0.5);
        assert_eq!((load.requests, load.seconds), (8, 2.0));
        assert_eq!(
            (load.median_milliseconds, load.p99_milliseconds),
            (0.07, 1.5)
        );
    }

    #[test]
    fn a_load_with_a_failure_is_no_figure() {
        let failed = r#"{"requests":8,"microseconds":1,"median":1,"p99":1,"failures":1}"#;
        let nothing = r#"{"requests":0,"microseconds":1,"median":1,"p99":1,"failures":0}"#;
        for text in [failed, nothing, "Running 2s test\n"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_url_has_its_turn() {
        for urls in [10_000, super::super::REMEMBERED, 1_000_000] {
            assert_eq!(read_entries(&urls.to_string()), Ok(urls));
            let urls = urls as usize;
            let mut seen = vec![false; urls];
            let mut number = 0;
            for _ in 0..urls {
                number = (number + STEP as usize) % urls;
                seen[number] = true;
            }
            assert!(seen.into_iter().all(|seen| seen));
        }
    }

    #[test]
    fn a_number_of_urls_of_which_some_would_never_be_asked_for_is_refused() {
        assert!(read_entries("618041").unwrap_err().contains("not visit"));
        assert!(read_entries("1000001").unwrap_err().contains("at most"));
        assert!(read_entries("many").is_err());
        assert_eq!(read_entries("0"), Ok(0));
    }
}
