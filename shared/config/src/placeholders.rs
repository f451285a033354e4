//! `{data}`, `{listen}`, `{prefix}`, `{region}`: what a file cannot know when it is written.

use crate::env::Env;
use crate::error::ConfigError;

/// What `{prefix}` stands for. The template sets it, because its rights are given by that prefix.
const BUCKET_PREFIX: &str = "POOL_BUCKET_PREFIX";

/// What this process knows to put into the strings of `mirror.toml`.
///
/// | placeholder | stands for | understood in |
/// |---|---|---|
/// | `{data}` | the data folder | `pool[n].path` |
/// | `{region}` | each of the pool's regions in turn | `pool[n].path`, `pool[n].bucket`, `pool[n].account`, `pool[n].container` |
/// | `{region}` | the region of the pool or of the store | `service.NAME.endpoint` |
/// | `{prefix}` | the environment variable `POOL_BUCKET_PREFIX` | `pool[n].bucket`, `pool[n].container` |
/// | `{listen}` | the `host:port` that the process listens on | `source[n].url` |
///
/// What a process does not have stays unknown, and a file that asks for it is refused. Values are
/// put in as they are: braces in them mean nothing.
#[derive(Clone, Debug, Default)]
pub struct Placeholders {
    data: Option<String>,
    listen: Option<String>,
}

impl Placeholders {
    /// With a data folder for `{data}`.
    #[must_use]
    pub fn with_data(self, folder: impl Into<String>) -> Self {
        Self {
            data: Some(folder.into()),
            ..self
        }
    }

    /// With a `host:port` for `{listen}`.
    #[must_use]
    pub fn with_listen(self, authority: impl Into<String>) -> Self {
        Self {
            listen: Some(authority.into()),
            ..self
        }
    }

    /// A pool's path. `key` is what an error is about.
    pub(crate) fn in_path(
        &self,
        key: &str,
        text: &str,
        region: &str,
    ) -> Result<String, ConfigError> {
        let data = self.data.as_deref().map(|data| ("{data}", data));
        expand(
            key,
            text,
            data.into_iter().chain([("{region}", region)]).collect(),
        )
    }

    /// A pool's account, a service's endpoint. `key` is what an error is about.
    pub(crate) fn in_region(key: &str, text: &str, region: &str) -> Result<String, ConfigError> {
        expand(key, text, vec![("{region}", region)])
    }

    /// A pool's bucket or container. `key` is what an error is about; `env` is asked only if it is needed.
    pub(crate) fn in_bucket(
        key: &str,
        text: &str,
        region: &str,
        env: &dyn Env,
    ) -> Result<String, ConfigError> {
        let prefix = if text.contains("{prefix}") {
            bucket_prefix(key, env)?
        } else {
            String::new()
        };
        let known = vec![("{prefix}", prefix.as_str()), ("{region}", region)];
        expand(key, text, known)
    }

    /// A source's URL. `key` is what an error is about.
    pub(crate) fn in_url(&self, key: &str, text: &str) -> Result<String, ConfigError> {
        let listen = self.listen.as_deref().map(|listen| ("{listen}", listen));
        expand(key, text, listen.into_iter().collect())
    }
}

/// Replaces from left to right and looks at no replacement again.
fn expand(key: &str, text: &str, known: Vec<(&str, &str)>) -> Result<String, ConfigError> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let (before, from) = rest.split_at(start);
        let end = from.find('}').map_or(from.len(), |end| end + 1);
        let (placeholder, after) = from.split_at(end);
        let (_, value) = known
            .iter()
            .find(|(name, _)| *name == placeholder)
            .ok_or_else(|| unknown(key, placeholder, &known))?;
        expanded.extend([before, value]);
        rest = after;
    }
    Ok(expanded + rest)
}

fn bucket_prefix(key: &str, env: &dyn Env) -> Result<String, ConfigError> {
    let unusable = |why| {
        let problem = format!(
            "{{prefix}} stands for the environment variable {BUCKET_PREFIX}, which {why}; set it to what the names of the pools' buckets begin with, or write that here"
        );
        ConfigError::at(key, problem)
    };
    match env.get(BUCKET_PREFIX) {
        None => Err(unusable("is not set")),
        Some(prefix) if prefix.is_empty() => Err(unusable("is empty")),
        Some(prefix) => Ok(prefix),
    }
}

fn unknown(key: &str, placeholder: &str, known: &[(&str, &str)]) -> ConfigError {
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let or = if names.is_empty() {
        String::new()
    } else {
        format!(", or use {}", names.join(", "))
    };
    let problem = format!("{placeholder} is no placeholder here; write its value{or}");
    ConfigError::at(key, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_path(place: &Placeholders, text: &str) -> Result<String, String> {
        place
            .in_path("pool[0].path", text, "eu")
            .map_err(|error| error.to_string())
    }

    #[test]
    fn every_placeholder_is_replaced_wherever_it_stands() {
        let place = Placeholders::default()
            .with_data("/d")
            .with_listen("127.0.0.1:8080");
        for (text, expected) in [
            ("plain", "plain"),
            ("{data}", "/d"),
            ("{data}/{region}/x-{region}", "/d/eu/x-eu"),
            ("odd}", "odd}"),
        ] {
            assert_eq!(in_path(&place, text).as_deref(), Ok(expected), "{text}");
        }
        let url = place
            .in_url("source[0].url", "http://{listen}/demo/")
            .unwrap();
        assert_eq!(url, "http://127.0.0.1:8080/demo/");
    }

    #[test]
    fn braces_in_a_value_mean_nothing() {
        let place = Placeholders::default().with_data("/{region}");
        assert_eq!(
            in_path(&place, "{data}/{region}").as_deref(),
            Ok("/{region}/eu")
        );
    }

    #[test]
    fn an_unknown_placeholder_is_refused_and_the_known_ones_are_named() {
        let place = Placeholders::default().with_data("/d");
        for (text, name) in [
            ("{date}/x", "{date}"),
            ("{data", "{data"),
            ("{listen}", "{listen}"),
        ] {
            let expected = format!(
                "pool[0].path: {name} is no placeholder here; write its value, or use {{data}}, {{region}}"
            );
            assert_eq!(in_path(&place, text), Err(expected));
        }
        let error = place
            .in_url("source[0].url", "http://{listen}/")
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "source[0].url: {listen} is no placeholder here; write its value"
        );
    }
}
