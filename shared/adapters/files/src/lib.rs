//! Pools in folders of the local disk.
//!
//! A [`FilePool`] keeps the replicas of one service and region in one folder. **One process owns
//! a folder**: conditions are judged under a lock of this process, so a second process that
//! wrote into the same folder would break them. Readers may be as many as they like.
//!
//! | look in | for |
//! |---|---|
//! | `layout` | where things lie in the folder |
//! | `meta` | what is kept beside an object's bytes |
//! | `disk` | the few file operations that everything is made of |
//! | `store` | the folder, its clock and its locks: the work, one task per verb |
//! | `object` | looking, switching, deleting: the `Pool` port, `put` and [`FilePool::open`] |
//! | `upload`, `parts` | the `Upload` port, and the parts on the disk |
//! | `sweep` | `prepare`, and what it clears away |

mod disk;
mod layout;
mod locks;
mod meta;
mod object;
mod parts;
mod store;
mod sweep;
mod upload;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cloud_mirror_domain::ports::{Clock, PoolPorts};

pub use object::Stored;

use crate::store::Store;

/// A pool in a folder. Clones share the folder and its locks.
#[derive(Clone)]
pub struct FilePool {
    store: Arc<Store>,
    base_url: String,
}

impl FilePool {
    /// A pool in `folder`, whose replicas are served below `base_url`
    /// (`http://127.0.0.1:8080/pool/file/us-west-2`) and count as gone once they are older than
    /// `lifespan` by `clock`. Touches nothing: `prepare` creates the folder.
    ///
    /// Make one per folder and clone it: two pools made of one folder do not see each other's
    /// locks.
    pub fn new(
        folder: PathBuf,
        base_url: String,
        clock: Arc<dyn Clock>,
        lifespan: Duration,
    ) -> Self {
        let base_url = base_url.trim_end_matches('/').to_owned();
        Self {
            store: Arc::new(Store::new(folder, clock, lifespan)),
            base_url,
        }
    }

    /// The pool as the ports of the domain.
    pub fn ports(&self) -> PoolPorts {
        PoolPorts {
            pool: Arc::new(self.clone()),
            upload: Arc::new(self.clone()),
            store_copy: None,
        }
    }
}
