//! `[purge]`: who may remove replicas.

use serde::Deserialize;

use crate::env::Env;
use crate::error::ConfigError;
use crate::secret::{Secret, SecretName};

/// Who may remove replicas.
#[derive(Clone, Debug, Default)]
pub struct PurgeSettings {
    /// The bearer token that a purge must carry; `None` where there is none, and then only what
    /// is otherwise trusted may purge.
    pub token: Option<Secret>,
}

/// The table. It names secrets and never holds them.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PurgeTable {
    /// The name of the environment variable that holds the bearer token; by default none.
    token_env: Option<String>,
}

pub(crate) fn settings(table: &PurgeTable, env: &dyn Env) -> Result<PurgeSettings, ConfigError> {
    let token = |name: &str| {
        let name = SecretName {
            key: "purge.token_env".to_owned(),
            name,
            example: "MIRROR_PURGE_TOKEN",
            noun: "token",
            meaning: "the bearer token for purges",
            or: "leave out purge.token_env",
        };
        name.read(env)
    };
    let token = table.token_env.as_deref().map(token).transpose()?;
    Ok(PurgeSettings { token })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_hide_the_token_when_they_are_printed() {
        let settings = PurgeSettings {
            token: Some(Secret::new("hunter2")),
        };
        assert_eq!(
            format!("{settings:?}"),
            "PurgeSettings { token: Some(Secret(hidden)) }"
        );
    }
}
