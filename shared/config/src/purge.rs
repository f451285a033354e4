//! `[purge]`: who may remove replicas.

use std::fmt;

use serde::Deserialize;

use crate::env::Env;
use crate::error::ConfigError;

const KEY: &str = "purge.token_env";

/// Who may remove replicas.
#[derive(Clone, Debug, Default)]
pub struct PurgeSettings {
    /// The bearer token that a purge must carry; `None` where there is none, and then only what
    /// is otherwise trusted may purge.
    pub token: Option<Secret>,
}

/// A text that is never shown: logs and errors that print the configuration do not give it away.
/// It cannot be compared with `==`, which would take longer the more of a guess is right.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// A secret from its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one who checks it. Compare it in constant time.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// The table. It names secrets and never holds them.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PurgeTable {
    /// The name of the environment variable that holds the bearer token; by default none.
    token_env: Option<String>,
}

pub(crate) fn settings(table: &PurgeTable, env: &dyn Env) -> Result<PurgeSettings, ConfigError> {
    let token = table
        .token_env
        .as_deref()
        .map(|name| token(name, env))
        .transpose()?;
    Ok(PurgeSettings { token })
}

fn token(name: &str, env: &dyn Env) -> Result<Secret, ConfigError> {
    if !is_variable_name(name) {
        // Perhaps somebody wrote the token itself here: it is not shown.
        let problem = "that is no name of an environment variable; write one like \"MIRROR_PURGE_TOKEN\", and never the token itself";
        return Err(ConfigError::at(KEY, problem));
    }
    match env.get(name) {
        None => Err(unusable(name, "is not set")),
        Some(token) if token.is_empty() => Err(unusable(name, "is empty")),
        Some(token) if !token.bytes().all(|byte| byte.is_ascii_graphic()) => Err(unusable(
            name,
            "has a space, a line break or a character that is not ASCII",
        )),
        Some(token) => Ok(Secret::new(token)),
    }
}

fn is_variable_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn unusable(name: &str, why: &str) -> ConfigError {
    let problem = format!(
        "the environment variable {name} {why}; set it to the bearer token for purges, or leave out {KEY}"
    );
    ConfigError::at(KEY, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_hides_itself_when_it_is_printed() {
        let settings = PurgeSettings {
            token: Some(Secret::new("hunter2")),
        };
        assert_eq!(
            format!("{settings:?}"),
            "PurgeSettings { token: Some(Secret(hidden)) }"
        );
        assert_eq!(settings.token.unwrap().expose(), "hunter2");
    }
}
