//! The sample objects, so that the first `curl` has something to fetch.

use std::path::Path;

use super::ServeError;

/// The samples by file name.
pub(crate) const SAMPLES: [(&str, &[u8]); 2] = [
    ("hello.txt", include_bytes!("../../samples/hello.txt")),
    (
        "regions and cities.csv",
        include_bytes!("../../samples/regions and cities.csv"),
    ),
];

/// Writes the samples that are not there yet; what a user put there stays.
pub(crate) async fn lay_out(folder: &Path) -> Result<(), ServeError> {
    let failed = |error| ServeError::Folder {
        folder: folder.to_owned(),
        error,
    };
    tokio::fs::create_dir_all(folder).await.map_err(failed)?;
    for (name, bytes) in SAMPLES {
        let file = folder.join(name);
        if !tokio::fs::try_exists(&file).await.map_err(failed)? {
            tokio::fs::write(&file, bytes).await.map_err(failed)?;
        }
    }
    Ok(())
}
