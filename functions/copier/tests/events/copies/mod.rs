//! Every way from a source into a pool, over the real adapters and the services' own protocols:
//! whether the bytes, headers and digests arrive, whether a byte passes through us, and what is asked
//! of whom. `docs/COPIES.md` holds what was seen; each test compares its own rows with it.
//!
//! ```text
//! UPDATE_DOCS=1 cargo test -p cloud-mirror-copier --test events copies
//! ```
//!
//! writes them anew; with Azure, whose emulator no test starts, `scripts/azure-suites` does.

mod azure;
mod counted;
mod document;
mod gcs;
mod journey;
mod objects;
mod places;
mod s3;
mod scene;

use places::{From, Into};

/// One test for each way: its name, its source and its pool.
macro_rules! ways {
    ($($(#[$ignored:meta])* $name:ident: $from:ident => $into:ident;)+) => {
        /// All of them, in the document's order.
        const WAYS: &[(From, Into)] = &[$((From::$from, Into::$into)),+];

        $(
            #[tokio::test]
            $(#[$ignored])*
            async fn $name() {
                journey::is_as_the_document_says((From::$from, Into::$into)).await;
            }
        )+
    };
}

ways! {
    what_the_web_has_is_streamed_into_a_folder: Web => Folder;
    what_the_web_has_is_streamed_into_s3: Web => S3;
    what_the_web_has_is_streamed_into_a_compatible_service: Web => Compatible;
    what_the_web_has_is_streamed_into_gcs: Web => Gcs;
    #[ignore = "needs Azurite: scripts/azure-suites"]
    what_the_web_has_is_streamed_into_azure_of_azurite: Web => Azure;
    s3_copies_a_public_object_by_itself: PublicS3 => S3;
    s3_copies_a_private_object_by_itself: S3 => S3;
    a_private_object_of_s3_is_streamed_into_a_folder: S3 => Folder;
    a_private_object_of_s3_is_streamed_into_a_compatible_service: S3 => Compatible;
    a_private_object_of_s3_is_streamed_into_gcs: S3 => Gcs;
    #[ignore = "needs Azurite: scripts/azure-suites"]
    a_private_object_of_s3_is_streamed_into_azure_of_azurite: S3 => Azure;
    a_compatible_service_copies_its_public_object_by_itself: PublicCompatible => Compatible;
    a_compatible_service_copies_its_private_object_by_itself: Compatible => Compatible;
    a_private_object_of_one_compatible_service_is_streamed_into_another: Compatible => OtherCompatible;
    a_private_object_of_a_compatible_service_is_streamed_into_a_folder: Compatible => Folder;
    a_private_object_of_a_compatible_service_is_streamed_into_s3: Compatible => S3;
    a_private_object_of_a_compatible_service_is_streamed_into_gcs: Compatible => Gcs;
    #[ignore = "needs Azurite: scripts/azure-suites"]
    a_private_object_of_a_compatible_service_is_streamed_into_azure_of_azurite: Compatible => Azure;
    gcs_copies_a_public_object_by_itself: PublicGcs => Gcs;
    gcs_copies_a_private_object_by_itself: Gcs => Gcs;
    a_private_object_of_gcs_is_streamed_into_a_folder: Gcs => Folder;
    a_private_object_of_gcs_is_streamed_into_s3: Gcs => S3;
    a_private_object_of_gcs_is_streamed_into_a_compatible_service: Gcs => Compatible;
    #[ignore = "needs Azurite: scripts/azure-suites"]
    a_private_object_of_gcs_is_streamed_into_azure_of_azurite: Gcs => Azure;
    #[ignore = "needs Azurite: scripts/azure-suites"]
    azure_of_azurite_copies_a_public_object_by_itself: PublicAzure => Azure;
    #[ignore = "needs Azurite: scripts/azure-suites"]
    azure_of_azurite_copies_a_private_object_by_itself: Azure => Azure;
    #[ignore = "needs Azurite: scripts/azure-suites"]
    a_private_object_of_azure_of_azurite_is_streamed_into_a_folder: Azure => Folder;
    #[ignore = "needs Azurite: scripts/azure-suites"]
    a_private_object_of_azure_of_azurite_is_streamed_into_s3: Azure => S3;
    #[ignore = "needs Azurite: scripts/azure-suites"]
    a_private_object_of_azure_of_azurite_is_streamed_into_a_compatible_service: Azure => Compatible;
    #[ignore = "needs Azurite: scripts/azure-suites"]
    a_private_object_of_azure_of_azurite_is_streamed_into_gcs: Azure => Gcs;
}

#[test]
fn the_document_has_a_row_for_every_way_and_object_and_no_other() {
    document::is_complete(WAYS);
}
