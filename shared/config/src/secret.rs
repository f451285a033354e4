//! Secrets: named in `mirror.toml`, held in the environment, shown nowhere.

use std::fmt;

use crate::env::Env;
use crate::error::ConfigError;

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

/// The name of an environment variable that holds a secret, as a key of `mirror.toml` gives it.
pub(crate) struct SecretName<'a> {
    /// The key.
    pub(crate) key: String,
    /// The variable's name, unless somebody wrote the secret itself.
    pub(crate) name: &'a str,
    /// What such a name looks like.
    pub(crate) example: &'static str,
    /// What the variable holds, in one word.
    pub(crate) noun: &'static str,
    /// And in full.
    pub(crate) meaning: &'static str,
    /// What else one may do than set it.
    pub(crate) or: &'static str,
}

impl SecretName<'_> {
    /// The variable's value, which a header can carry.
    pub(crate) fn read(&self, env: &dyn Env) -> Result<Secret, ConfigError> {
        if !is_variable_name(self.name) {
            let Self { example, noun, .. } = self;
            // Perhaps somebody wrote the secret itself here: it is not shown.
            let problem = format!(
                "that is no name of an environment variable; write one like {example:?}, and never the {noun} itself"
            );
            return Err(ConfigError::at(&*self.key, problem));
        }
        match env.secret(&self.key, self.name) {
            None => Err(self.unusable("is not set")),
            Some(secret) if secret.is_empty() => Err(self.unusable("is empty")),
            Some(secret) if !secret.bytes().all(|byte| byte.is_ascii_graphic()) => {
                Err(self.unusable("has a space, a line break or a character that is not ASCII"))
            }
            Some(secret) => Ok(Secret::new(secret)),
        }
    }

    fn unusable(&self, why: &str) -> ConfigError {
        let Self {
            key,
            name,
            meaning,
            or,
            ..
        } = self;
        let problem =
            format!("the environment variable {name} {why}; set it to {meaning}, or {or}");
        ConfigError::at(&**key, problem)
    }
}

fn is_variable_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_hides_itself_when_it_is_printed() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?}"), "Secret(hidden)");
        assert_eq!(secret.expose(), "hunter2");
    }
}
