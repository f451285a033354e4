//! Making a pool's folders, and clearing away what nobody needs any more.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::time::Duration;

use cloud_mirror_domain::ports::PoolError;
use ulid::Ulid;

use crate::FilePool;
use crate::disk::{self, failed};
use crate::layout::{Place, is_hash};
use crate::object::{others, remove_object};
use crate::store::Store;

/// How long temporary files and unfinished uploads are kept.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

impl FilePool {
    /// Removes replicas past their lifespan, and temporary files and unfinished uploads older
    /// than seven days: what a store's lifecycle does. `prepare` sweeps too; a process that runs
    /// for longer than a lifespan sweeps now and then. May be repeated, and beside all other work.
    ///
    /// # Errors
    /// `Denied` or `Unavailable`; what was removed before stays removed.
    pub async fn sweep(&self) -> Result<(), PoolError> {
        self.store.work(Store::sweep_temporary).await?;
        for hash in self.store.work(Store::hashes).await? {
            let place = self.store.layout.place_of(hash);
            self.store.work_alone(&place, Store::sweep_place).await?;
        }
        Ok(())
    }
}

impl Store {
    /// Creates the folders, and makes sure that files can be written in them.
    pub(crate) fn make_folders(&self) -> Result<(), PoolError> {
        let root = self.layout.root().display();
        for folder in [
            self.layout.objects(),
            self.layout.uploads(),
            self.layout.temporary(),
        ] {
            let making = format!("making the pool's folder {root}");
            fs::create_dir_all(folder).map_err(failed(&making))?;
        }
        let writing = format!("writing in the pool's folder {root}");
        disk::write_synced(self.temporary().path(), b"").map_err(failed(&writing))
    }

    fn sweep_temporary(&self) -> Result<(), PoolError> {
        self.retire(Vec::new());
        let folder = self.layout.temporary();
        for name in disk::names(&folder).map_err(failed("sweeping temporary files"))? {
            if Ulid::from_string(&name).is_ok_and(|id| self.is_old(id)) {
                disk::remove(&folder.join(name)).map_err(failed("sweeping a temporary file"))?;
            }
        }
        Ok(())
    }

    /// All replicas that have a version or an upload. What is not named as we name is not ours.
    fn hashes(&self) -> Result<BTreeSet<String>, PoolError> {
        self.listed().map_err(failed("listing the pool"))
    }

    fn listed(&self) -> io::Result<BTreeSet<String>> {
        let mut found = BTreeSet::from_iter(disk::names(&self.layout.uploads())?);
        let objects = self.layout.objects();
        for shelf in disk::names(&objects)?
            .into_iter()
            .filter(|name| name.len() == 2)
        {
            let rests = disk::names(&objects.join(&shelf))?;
            found.extend(rests.iter().map(|rest| format!("{shelf}{rest}")));
        }
        found.retain(|name| is_hash(name));
        Ok(found)
    }

    fn sweep_place(&self, place: &Place) -> Result<(), PoolError> {
        self.sweep_object(place)?;
        for upload in self.uploads(place)? {
            if self.is_old(upload) {
                self.end_upload(place, upload)?;
            }
        }
        Ok(())
    }

    fn sweep_object(&self, place: &Place) -> Result<(), PoolError> {
        let Some(current) = self.current(place)? else {
            return remove_object(place);
        };
        for file in others(place, Some(&current)).map_err(failed("sweeping an object"))? {
            if !self.is_retired(&file) {
                disk::remove(&file).map_err(failed("sweeping an old version"))?;
            }
        }
        Ok(())
    }

    fn is_old(&self, id: Ulid) -> bool {
        self.age(id) > KEPT
    }
}
