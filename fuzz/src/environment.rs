//! What a deployment tells its functions.

use std::collections::BTreeMap;

use cloud_mirror_config::{Config, ConfigError, Deployment, Env, Placeholders};

use crate::config::{assert_helpful, assert_sound};
use crate::input::text;

/// The environment of a deployment, `NAME=value` in each line.
///
/// Promised: an error is one line that names its variable, and the same environment is read the
/// same twice; what is accepted has a table and queues that have URLs.
pub fn environment(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let lines = text.lines().filter_map(|line| line.split_once('='));
    let pairs = lines.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let environment: BTreeMap<String, String> = pairs.collect();
    match Deployment::read(&environment) {
        Ok(read) => {
            assert_eq!(Deployment::read(&environment).unwrap(), read);
            assert_eq!(environment.get("STATUS_TABLE"), Some(&read.status_table));
            let queues = [Some(&read.copy_queue_url), read.bulk_queue_url.as_ref()];
            let is_url = |url: &&String| url.starts_with("http://") || url.starts_with("https://");
            assert!(queues.iter().flatten().all(is_url), "{read:?}");
        }
        Err(error) => {
            let line = error.to_string();
            assert!(!line.contains(['\n', '\r']), "{line:?} is not one line");
            let ConfigError::Variable { name, .. } = error else {
                panic!("{line:?} names no variable");
            };
            assert!(line.contains(name), "{line:?}");
        }
    }
    assert_secrets_stay(&environment);
}

/// A bearer token is one that a header can carry, and is never shown.
fn assert_secrets_stay(environment: &dyn Env) {
    let text = "[[source]]\nurl = \"https://example.com/\"\n\
        [[pool]]\nservice = \"s3\"\nregions = [\"eu\"]\nbucket = \"{prefix}{region}\"\n\
        [purge]\ntoken_env = \"MIRROR_PURGE_TOKEN\"\n";
    match Config::parse(text, &Placeholders::default(), environment) {
        Ok(config) => {
            let token = config.purge.token.as_ref().unwrap().expose();
            assert!(!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()));
            assert!(format!("{:?}", config.purge).ends_with("Some(Secret(hidden)) }"));
            assert_sound(&config);
        }
        Err(error) => assert_helpful(&error),
    }
}
