//! With a memory in front of it, a table is still one.

use std::num::NonZeroUsize;
use std::sync::Arc;

use cloud_mirror_domain::policy::Lifetimes;
use cloud_mirror_domain::ports::{Clock as _, StatusTable};
use cloud_mirror_memory::MemoryTable;
use cloud_mirror_testkit::clock::RuntimeClock;
use cloud_mirror_testkit::table_suite;

use crate::HotTable;

fn remembered(table: &Arc<MemoryTable>) -> HotTable {
    let capacity = NonZeroUsize::MIN.saturating_add(99);
    HotTable::new(table.clone(), capacity, &Lifetimes::default())
}

#[tokio::test(start_paused = true)]
async fn it_does_what_every_table_must_do() {
    let clock = Arc::new(RuntimeClock::default());
    let table = Arc::new(MemoryTable::new(10_000, clock.clone()));
    table_suite::conforms(Arc::new(remembered(&table)), clock).await;
}

#[tokio::test(start_paused = true)]
async fn several_processes_that_remember_do_what_one_table_does() {
    let clock = Arc::new(RuntimeClock::default());
    let table = Arc::new(MemoryTable::new(10_000, clock.clone()));
    let processes = [remembered(&table), remembered(&table)];
    let tellers = processes.each_ref().map(|table| table as &dyn StatusTable);
    table_suite::stories_of_several_processes(&tellers, &processes[0], clock.now()).await;
}
