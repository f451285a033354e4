//! What a deployment's environment means, and what is said of one that lacks something.

use super::*;

const TABLE: (&str, &str) = ("STATUS_TABLE", "status");
const COPY: (&str, &str) = ("COPY_QUEUE_URL", "https://sqs.example/1/copy");

fn refusal_in(variables: &[(&str, &str)]) -> String {
    Deployment::read(&env_of(variables))
        .unwrap_err()
        .to_string()
}

#[test]
fn a_table_and_a_queue_are_enough() {
    for more in [
        [].as_slice(),
        &[("BULK_QUEUE_URL", ""), ("REDIRECT_AUTHORIZATION", "")],
        &[("REDIRECT_AUTHORIZATION", "NONE")],
    ] {
        let deployment = Deployment::read(&env_of(&[&[TABLE, COPY], more].concat())).unwrap();
        assert_eq!(deployment.status_table, "status");
        assert_eq!(deployment.copy_queue_url, "https://sqs.example/1/copy");
        assert_eq!(deployment.bulk_queue_url, None);
        assert_eq!(deployment.authorization, Authorization::None);
    }
}

#[test]
fn a_deployment_may_have_a_bulk_queue_and_callers_that_sign() {
    let deployment = Deployment::read(&env_of(&[
        TABLE,
        COPY,
        ("BULK_QUEUE_URL", "http://127.0.0.1:4566/1/bulk"),
        ("REDIRECT_AUTHORIZATION", "AWS_IAM"),
    ]));
    let deployment = deployment.unwrap();
    assert_eq!(
        deployment.bulk_queue_url.as_deref(),
        Some("http://127.0.0.1:4566/1/bulk")
    );
    assert_eq!(deployment.authorization, Authorization::AwsIam);
}

#[test]
fn what_is_missing_or_wrong_is_named_with_the_remedy() {
    let no_url = r#"which is no URL; set it to the queue's URL, as in "https://sqs.eu-central-1.amazonaws.com/123456789012/copies""#;
    for (variables, expected) in [
        (
            vec![COPY],
            "STATUS_TABLE is not set; set it to the name of the status table".to_owned(),
        ),
        (
            vec![("STATUS_TABLE", ""), COPY],
            "STATUS_TABLE is not set; set it to the name of the status table".to_owned(),
        ),
        (
            vec![TABLE],
            "COPY_QUEUE_URL is not set; set it to the URL of the copy queue".to_owned(),
        ),
        (
            vec![TABLE, ("COPY_QUEUE_URL", "copies")],
            format!("COPY_QUEUE_URL is \"copies\", {no_url}"),
        ),
        (
            vec![TABLE, COPY, ("BULK_QUEUE_URL", "arn:aws:sqs:x")],
            format!("BULK_QUEUE_URL is \"arn:aws:sqs:x\", {no_url}"),
        ),
        (
            vec![TABLE, COPY, ("REDIRECT_AUTHORIZATION", "aws_iam")],
            "REDIRECT_AUTHORIZATION is \"aws_iam\"; set it to NONE or AWS_IAM, as the API is"
                .to_owned(),
        ),
    ] {
        let expected = format!("the environment variable {expected}");
        assert_eq!(refusal_in(&variables), expected);
    }
}

#[test]
fn the_configuration_lies_where_the_environment_says_else_beside_the_program() {
    let (task, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let beside = task.path().join("mirror.toml");
    let named = other.path().join("other.toml");
    let text = |region| {
        format!("{SOURCE}{POOL}")
            .replace("{data}", "/x")
            .replace("eu", region)
    };
    std::fs::write(&beside, text("eu")).unwrap();
    std::fs::write(&named, text("other")).unwrap();
    let region_by = |variables: &[(&str, &str)]| {
        let config = Config::from_environment(&env_of(variables));
        config.map(|config| config.pools[0].id.region.clone())
    };
    let root = ("LAMBDA_TASK_ROOT", task.path().to_str().unwrap());
    let config = ("MIRROR_CONFIG", named.to_str().unwrap());
    assert_eq!(region_by(&[root]).unwrap(), "eu");
    assert_eq!(region_by(&[root, ("MIRROR_CONFIG", "")]).unwrap(), "eu");
    assert_eq!(region_by(&[root, config]).unwrap(), "other");
    assert_eq!(
        region_by(&[]).unwrap_err().to_string(),
        "the environment variable MIRROR_CONFIG is not set, and neither is LAMBDA_TASK_ROOT; set it to the path of a mirror.toml"
    );
}
