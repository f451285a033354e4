//! The configuration, and what it must agree with.

use super::world::{CONFIG, World};

#[tokio::test]
async fn a_configuration_that_is_missing_is_told_with_which_to_start_from() {
    let world = World::healthy().await;
    let told = world.doctor(&["--config", "elsewhere.toml"]).await;
    told.blames(
        "configuration",
        "there is none: elsewhere.toml: cannot be read",
        "--config FILE",
    )
    .blames("configuration", "", "deploy/mirror.toml")
    .could_not_look_at("pools", "the configuration cannot be read", "");
    told.finds_well("table's key");
    told.finds_well("copy queue's visibility");
}

#[tokio::test]
async fn a_configuration_that_is_bad_is_told_with_its_key_and_what_checks_it() {
    let world = World::healthy().await;
    world.write("mirror.toml", &format!("{CONFIG}lifespan = \"36h\"\n"));
    let told = world.doctor(&[]).await;
    let remedy = "`cloud-mirror config check --config mirror.toml`";
    told.blames("configuration", "mirror.toml: pool[0].lifespan: ", remedy);
    told.finds_well("table's key");
}

#[tokio::test]
async fn what_iam_would_refuse_is_told_with_the_parameter() {
    let world = World::healthy().await;
    world.write(
        "samconfig.toml",
        "[default.deploy.parameters]\nparameter_overrides = \"PoolBucketPrefix=acme-mirror-\"\n",
    );
    let told = world.doctor(&[]).await;
    let needed = "SourceBucketArns does not cover it; add \"arn:aws:s3:::acme-artifacts/public/*\"";
    told.blames("template's parameters", needed, "sam deploy")
        .and_nothing_else();
}

#[tokio::test]
async fn parameters_that_the_stack_was_not_deployed_with_are_told() {
    let mut world = World::healthy().await;
    world.output("PoolBucketPrefix", "acme-older-");
    let told = world.doctor(&[]).await;
    let differs = "PoolBucketPrefix is \"acme-mirror-\" here, and \"acme-older-\" of the stack";
    told.blames("template's parameters", differs, "`sam deploy`");
}

#[tokio::test]
async fn parameters_that_nobody_gave_are_not_called_well() {
    let world = World::healthy().await;
    std::fs::remove_file(world.path("samconfig.toml")).unwrap();
    let told = world
        .doctor(&["--pool-bucket-prefix", "acme-mirror-"])
        .await;
    told.could_not_look_at(
        "template's parameters",
        "samconfig.toml",
        "--source-bucket-arns",
    );
}

#[tokio::test]
async fn a_private_source_on_an_open_api_is_told_with_the_parameter_that_closes_it() {
    let world = World::healthy().await;
    let private = CONFIG.replacen("store =", "private = true\nstore =", 1);
    world.write("mirror.toml", &private);
    let told = world.doctor(&[]).await;
    let remedy = "RedirectAuthorization=AWS_IAM";
    told.blames("private sources", "source[0].private", remedy)
        .and_nothing_else();
}

#[tokio::test]
async fn whom_an_api_lets_in_is_not_guessed() {
    let mut world = World::healthy().await;
    let private = CONFIG.replacen("store =", "private = true\nstore =", 1);
    world.write("mirror.toml", &private);
    world.forget("Endpoint");
    let told = world.doctor(&[]).await;
    told.could_not_look_at(
        "private sources",
        "not known whom the API lets in",
        "--mirror",
    );
    // An API that refuses a stranger is closed, whatever is said of it.
    let told = world.doctor(&["--mirror", &world.lambda.url()]).await;
    told.finds_well("private sources");
    world.set("REDIRECT_AUTHORIZATION", "AWS_IAM");
    let told = world.doctor(&[]).await;
    told.finds_well("private sources");
}
