//! URLs as people and scripts give them: as arguments, or one a line.

use std::io::BufRead;

use cloud_mirror_domain::url::{SourceUrl, UrlError, read_path, to_base64url};

use super::OperatorError;

/// Standard input, among arguments.
const STDIN: &str = "-";

/// A URL, or why a line is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it stands: `line 3` of what is read, or nothing for an argument.
    pub place: Option<u64>,
    /// What stands there.
    pub text: String,
    /// The canonical URL.
    pub url: Result<SourceUrl, UrlError>,
}

impl Line {
    fn new(place: Option<u64>, text: &str) -> Self {
        let text = text.trim();
        Self {
            place,
            text: text.to_owned(),
            url: read(text),
        }
    }

    /// The URL, or what to tell of it: the text without its query, which may be a signature.
    pub fn read(&self) -> Result<&SourceUrl, String> {
        self.url.as_ref().map_err(|error| {
            let text = self.text.split(['?', '#']).next().unwrap_or_default();
            match self.place {
                Some(number) => format!("line {number}: {text}: {error}"),
                None => format!("{text}: {error}"),
            }
        })
    }
}

/// A URL as a mirror would read it, judged by the same parser.
pub fn url(text: &str) -> Result<SourceUrl, OperatorError> {
    let line = Line::new(None, text);
    line.read().cloned().map_err(OperatorError::Unable)
}

/// Every URL among the arguments, and where one of them is `-`, those on standard input. It is read
/// as far as the iterator is. What cannot be read any more ends it with an error.
pub fn urls(arguments: &[String]) -> impl Iterator<Item = Result<Line, OperatorError>> {
    arguments
        .iter()
        .flat_map(|argument| match argument.as_str() {
            STDIN => Box::new(of(std::io::stdin().lock())) as Box<dyn Iterator<Item = _>>,
            text => Box::new(std::iter::once(Ok(Line::new(None, text)))),
        })
}

/// The URLs of a text, one a line; empty lines and those that begin with `#` are left out.
pub fn of(text: impl BufRead) -> impl Iterator<Item = Result<Line, OperatorError>> {
    let numbered = (1..).zip(text.lines());
    numbered.filter_map(|(number, line)| match line {
        Ok(line) if line.trim().is_empty() || line.trim_start().starts_with('#') => None,
        Ok(line) => Some(Ok(Line::new(Some(number), &line))),
        Err(error) => Some(Err(OperatorError::Unable(format!(
            "line {number} cannot be read ({error}); give URLs in UTF-8, one a line"
        )))),
    })
}

/// The parser takes every form; here URLs are written plainly, so that nothing else is guessed.
fn read(text: &str) -> Result<SourceUrl, UrlError> {
    read_path(&to_base64url(text), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_say_nothing_are_left_out_and_the_others_keep_their_numbers() {
        let text = "# what we need\n\n  https://e.com/a \r\nnonsense\nhttps://e.com/b";
        let lines: Vec<_> = of(text.as_bytes()).map(Result::unwrap).collect();
        let told: Vec<_> = lines
            .iter()
            .map(|line| line.read().map(SourceUrl::as_str))
            .collect();
        assert_eq!(told[0], Ok("https://e.com/a"));
        assert!(
            told[1]
                .as_ref()
                .unwrap_err()
                .starts_with("line 4: nonsense: ")
        );
        assert_eq!(told[2], Ok("https://e.com/b"));
    }

    #[test]
    fn what_is_told_of_a_bad_url_leaves_out_its_signature() {
        let told = url("ftp://e.com/a?X-Amz-Signature=5ec3e7").unwrap_err();
        assert!(!told.to_string().contains("5ec3e7"), "{told}");
    }

    #[test]
    fn a_text_that_is_no_utf8_is_an_error_and_no_end() {
        let lines: Vec<_> = of(&b"https://e.com/a\n\xff\n"[..]).collect();
        assert!(lines[0].is_ok());
        let told = lines[1].as_ref().unwrap_err().to_string();
        assert!(told.contains("line 2"), "{told}");
    }
}
