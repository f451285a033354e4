//! That the hits which are measured are the hits that they are called.

use std::path::Path;

use super::HIT;
use super::function::Function;
use super::world::{Counted, World};
use crate::Outcome;

/// In a process that is not measured: each first answer about a replica must have read one item of the table,
/// and each later one nothing at all. Anything else is an error.
pub(super) async fn of_hits(program: &Path, world: &World, folder: &Path) -> Outcome<()> {
    let counted = world.counted().await;
    let mut function = Function::start(program, &counted.environment, folder).await?;
    let events = world.events()?;
    for (kind, reads) in [("table hit", 1), ("hot hit", 0)] {
        for event in &events {
            let asked = asked_for(&mut function, event, &counted).await?;
            expect(kind, (reads, reads), asked)?;
        }
    }
    Ok(())
}

/// How many items one answer has read, and how many calls it has made in all.
async fn asked_for(
    function: &mut Function,
    event: &str,
    counted: &Counted,
) -> Outcome<(usize, usize)> {
    let (reads, calls) = counted.so_far();
    function.answer(event, HIT).await?;
    let (reads_then, calls_then) = counted.so_far();
    Ok((reads_then - reads, calls_then - calls))
}

fn expect(kind: &str, right: (usize, usize), found: (usize, usize)) -> Outcome<()> {
    let (reads, calls) = found;
    match found == right {
        true => Ok(()),
        false => Err(format!("a {kind} has read {reads} items, with {calls} calls in all").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hot_hit_that_reads_is_none() {
        assert!(expect("hot hit", (0, 0), (0, 0)).is_ok());
        let complaint = expect("hot hit", (0, 0), (1, 1)).unwrap_err();
        assert!(complaint.to_string().contains("read 1 items"));
        assert!(expect("table hit", (1, 1), (1, 2)).is_err());
    }
}
