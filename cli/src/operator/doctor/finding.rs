//! What a check says.

use std::fmt;

use cloud_mirror_domain::ports::LookError;
use serde::Serialize;

/// What a check says of one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What was checked, in the words of the configuration.
    pub(super) check: String,
    /// How it is.
    #[serde(flatten)]
    pub(super) state: State,
}

/// How a thing is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub(super) enum State {
    /// As it must be.
    Ok {
        /// What was seen.
        what: String,
    },
    /// Not as it must be.
    Fault {
        /// What is wrong.
        what: String,
        /// What to do, with the exact command or parameter.
        remedy: String,
    },
    /// Not looked at, which is not well either.
    Unknown {
        /// Why not.
        what: String,
        /// What to do for it to be looked at.
        remedy: String,
    },
}

impl Finding {
    pub(super) fn ok(check: impl Into<String>, what: impl Into<String>) -> Self {
        let what = one_line(what);
        Self::new(check, State::Ok { what })
    }

    pub(super) fn fault(
        check: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let (what, remedy) = (one_line(what), remedy.into());
        Self::new(check, State::Fault { what, remedy })
    }

    pub(super) fn unknown(
        check: impl Into<String>,
        why: impl fmt::Display,
        remedy: impl Into<String>,
    ) -> Self {
        let what = one_line(format!("could not look: {why}"));
        let remedy = remedy.into();
        Self::new(check, State::Unknown { what, remedy })
    }

    /// Of a look that gave nothing. `right` is the IAM action that it needs, and `endpoint` the
    /// variable that leads it elsewhere.
    pub(super) fn unseen(
        check: impl Into<String>,
        error: &LookError,
        right: &str,
        endpoint: &str,
    ) -> Self {
        match error {
            LookError::Unreachable(words) => Self::fault(
                check,
                format!("nobody answers: {words}"),
                format!(
                    "see whether AWS_REGION and {endpoint}, if it is set, are right, and whether this machine reaches that address"
                ),
            ),
            LookError::Denied(words) => Self::unknown(
                check,
                words,
                format!("look with credentials that have the right {right}"),
            ),
            LookError::Missing(words) | LookError::Failed(words) => Self::unknown(
                check,
                words,
                "mend what it says, and run cloud-mirror doctor again",
            ),
        }
    }

    pub(super) fn is_ok(&self) -> bool {
        matches!(self.state, State::Ok { .. })
    }

    fn new(check: impl Into<String>, state: State) -> Self {
        let check = check.into();
        Self { check, state }
    }
}

/// What others say of what they met may have lines, and a finding has one.
fn one_line(text: impl Into<String>) -> String {
    let text: String = text.into();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, what, remedy) = match &self.state {
            State::Ok { what } => ("ok   ", what, None),
            State::Fault { what, remedy } => ("FAULT", what, Some(remedy)),
            State::Unknown { what, remedy } => ("?    ", what, Some(remedy)),
        };
        write!(f, "{word}  {}: {what}", self.check)?;
        match remedy {
            Some(remedy) => write!(f, "\n       remedy: {remedy}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(error: &LookError) -> String {
        Finding::unseen(
            "the table",
            error,
            "dynamodb:DescribeTable",
            "AWS_ENDPOINT_URL",
        )
        .to_string()
    }

    #[test]
    fn what_may_not_be_looked_at_is_not_well_and_names_the_right() {
        let told = text(&LookError::Denied("DescribeTable t: no".into()));
        let expected = "?      the table: could not look: DescribeTable t: no\n       remedy: look with credentials that have the right dynamodb:DescribeTable";
        assert_eq!(told, expected);
    }

    #[test]
    fn an_endpoint_that_nobody_answers_at_is_a_fault() {
        let told = text(&LookError::Unreachable("DescribeTable t: refused".into()));
        assert!(
            told.starts_with("FAULT  the table: nobody answers"),
            "{told}"
        );
        assert!(told.contains("AWS_ENDPOINT_URL"), "{told}");
    }

    #[test]
    fn programs_are_told_the_same() {
        let finding = Finding::fault("the table", "it has no TTL", "switch it on");
        let json = serde_json::to_string(&finding).unwrap();
        let expected = r#"{"check":"the table","state":"fault","what":"it has no TTL","remedy":"switch it on"}"#;
        assert_eq!(json, expected);
    }
}
