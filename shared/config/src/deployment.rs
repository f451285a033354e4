//! What a deployment tells its functions: environment variables, and where `mirror.toml` lies.

use std::path::{Path, PathBuf};

use crate::Config;
use crate::env::Env;
use crate::error::ConfigError;
use crate::placeholders::Placeholders;

const STATUS_TABLE: &str = "STATUS_TABLE";
const COPY_QUEUE_URL: &str = "COPY_QUEUE_URL";
const BULK_QUEUE_URL: &str = "BULK_QUEUE_URL";
const REDIRECT_AUTHORIZATION: &str = "REDIRECT_AUTHORIZATION";
const MIRROR_CONFIG: &str = "MIRROR_CONFIG";
const LAMBDA_TASK_ROOT: &str = "LAMBDA_TASK_ROOT";

/// What the functions are connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// `STATUS_TABLE`: the table's name.
    pub status_table: String,
    /// `COPY_QUEUE_URL`: where copies are ordered.
    pub copy_queue_url: String,
    /// `BULK_QUEUE_URL`: where large copies and continuations are ordered; `None` where they go
    /// to the copy queue too.
    pub bulk_queue_url: Option<String>,
    /// `REDIRECT_AUTHORIZATION`: whom the API lets in.
    pub authorization: Authorization,
}

/// Whom the API lets in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Authorization {
    /// `NONE`: everybody.
    #[default]
    None,
    /// `AWS_IAM`: who signs with credentials that may invoke it.
    AwsIam,
}

impl Deployment {
    /// Reads the environment. Touches nothing else; the same environment gives the same answer.
    /// The first variable that is wrong is the error; an empty one counts as not set.
    pub fn read(env: &dyn Env) -> Result<Self, ConfigError> {
        Ok(Self {
            status_table: required(env, STATUS_TABLE, "the name of the status table")?,
            copy_queue_url: required(env, COPY_QUEUE_URL, "the URL of the copy queue")
                .and_then(|url| queue_url(COPY_QUEUE_URL, url))?,
            bulk_queue_url: given(env, BULK_QUEUE_URL)
                .map(|url| queue_url(BULK_QUEUE_URL, url))
                .transpose()?,
            authorization: authorization(env)?,
        })
    }
}

impl Config {
    /// Reads the configuration that the environment names: the file `MIRROR_CONFIG`, else
    /// `mirror.toml` in `LAMBDA_TASK_ROOT`, where it is packed beside the function's program.
    ///
    /// As [`Config::load`] otherwise: blocks while it reads, and errors name the file. A function
    /// has no data folder and listens nowhere, so that `{data}` and `{listen}` are refused.
    pub fn from_environment(env: &dyn Env) -> Result<Self, ConfigError> {
        Self::load(&file(env)?, &Placeholders::default(), env)
    }

    /// Refuses private sources, and those whose addresses are signed, behind an API that lets
    /// everybody in: it would sign addresses for whoever asks.
    pub fn check_authorization(&self, authorization: Authorization) -> Result<(), ConfigError> {
        match (self.guarded_source(), authorization) {
            (Some(key), Authorization::None) => {
                let problem = format!(
                    "the API is open ({REDIRECT_AUTHORIZATION} is NONE), so that everybody would be given addresses of private objects; let it authorise its callers and set {REDIRECT_AUTHORIZATION} to AWS_IAM, or remove this source"
                );
                Err(ConfigError::at(key, problem))
            }
            (None, _) | (_, Authorization::AwsIam) => Ok(()),
        }
    }
}

/// A variable that is set to something.
fn given(env: &dyn Env, name: &str) -> Option<String> {
    env.get(name).filter(|value| !value.is_empty())
}

fn required(env: &dyn Env, name: &'static str, what: &str) -> Result<String, ConfigError> {
    given(env, name)
        .ok_or_else(|| ConfigError::variable(name, format!("is not set; set it to {what}")))
}

/// A name or an ARN would be accepted here, and refused with every message.
fn queue_url(name: &'static str, url: String) -> Result<String, ConfigError> {
    if url.starts_with("https://") || url.starts_with("http://") {
        return Ok(url);
    }
    let problem = format!(
        "is {url:?}, which is no URL; set it to the queue's URL, as in \"https://sqs.eu-central-1.amazonaws.com/123456789012/copies\""
    );
    Err(ConfigError::variable(name, problem))
}

fn authorization(env: &dyn Env) -> Result<Authorization, ConfigError> {
    match given(env, REDIRECT_AUTHORIZATION).as_deref() {
        None | Some("NONE") => Ok(Authorization::None),
        Some("AWS_IAM") => Ok(Authorization::AwsIam),
        Some(other) => {
            let problem = format!("is {other:?}; set it to NONE or AWS_IAM, as the API is");
            Err(ConfigError::variable(REDIRECT_AUTHORIZATION, problem))
        }
    }
}

fn file(env: &dyn Env) -> Result<PathBuf, ConfigError> {
    let beside = || Some(Path::new(&given(env, LAMBDA_TASK_ROOT)?).join("mirror.toml"));
    given(env, MIRROR_CONFIG)
        .map(PathBuf::from)
        .or_else(beside)
        .ok_or_else(|| {
            let problem = format!(
                "is not set, and neither is {LAMBDA_TASK_ROOT}; set it to the path of a mirror.toml"
            );
            ConfigError::variable(MIRROR_CONFIG, problem)
        })
}
