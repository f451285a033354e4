//! Clock, credentials, the account, and the mirror itself.

use super::servers::{Nobody, OtherTime};
use super::world::{CONFIG, World};

#[tokio::test]
async fn a_clock_that_is_off_by_an_hour_is_named_with_how_it_is_set() {
    let mut world = World::healthy().await;
    for (theirs_is_ahead, words) in [(true, "minutes behind"), (false, "minutes ahead of")] {
        let aws = OtherTime::in_front_of(&world.table.url(), theirs_is_ahead).await;
        world.set("AWS_ENDPOINT_URL_DYNAMODB", &aws.url());
        let told = world.doctor(&[]).await;
        told.blames("clock", words, "`timedatectl set-ntp true`")
            .and_nothing_else();
    }
}

#[tokio::test]
async fn an_account_that_runs_fewer_functions_than_will_wait_is_told_with_what_to_ask_for() {
    let world = World::healthy().await;
    let told = world.doctor(&["--waiters", "1000"]).await;
    let remedy = "`aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1014 --region us-east-1`";
    let words = "986 functions may run at once beside 14 copiers: 14 too few for 1000 requests";
    told.blames("account concurrency", words, remedy)
        .and_nothing_else();
    world.doctor(&["--waiters", "986"]).await.all_is_well();
}

#[tokio::test]
async fn a_new_account_is_told_how_few_may_wait() {
    let world = World::healthy().await;
    world.lambda.limit(10, 0);
    let told = world.doctor(&[]).await;
    let words =
        "10 functions may run at once: 94 too few for 100 requests that wait and for their copiers";
    told.blames("account concurrency", words, "--desired-value 104")
        .and_nothing_else();
    world.doctor(&["--waiters", "6"]).await.all_is_well();
}

#[tokio::test]
async fn copiers_without_a_share_of_their_own_are_told_with_the_parameter() {
    let world = World::healthy().await;
    world.lambda.limit(1_000, 0);
    let told = world.doctor(&[]).await;
    told.blames(
        "copiers' share",
        "nothing is reserved",
        "AccountConcurrency=regular",
    )
    .and_nothing_else();
}

#[tokio::test]
async fn an_account_that_may_not_be_looked_at_is_not_called_well() {
    let world = World::healthy().await;
    world.lambda.refuse(403);
    let told = world.doctor(&[]).await;
    told.could_not_look_at("account concurrency", "403", "lambda:GetAccountSettings")
        .and_nothing_else();
}

#[tokio::test]
async fn credentials_that_are_missing_are_named_with_how_to_log_in() {
    let mut world = World::healthy().await;
    world.unset("AWS_ACCESS_KEY_ID");
    world.unset("AWS_SECRET_ACCESS_KEY");
    let told = world.doctor(&[]).await;
    told.blames(
        "credentials",
        "there are none to look with",
        "aws sso login",
    );
    for check in [
        "table",
        "copy queue",
        "pool s3_eu-central-1",
        "account concurrency",
    ] {
        told.could_not_look_at(check, "there are no credentials", "");
    }
    told.finds_well("mirror");
}

#[tokio::test]
async fn a_region_that_is_not_said_is_named_with_its_variable() {
    let mut world = World::healthy().await;
    world.unset("AWS_REGION");
    let told = world.doctor(&[]).await;
    told.blames("region", "nothing says which region", "set AWS_REGION");
    told.could_not_look_at("table", "there is no region", "");
}

#[tokio::test]
async fn a_mirror_that_is_unreachable_is_told_with_where_its_address_is_found() {
    let mut world = World::healthy().await;
    let nobody = Nobody::answers().await;
    world.output("Endpoint", &nobody.url());
    let told = world.doctor(&[]).await;
    told.blames(
        "mirror",
        &format!("nobody answers: GET {}/v1/ping", nobody.url()),
        "output Endpoint",
    )
    .and_nothing_else();
}

#[tokio::test]
async fn an_address_that_is_no_mirrors_is_told() {
    let world = World::healthy().await;
    let told = world.doctor(&["--mirror", &world.lambda.url()]).await;
    told.blames(
        "mirror",
        "answers 403 where a mirror says ok",
        "--mirror URL",
    )
    .and_nothing_else();
}

#[tokio::test]
async fn a_mirror_whose_function_does_not_start_is_told_with_where_its_log_is() {
    let world = World::healthy().await;
    world.lambda.refuse(500);
    let told = world.doctor(&["--mirror", &world.lambda.url()]).await;
    told.blames("mirror", "answers 500", "`sam logs --name RedirectFunction");
}

#[tokio::test]
async fn a_mirror_that_nothing_names_is_not_called_well() {
    let mut world = World::healthy().await;
    world.forget("Endpoint");
    let told = world.doctor(&[]).await;
    told.could_not_look_at("mirror", "nothing says where it is", "--mirror URL")
        .and_nothing_else();
}

#[tokio::test]
async fn a_configuration_that_was_not_deployed_is_told() {
    let world = World::healthy().await;
    world.write("mirror.toml", &CONFIG.replace(", \"eu-central-1\"", ""));
    let told = world.doctor(&[]).await;
    let differs = "it has s3_eu-central-1, s3_us-east-1, and the configuration s3_us-east-1";
    told.blames("mirror's pools", differs, "`sam build && sam deploy`")
        .and_nothing_else();
}
