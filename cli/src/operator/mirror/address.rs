//! The addresses that a mirror is asked at.

use std::fmt;

use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_domain::url::{SourceUrl, to_base64url};
use url::{Host, Url};

use super::MirrorError;
use crate::operator::outputs::Facts;

/// A mirror that was not named is looked for here, where `serve` listens.
const LOCAL: &str = "http://127.0.0.1:8080";

/// A mirror's address, to which the paths of its API are added. It may have a path of its own, as
/// behind a proxy or under a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// Without a slash at its end.
    text: String,
    url: Url,
}

/// What is asked about an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Where is it found?
    Redirect,
    /// What is known of it?
    Status,
    /// Remove it.
    Purge,
}

impl Base {
    /// The address of the mirror that was named, else of the stack's, else of the local one.
    pub fn of(named: Option<&str>, facts: &Facts<'_>) -> Result<Self, MirrorError> {
        Self::parse(named.or(facts.endpoint()).unwrap_or(LOCAL))
    }

    /// Reads an address like `https://mirror.example.com` or `http://127.0.0.1:8080/stage/`.
    pub fn parse(text: &str) -> Result<Self, MirrorError> {
        let bad = |why| MirrorError::Address {
            given: without_secrets(text),
            why,
        };
        let url = Url::parse(text).map_err(|_| bad("is no URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("is neither http nor https"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("carries a user name or a password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(bad("has a query or a fragment"));
        }
        // Whoever names the API by one of its routes means the mirror.
        let text = url.as_str().trim_end_matches('/');
        let text = text.trim_end_matches("/v1").to_owned();
        Ok(Self { text, url })
    }

    /// Where to ask about an object: base64url only, which alone is safe everywhere.
    pub fn address(&self, verb: Verb, pool: &PoolId, url: &SourceUrl) -> String {
        let verb = match verb {
            Verb::Redirect => "redirect",
            Verb::Status => "status",
            Verb::Purge => "purge",
        };
        let (pool, url) = (pool.as_path(), to_base64url(url.as_str()));
        self.plain(&format!("{verb}/{pool}/{url}"))
    }

    /// Where another route is: `ping`, `pools`.
    pub fn plain(&self, route: &str) -> String {
        format!("{}/v1/{route}", self.text)
    }

    /// Whether it is an address of API Gateway itself, and in which region:
    /// `{id}.execute-api.{region}.amazonaws.com`.
    pub(super) fn execute_api(&self) -> Option<String> {
        let Some(Host::Domain(host)) = self.url.host() else {
            return None;
        };
        let amazon = [".amazonaws.com", ".amazonaws.com.cn"];
        if self.url.scheme() != "https" || !amazon.iter().any(|end| host.ends_with(end)) {
            return None;
        }
        let (_, rest) = host.split_once(".execute-api.")?;
        rest.split('.').next().map(str::to_owned)
    }

    /// Whether an address leads to this same mirror, which a hop does.
    pub(super) fn has(&self, address: &Url) -> bool {
        self.url.origin() == address.origin()
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Somebody may have put a token there.
fn without_secrets(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    match text.rsplit_once('@') {
        Some((_, host)) => format!("…@{host}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str) -> Base {
        Base::parse(text).unwrap()
    }

    #[test]
    fn an_address_is_asked_in_the_one_form_that_is_safe_everywhere() {
        let pool = PoolId::new("s3", "eu-central-1");
        let url = SourceUrl::parse("https://e.com/a b?c=d/e").unwrap();
        for given in [
            "https://m.example/",
            "https://m.example/v1",
            "https://m.example/v1/",
        ] {
            assert_eq!(
                base(given).address(Verb::Redirect, &pool, &url),
                "https://m.example/v1/redirect/s3/eu-central-1/aHR0cHM6Ly9lLmNvbS9hJTIwYj9jPWQvZQ"
            );
        }
        let staged = base("http://127.0.0.1:4566/api/stage/");
        assert_eq!(
            staged.plain("ping"),
            "http://127.0.0.1:4566/api/stage/v1/ping"
        );
    }

    #[test]
    fn what_is_no_address_is_refused_and_never_repeated_with_its_secrets() {
        for bad in [
            "m.example",
            "ftp://m.example",
            "https://user:hunter2@m.example",
            "https://m.example/?token=hunter2",
        ] {
            let told = Base::parse(bad).unwrap_err().to_string();
            assert!(told.contains("https://mirror.example.com"), "{told}");
            assert!(!told.contains("hunter2"), "{told}");
        }
    }

    #[test]
    fn only_an_api_of_aws_itself_is_taken_for_one() {
        let region = |text: &str| base(text).execute_api();
        let eu = Some("eu-west-1".to_owned());
        assert_eq!(region("https://a.execute-api.eu-west-1.amazonaws.com"), eu);
        assert_eq!(
            region("https://a.execute-api.eu-west-1.amazonaws.com/dev"),
            eu
        );
        let cn = Some("cn-north-1".to_owned());
        assert_eq!(
            region("https://a.execute-api.cn-north-1.amazonaws.com.cn"),
            cn
        );
        for other in [
            "http://a.execute-api.eu-west-1.amazonaws.com",
            "https://a.execute-api.eu-west-1.amazonaws.com.evil.example",
            "https://execute-api.example.com",
            "http://127.0.0.1:8080",
        ] {
            assert_eq!(region(other), None, "{other}");
        }
    }
}
