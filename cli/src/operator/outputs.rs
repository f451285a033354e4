//! `--outputs FILE`: the facts of a deployment, as `sam list stack-outputs` prints them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cloud_mirror_config::Env;
use serde::Deserialize;
use serde_json::Value;

use super::OperatorError;

/// Which variable a function finds an output in.
const VARIABLES: [(&str, &str); 5] = [
    ("STATUS_TABLE", "StatusTableName"),
    ("COPY_QUEUE_URL", "CopyQueueUrl"),
    ("BULK_QUEUE_URL", "BulkQueueUrl"),
    ("POOL_BUCKET_PREFIX", "PoolBucketPrefix"),
    ("AWS_REGION", "Region"),
];

/// The output that says where the mirror is.
const ENDPOINT: &str = "Endpoint";

/// Which deployment is meant.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Deployment {
    /// What `sam list stack-outputs --output json` printed, for the table, the queues, the region
    /// and the mirror's address; it counts more than STATUS_TABLE, COPY_QUEUE_URL, BULK_QUEUE_URL
    /// and AWS_REGION.
    #[arg(
        long,
        env = "CLOUD_MIRROR_OUTPUTS",
        hide_env_values = true,
        value_name = "FILE"
    )]
    pub outputs: Option<PathBuf>,
}

impl Deployment {
    /// The environment with the stack's outputs laid over it. Reads the file, if one is named.
    ///
    /// Outputs count more than variables: they are of one deployment, and a variable that a shell
    /// still has from another must not send half of a command's work there. What the file does not
    /// tell comes from the environment.
    pub fn read<'a>(&self, env: &'a dyn Env) -> Result<Facts<'a>, OperatorError> {
        let outputs = self.outputs.as_deref().map(outputs).transpose()?;
        let outputs = outputs.unwrap_or_default();
        Ok(Facts { outputs, env })
    }
}

/// The environment of a deployment's functions, as far as it is known here.
pub struct Facts<'a> {
    outputs: BTreeMap<String, String>,
    env: &'a dyn Env,
}

impl Facts<'_> {
    /// One of the stack's outputs by its name, `CopyDeadLettersName` say; `None` where no file was
    /// named, or it has none such.
    pub fn output(&self, name: &str) -> Option<&str> {
        self.outputs.get(name).map(String::as_str)
    }

    /// Where the mirror is, by the stack's outputs.
    pub fn endpoint(&self) -> Option<&str> {
        self.output(ENDPOINT)
    }
}

impl Env for Facts<'_> {
    fn get(&self, name: &str) -> Option<String> {
        // Whether its API is open is no matter of a command's, which has its own caller's rights.
        if name == "REDIRECT_AUTHORIZATION" {
            return Some("AWS_IAM".to_owned());
        }
        let output = VARIABLES.iter().find(|(variable, _)| *variable == name);
        let told = output.and_then(|(_, output)| self.output(output));
        told.map(str::to_owned).or_else(|| self.env.get(name))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    output_key: String,
    output_value: String,
}

fn outputs(path: &Path) -> Result<BTreeMap<String, String>, OperatorError> {
    let failed = |problem: String| OperatorError::Outputs {
        path: path.to_owned(),
        problem,
    };
    let text = std::fs::read_to_string(path).map_err(|error| {
        failed(format!(
            "cannot be read ({error}); write it with `sam list stack-outputs --output json`"
        ))
    })?;
    parse(&text).map_err(failed)
}

/// SAM prints the list alone, CloudFormation the stack that has it.
fn parse(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut told: Value = serde_json::from_str(text)
        .map_err(|error| format!("is no JSON ({error}); have it printed with --output json"))?;
    if let Some(list) = told.pointer_mut("/Stacks/0/Outputs") {
        told = list.take();
    } else if let Some(list) = told.get_mut("Outputs") {
        told = list.take();
    }
    let list: Vec<Output> = serde_json::from_value(told).map_err(|_| {
        "is no list of OutputKey and OutputValue; write it with `sam list stack-outputs --output json`"
            .to_owned()
    })?;
    let outputs: BTreeMap<_, _> = list
        .into_iter()
        .map(|output| (output.output_key, output.output_value))
        .collect();
    let ours = VARIABLES
        .iter()
        .map(|(_, output)| *output)
        .chain([ENDPOINT]);
    if ours.into_iter().any(|name| outputs.contains_key(name)) {
        return Ok(outputs);
    }
    Err("has none of a mirror's outputs; is it of another stack?".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"[
        {"OutputKey": "Endpoint", "OutputValue": "https://m.example", "Description": "…"},
        {"OutputKey": "StatusTableName", "OutputValue": "theirs"}
    ]"#;

    fn facts<'a>(text: &str, env: &'a BTreeMap<String, String>) -> Facts<'a> {
        let outputs = parse(text).unwrap();
        Facts { outputs, env }
    }

    #[test]
    fn outputs_are_read_as_sam_and_as_cloudformation_print_them() {
        let env = BTreeMap::new();
        for text in [
            LIST.to_owned(),
            format!(r#"{{"Stacks": [{{"StackName": "s", "Outputs": {LIST}}}]}}"#),
            format!(r#"{{"StackName": "s", "Outputs": {LIST}}}"#),
        ] {
            let facts = facts(&text, &env);
            assert_eq!(facts.endpoint(), Some("https://m.example"), "{text}");
            assert_eq!(facts.get("STATUS_TABLE").as_deref(), Some("theirs"));
        }
    }

    #[test]
    fn outputs_count_more_than_variables_and_leave_the_others() {
        let shell = [("STATUS_TABLE", "old"), ("RUST_LOG", "warn")];
        let shell = shell.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let env = BTreeMap::from(shell);
        let facts = facts(LIST, &env);
        assert_eq!(facts.get("STATUS_TABLE").as_deref(), Some("theirs"));
        assert_eq!(facts.get("RUST_LOG").as_deref(), Some("warn"));
        assert_eq!(facts.get("COPY_QUEUE_URL"), None);
    }

    #[test]
    fn what_is_no_mirrors_outputs_is_refused_with_the_way_out() {
        for (text, hint) in [
            ("Endpoint: x", "--output json"),
            (r#"{"a": 1}"#, "sam list stack-outputs"),
            (
                r#"[{"OutputKey": "Bucket", "OutputValue": "b"}]"#,
                "another stack",
            ),
            ("[]", "another stack"),
        ] {
            let told = parse(text).unwrap_err();
            assert!(told.contains(hint), "{told}");
        }
    }
}
