//! One request, before anything is measured: a benchmark of a wrong answer is worth nothing.

use std::str;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Outcome;
use crate::peer::urls;

/// An answer, as its bytes came.
#[derive(Debug)]
pub(crate) struct Answer(Vec<u8>);

/// Asks as the generator does, and reads one answer.
pub(crate) async fn ask(base_url: &str, path: &str) -> Outcome<Answer> {
    let host = base_url.trim_start_matches("http://");
    let mut connection = TcpStream::connect(host).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    connection.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    while !is_complete(&bytes)? {
        if connection.read_buf(&mut bytes).await? == 0 {
            return Err("the server hung up before it had answered".into());
        }
    }
    Ok(Answer(bytes))
}

fn is_complete(bytes: &[u8]) -> Outcome<bool> {
    let Some((head, body)) = str::from_utf8(bytes)?.split_once("\r\n\r\n") else {
        return Ok(false);
    };
    let length = header(head, "content-length").ok_or("no Content-Length")?;
    Ok(body.len() >= length.parse()?)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let headers = head.lines().filter_map(|line| line.split_once(": "));
    let mut named = headers.filter(|(found, _)| found.eq_ignore_ascii_case(name));
    named.next().map(|(_, value)| value)
}

impl Answer {
    /// All its bytes: status line, headers and body.
    pub(crate) fn size(&self) -> usize {
        self.0.len()
    }

    /// Whether this redirects to a replica, with all that a hit is answered with.
    pub(crate) fn check(&self, base_url: &str) -> Outcome<()> {
        let text = str::from_utf8(&self.0)?;
        let pool = urls::POOL.replace('/', "_");
        let replica = format!("{base_url}/pool/{}/", urls::POOL);
        let begins = [
            ("cache-control", "private, max-age=60"),
            ("cache-status", "cloud-mirror; hit; ttl="),
            ("content-type", ""),
            ("date", ""),
            ("location", &replica),
            ("x-cloud-mirror-pool", &pool),
            ("x-request-id", ""),
        ];
        let wrong = begins.into_iter().find(|(name, begin)| {
            !header(text, name).is_some_and(|value| value.starts_with(begin))
        });
        match wrong {
            Some((name, begin)) => Err(format!("{name} is not {begin:?} in {text}").into()),
            None if text.starts_with("HTTP/1.1 302 ") => Ok(()),
            None => Err(format!("no redirect: {text}").into()),
        }
    }
}

/// Nobody may have much more to send than another.
pub(crate) fn same_size(sizes: impl Iterator<Item = usize> + Clone) -> Outcome<()> {
    let (least, most) = (sizes.clone().min(), sizes.max());
    match least.zip(most) {
        Some((least, most)) if most * 10 > least * 11 => {
            Err(format!("answers differ by more than a tenth: {least} and {most} bytes").into())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HIT: &str = "HTTP/1.1 302 Found\r\nContent-Type: text/html\r\nDate: now\r\n\
        Location: http://127.0.0.1:1/pool/file/eu-central-1/x\r\nContent-Length: 2\r\n\
        Cache-Control: private, max-age=60\r\nCache-Status: cloud-mirror; hit; ttl=7\r\n\
        X-Cloud-Mirror-Pool: file_eu-central-1\r\nX-Request-Id: 1\r\n\r\n{}";

    fn answer(text: &str) -> Answer {
        Answer(text.as_bytes().to_vec())
    }

    #[test]
    fn only_a_hit_is_measured() {
        let base_url = "http://127.0.0.1:1";
        answer(HIT).check(base_url).unwrap();
        for (right, wrong) in [
            ("302", "307"),
            ("; hit", "; fwd=miss"),
            ("X-Request-Id: 1\r\n", ""),
            ("/pool/", "/origin/"),
        ] {
            let other = answer(&HIT.replace(right, wrong));
            assert!(other.check(base_url).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_answer_is_complete_with_its_body() {
        assert!(is_complete(HIT.as_bytes()).unwrap());
        assert!(!is_complete(&HIT.as_bytes()[..HIT.len() - 1]).unwrap());
        assert!(!is_complete(b"HTTP/1.1 302 Found\r\n").unwrap());
    }

    #[test]
    fn answers_may_differ_by_a_tenth() {
        assert!(same_size([100, 105, 110].into_iter()).is_ok());
        assert!(same_size([100, 111].into_iter()).is_err());
    }
}
