//! The list of URLs: from a file, from standard input, or from a bucket.

use std::io::Read as _;

use cloud_mirror_domain::url::{MAX_URL_BYTES, SourceUrl, UrlError};

use super::report::Malformed;
use crate::operator::OperatorError;

/// What a list says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Listed {
    /// In the list's order, each once.
    pub(super) urls: Vec<SourceUrl>,
    /// What cannot be asked for.
    pub(super) malformed: Vec<Malformed>,
    /// How often a URL was listed again.
    pub(super) repeated: usize,
}

/// Reads a list to its end before anything is asked for: so a bad line is told at once, and it is
/// known how much there is to do. `-` is standard input.
pub(super) fn read(name: &str) -> Result<Listed, OperatorError> {
    let mut text = Vec::new();
    let read = match name {
        "-" => std::io::stdin().read_to_end(&mut text).map(drop),
        file => std::fs::read(file).map(|bytes| text = bytes),
    };
    read.map_err(|error| {
        OperatorError::Unable(format!(
            "{name}: {error}; name a file with one URL a line, - for standard input, or s3://bucket/prefix"
        ))
    })?;
    let name = if name == "-" { "standard input" } else { name };
    Ok(lines(name, &text))
}

/// One URL a line. Blank lines and those that begin with `#` say nothing.
fn lines(name: &str, text: &[u8]) -> Listed {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let mut listed = Listed::default();
    let mut known = std::collections::HashSet::new();
    for (n, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        match url(line) {
            Ok(url) if known.insert(url.clone()) => listed.urls.push(url),
            Ok(_) => listed.repeated += 1,
            // The line itself is not repeated: it may hold a secret.
            Err(problem) => listed.malformed.push(Malformed {
                place: format!("{name}:{}", n + 1),
                error: "malformed-line",
                message: problem.to_string(),
            }),
        }
    }
    listed
}

fn url(line: &[u8]) -> Result<SourceUrl, UrlError> {
    let line = std::str::from_utf8(line).map_err(|_| UrlError::Unreadable)?;
    let url = SourceUrl::parse(line)?;
    match url.as_str().len() > MAX_URL_BYTES {
        true => Err(UrlError::TooLong),
        false => Ok(url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_whole_and_each_url_once() {
        let text = "\u{feff}# all of it\r\nhttps://e.com/a\r\n\n  https://e.com/b c  \nhttps://e.com/b%20c\nhttps://e.com/last";
        let listed = lines("urls", text.as_bytes());
        let urls: Vec<_> = listed.urls.iter().map(SourceUrl::as_str).collect();
        assert_eq!(
            urls,
            [
                "https://e.com/a",
                "https://e.com/b%20c",
                "https://e.com/last"
            ]
        );
        assert_eq!((listed.malformed.len(), listed.repeated), (0, 1));
    }

    #[test]
    fn a_bad_line_is_told_by_its_number_and_without_its_text_and_holds_up_no_other() {
        let long = "x".repeat(MAX_URL_BYTES);
        let text = format!(
            "https://e.com/a\nhttps://u:hunter2@e.com/\n\nftp://e.com/\nhttps://e.com/{long}\nhttps://e.com/b\n"
        );
        let mut text = text.into_bytes();
        text.extend_from_slice(b"https://e.com/\xff\n");
        let listed = lines("urls", &text);
        assert_eq!(listed.urls.len(), 2);
        let places: Vec<_> = listed.malformed.iter().map(|bad| &*bad.place).collect();
        assert_eq!(places, ["urls:2", "urls:4", "urls:5", "urls:7"]);
        assert!(!format!("{:?}", listed.malformed).contains("hunter2"));
    }
}
