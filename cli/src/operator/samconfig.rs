//! The template's parameters, as `sam deploy` finds them in `samconfig.toml`.

use std::path::Path;

use serde::Deserialize;

use super::OperatorError;

/// The parameters that say what the functions may read and write.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parameters {
    pub(crate) pool_bucket_prefix: Option<String>,
    pub(crate) source_bucket_arns: Vec<String>,
}

/// `parameter_overrides`, which SAM reads as one text or as a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Overrides {
    Text(String),
    List(Vec<String>),
}

/// Reads the parameters of one of the file's environments, `default` if none is named.
pub(crate) fn read(path: &Path, config_env: &str) -> Result<Parameters, OperatorError> {
    let failed = |problem: String| OperatorError::SamConfig {
        path: path.to_owned(),
        problem,
    };
    let text = std::fs::read_to_string(path)
        .map_err(|error| failed(format!("cannot be read ({error}); name another file")))?;
    let file: toml::Table =
        toml::from_str(&text).map_err(|error| failed(error.message().to_owned()))?;
    let overrides = ["deploy", "global"].into_iter().find_map(|command| {
        let parameters = file.get(config_env)?.get(command)?.get("parameters")?;
        parameters.get("parameter_overrides").cloned()
    });
    let Some(overrides) = overrides else {
        let problem = format!(
            "has no parameter_overrides under [{config_env}.deploy.parameters]; run `sam deploy --guided` first, or give the parameters here"
        );
        return Err(failed(problem));
    };
    let overrides = overrides
        .try_into()
        .map_err(|_| failed("parameter_overrides is neither a text nor a list".to_owned()))?;
    let parameters = parameters(&pairs(overrides));
    if parameters.pool_bucket_prefix.is_none() {
        let problem = "parameter_overrides does not say PoolBucketPrefix; add PoolBucketPrefix=…";
        return Err(failed(problem.to_owned()));
    }
    Ok(parameters)
}

fn parameters(pairs: &[(String, String)]) -> Parameters {
    let value = |name: &str| {
        let pair = pairs.iter().find(|(key, _)| key == name);
        pair.map(|(_, value)| value.clone())
    };
    let arns = value("SourceBucketArns").unwrap_or_default();
    let arns = arns.split(',').map(str::trim).filter(|arn| !arn.is_empty());
    Parameters {
        pool_bucket_prefix: value("PoolBucketPrefix"),
        source_bucket_arns: arns.map(str::to_owned).collect(),
    }
}

fn pairs(overrides: Overrides) -> Vec<(String, String)> {
    let words = match overrides {
        Overrides::Text(text) => words(&text),
        Overrides::List(words) => words,
    };
    words.iter().filter_map(|word| pair(word)).collect()
}

/// SAM reads `Name=value` and CloudFormation's `ParameterKey=Name,ParameterValue=value`.
fn pair(word: &str) -> Option<(String, String)> {
    let long = word.strip_prefix("ParameterKey=");
    let (name, value) = match long {
        Some(long) => long.split_once(",ParameterValue=")?,
        None => word.split_once('=')?,
    };
    let bare = |text: &str| text.trim_matches('"').to_owned();
    Some((bare(name), bare(value)))
}

/// Splits at spaces outside of double quotes, as `sam deploy --guided` writes them.
fn words(text: &str) -> Vec<String> {
    let mut quoted = false;
    let between = |c: char| {
        quoted ^= c == '"';
        c.is_whitespace() && !quoted
    };
    let words = text.split(between).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARNS: [&str; 2] = ["arn:aws:s3:::acme/a/*", "arn:aws:s3:::acme/b/*"];

    #[test]
    fn parameters_are_read_as_a_guided_deployment_writes_them() {
        let text = r#"Architecture="arm64" PoolBucketPrefix="acme-mirror-" SourceBucketArns="arn:aws:s3:::acme/a/*, arn:aws:s3:::acme/b/*""#;
        let read = parameters(&pairs(Overrides::Text(text.to_owned())));
        assert_eq!(read.pool_bucket_prefix.as_deref(), Some("acme-mirror-"));
        assert_eq!(read.source_bucket_arns, ARNS);
    }

    #[test]
    fn parameters_may_be_written_as_cloudformation_writes_them() {
        let text = r#"ParameterKey=PoolBucketPrefix,ParameterValue="acme-" ParameterKey=SourceBucketArns,ParameterValue=arn:aws:s3:::acme/a/*"#;
        let read = parameters(&pairs(Overrides::Text(text.to_owned())));
        assert_eq!(read.pool_bucket_prefix.as_deref(), Some("acme-"));
        assert_eq!(read.source_bucket_arns, ARNS[..1]);
    }

    #[test]
    fn parameters_are_read_from_a_list_and_without_quotes() {
        let list = ["PoolBucketPrefix=acme-", "SourceBucketArns="];
        let list = list.map(str::to_owned).to_vec();
        let read = parameters(&pairs(Overrides::List(list)));
        assert_eq!(read.pool_bucket_prefix.as_deref(), Some("acme-"));
        assert!(read.source_bucket_arns.is_empty());
    }
}
