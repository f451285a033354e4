//! What the bill takes for given beside the calls: how large items are.

use cloud_mirror_tests::wired::Wired;

use super::{MIB, with_a_replica};

/// The entry of a streamed replica, with its digests, of a URL of 62 characters.
pub(crate) const STREAMED_ENTRY_BYTES: usize = 813;

/// The entry of a replica that S3 copied by itself, of a URL of 39 characters.
pub(crate) const STORE_ENTRY_BYTES: usize = 483;

/// A port has one digit more or less, and so have times.
pub(crate) fn is_about(what: &str, measured: usize, said: usize) {
    let differs = measured.abs_diff(said);
    assert!(
        differs * 20 <= said,
        "{what}: {measured} bytes, and the document says {said}"
    );
}

/// The units by which DynamoDB bills writing an item of that size.
#[expect(clippy::cast_precision_loss, reason = "a handful")]
pub(crate) fn write_units(bytes: usize) -> f64 {
    bytes.div_ceil(1_024) as f64
}

#[tokio::test]
async fn entries_are_as_large_as_the_bill_says() {
    let (mirror, _) = with_a_replica("").await;
    is_about(
        "a streamed replica's entry",
        mirror.item_bytes().await,
        STREAMED_ENTRY_BYTES,
    );
    let mirror = Wired::start("").await;
    let url = mirror.store_has("a", MIB);
    mirror.ask(&url).await;
    is_about(
        "a copied replica's entry",
        mirror.item_bytes().await,
        STORE_ENTRY_BYTES,
    );
}
