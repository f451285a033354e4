//! The environment, as a trait, so that tests set no variables.

use std::collections::BTreeMap;

/// Where environment variables come from.
pub trait Env: Send + Sync {
    /// The value of a variable; `None` if it is not set or is not UTF-8. May be repeated.
    fn get(&self, name: &str) -> Option<String>;

    /// The value of a variable that holds a secret, which a key of `mirror.toml` such as
    /// `purge.token_env` names. A program that has no use for the secret of some key may answer
    /// anything for it here, and so runs where it is not set.
    fn secret(&self, key: &str, name: &str) -> Option<String> {
        let _ = key;
        self.get(name)
    }
}

/// The environment of this process: the only place that reads it.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessEnv;

impl Env for ProcessEnv {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that the lint points to"
    )]
    fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

/// An environment made of a map, for tests and for programs that bring their own.
impl Env for BTreeMap<String, String> {
    fn get(&self, name: &str) -> Option<String> {
        BTreeMap::get(self, name).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_is_not_set_is_none_wherever_it_is_looked_for() {
        let map: &dyn Env = &BTreeMap::from([("A".to_owned(), "1".to_owned())]);
        assert_eq!(map.get("A").as_deref(), Some("1"));
        assert_eq!(map.get("B"), None);
        assert_eq!(ProcessEnv.get("NO=SUCH=VARIABLE"), None);
    }
}
