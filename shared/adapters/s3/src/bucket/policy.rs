//! The statement by which everybody may read a public pool, beside those of others.

use cloud_mirror_domain::ports::PoolError;
use serde_json::{Map, Value, json};

use crate::S3PoolSettings;

/// Names our statement.
const SID: &str = "CloudMirrorPublicRead";

/// The policy with our statement in it and all else as it was; `None` where it has it.
pub(super) fn needed(
    settings: &S3PoolSettings,
    found: Option<&str>,
) -> Result<Option<String>, PoolError> {
    let statement = statement(settings);
    let mut policy = found.map_or_else(|| Ok(empty()), read)?;
    let mut statements = statements(policy.remove("Statement"))?;
    if statements.contains(&statement) {
        return Ok(None);
    }
    statements.retain(|other| other["Sid"] != SID);
    statements.push(statement);
    policy.insert("Statement".into(), statements.into());
    Ok(Some(Value::Object(policy).to_string()))
}

fn empty() -> Map<String, Value> {
    let statements = Value::Array(Vec::new());
    [("Version", "2012-10-17".into()), ("Statement", statements)]
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
}

fn read(policy: &str) -> Result<Map<String, Value>, PoolError> {
    serde_json::from_str(policy).map_err(|error| unreadable(&error.to_string()))
}

fn statements(found: Option<Value>) -> Result<Vec<Value>, PoolError> {
    match found {
        Some(Value::Array(statements)) => Ok(statements),
        Some(one @ Value::Object(_)) => Ok(vec![one]),
        _ => Err(unreadable("it has no statements")),
    }
}

fn unreadable(why: &str) -> PoolError {
    PoolError::Unavailable(format!("the bucket's policy cannot be read: {why}"))
}

fn statement(settings: &S3PoolSettings) -> Value {
    let (partition, bucket) = (partition(&settings.region), &settings.bucket);
    json!({
        "Sid": SID,
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": format!("arn:{partition}:s3:::{bucket}/*"),
    })
}

/// The part of AWS that a region belongs to, as resource names say it.
fn partition(region: &str) -> &'static str {
    match region {
        china if china.starts_with("cn-") => "aws-cn",
        government if government.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Access;

    fn settings(region: &str) -> S3PoolSettings {
        S3PoolSettings {
            bucket: "acme".into(),
            region: region.into(),
            access: Access::Public,
            lifespan: std::time::Duration::from_secs(86_400),
            key_style: cloud_mirror_domain::url::KeyStyle::Host,
        }
    }

    fn statements_of(policy: &str) -> Vec<Value> {
        statements(read(policy).unwrap().remove("Statement")).unwrap()
    }

    #[test]
    fn our_statement_is_added_once_and_others_stay() {
        let foreign = r#"{"Version":"2012-10-17","Statement":{"Sid":"x","Effect":"Deny"}}"#;
        let policy = needed(&settings("eu-west-1"), Some(foreign))
            .unwrap()
            .unwrap();
        let both = statements_of(&policy);
        assert_eq!(both[0], json!({"Sid": "x", "Effect": "Deny"}));
        assert_eq!(both[1]["Resource"], "arn:aws:s3:::acme/*");
        assert_eq!(needed(&settings("eu-west-1"), Some(&policy)).unwrap(), None);
    }

    #[test]
    fn a_statement_of_ours_that_differs_is_replaced() {
        let elsewhere = needed(&settings("cn-north-1"), None).unwrap().unwrap();
        let policy = needed(&settings("us-gov-west-1"), Some(&elsewhere))
            .unwrap()
            .unwrap();
        let statements = statements_of(&policy);
        assert_eq!(statements.len(), 1);
        assert_eq!(statements[0]["Resource"], "arn:aws-us-gov:s3:::acme/*");
    }

    #[test]
    fn a_policy_that_cannot_be_read_is_not_replaced() {
        for unreadable in ["", "[]", "{}", r#"{"Statement":"x"}"#] {
            assert!(
                needed(&settings("eu-west-1"), Some(unreadable)).is_err(),
                "{unreadable}"
            );
        }
    }
}
