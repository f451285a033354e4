//! Purges.

use cloud_mirror_testkit::origin::Object;
use cloud_mirror_tests::wired::{Who, Wired};

use super::{PATH, book, with_a_replica};

#[tokio::test]
async fn a_purge_looks_deletes_and_looks() {
    let (mirror, url) = with_a_replica("").await;
    let (answer, calls) = mirror.calls_of(mirror.purge(&url)).await;
    assert_eq!(answer.status(), 204);
    book::PURGE.is(&calls);
    let mirror = Wired::start("").await;
    let (_, calls) = mirror
        .calls_of(mirror.purge(&mirror.origin().url(PATH)))
        .await;
    book::PURGE_OF_NOTHING.is(&calls);
}

#[tokio::test]
async fn a_purge_of_what_is_being_copied_leaves_a_message() {
    let mirror = Wired::start("").await;
    mirror
        .origin()
        .serve(PATH, Object::new("ten bytes.").held());
    let url = mirror.origin().url(PATH);
    mirror.ask_without_waiting(&url).await;
    let purging = async {
        mirror.origin().until_gets(PATH, 1).await;
        let purged = mirror.calls_of(mirror.purge(&url)).await;
        mirror.origin().release(PATH);
        purged
    };
    let (mut purged, ()) = tokio::join!(purging, mirror.work_off());
    assert_eq!(purged.0.status(), 202);
    purged.1.retain(|call, _| call.0 == Who::Purge);
    book::PURGE_OF_A_RUN.is(&purged.1);
}
