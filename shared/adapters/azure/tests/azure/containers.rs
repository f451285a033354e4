//! The container: created, changed where it must be, looked at.

use cloud_mirror_azure::{Access, ContainerHealth};

use crate::support::{azurite, new_container, pool_of};

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn a_container_is_created_once_and_is_then_as_it_must_be_at_azurite() {
    for access in [Access::Presigned, Access::Public] {
        let pool = pool_of(azurite(), &new_container(), access);
        assert_eq!(pool.health().await, Ok(ContainerHealth::Missing));
        assert_eq!(pool.plan().await.unwrap().len(), 1);
        for _ in 0..2 {
            pool.ports().pool.prepare().await.unwrap();
            assert_eq!(pool.health().await, Ok(ContainerHealth::Here(None)));
            assert!(pool.plan().await.unwrap().is_empty());
        }
    }
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn a_container_that_everybody_may_read_is_closed_for_a_private_pool_at_azurite() {
    let container = new_container();
    let public = pool_of(azurite(), &container, Access::Public);
    let private = pool_of(azurite(), &container, Access::Presigned);
    public.ports().pool.prepare().await.unwrap();
    let change = private.health().await.unwrap();
    assert!(
        matches!(change, ContainerHealth::Here(Some(_))),
        "{change:?}"
    );
    private.ports().pool.prepare().await.unwrap();
    assert_eq!(private.health().await, Ok(ContainerHealth::Here(None)));
    public.ports().pool.prepare().await.unwrap();
    assert_eq!(public.health().await, Ok(ContainerHealth::Here(None)));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn many_may_prepare_one_container_at_once_at_azurite() {
    let container = new_container();
    let preparing = (0..8).map(|_| {
        let ports = pool_of(azurite(), &container, Access::Presigned).ports();
        tokio::spawn(async move { ports.pool.prepare().await })
    });
    for prepared in preparing.collect::<Vec<_>>() {
        prepared.await.unwrap().unwrap();
    }
}
