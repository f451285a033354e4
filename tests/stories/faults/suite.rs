//! The product: recordings first, then every cell, many side by side.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use cloud_mirror_testkit::faults::Call;
use futures::{StreamExt as _, stream};

use super::cell::{Cell, How, Told};
use super::place::Place;
use super::recording::Undisturbed;
use super::report::Report;
use super::run::Tale;
use super::size::{Size, variable};

/// A cell whose call was not made is told so often in all: how often somebody looks while he waits
/// is another number each time.
const TELLINGS: usize = 3;

/// The product on one stage.
pub(super) struct Suite {
    place: Place,
    size: Size,
}

/// By the names of stories.
type Shown = HashMap<&'static str, Undisturbed>;

impl Suite {
    pub(super) fn of(place: Place, size: Size) -> Self {
        Self { place, size }
    }

    /// Tells all of it, and prints what came of it.
    pub(super) async fn run(&self) -> Report {
        let began = Instant::now();
        let mut report = Report::of(self.place, &self.size);
        let (cells, undisturbed) = self.recorded(&mut report).await;
        let cells = self.size.chosen(cells);
        report.plans(&cells);
        let undisturbed = Arc::new(undisturbed);
        let telling = cells.into_iter().map(|cell| {
            let undisturbed = Arc::clone(&undisturbed);
            tokio::spawn(self.telling(cell, undisturbed))
        });
        let mut telling = stream::iter(telling).buffer_unordered(self.side_by_side());
        while let Some(told) = telling.next().await {
            let (cell, told, runs) = told.unwrap();
            report.notes(&cell, &told, runs);
        }
        self.gives_up_what_varies(&mut report).await;
        report.ends(began.elapsed());
        report
    }

    /// How often somebody looks while he waits depends on how busy the machine was. What nobody
    /// touched is a gap only if an undisturbed story still asks so often.
    async fn gives_up_what_varies(&self, report: &mut Report) {
        let mut made = HashSet::new();
        let names = report.untouched().iter().map(|cell| cell.tale.story);
        let names: BTreeSet<_> = names.collect();
        for story in names {
            match Tale::named(story, self.place).recorded().await {
                Ok(recorded) => {
                    let calls = recorded.calls.into_iter();
                    made.extend(calls.map(|(mirror, call)| (story, mirror, call)));
                }
                Err(why) => report.cannot_tell(why),
            }
        }
        report.gives_up(|cell| made.contains(&(cell.tale.story, cell.mirror, cell.call.clone())));
    }

    /// They mostly wait. A machine with nothing else to do may be told more by `FAULTS_AT_ONCE`.
    fn side_by_side(&self) -> usize {
        let told = variable("FAULTS_AT_ONCE").map(|count| count.parse().expect("a number"));
        told.unwrap_or(match self.place {
            Place::InProcess => 16,
            Place::Processes => 12,
        })
    }

    async fn recorded(&self, report: &mut Report) -> (Vec<Cell>, Shown) {
        let tales = self.size.tales(self.place);
        let recording = tales
            .into_iter()
            .map(|tale| async move { (tale, tale.recorded().await) });
        let mut recording = stream::iter(recording).buffer_unordered(self.side_by_side() / 2);
        let (mut cells, mut undisturbed) = (Vec::new(), Shown::new());
        while let Some((tale, recorded)) = recording.next().await {
            match recorded {
                Ok(recorded) => {
                    report.knows(tale.story, &recorded.undisturbed.wrongs);
                    undisturbed.insert(tale.story, recorded.undisturbed.clone());
                    cells.extend(recorded.calls.iter().flat_map(|one| cells_of(tale, one)));
                }
                Err(why) => report.cannot_tell(why),
            }
        }
        (cells, undisturbed)
    }

    fn telling(
        &self,
        cell: Cell,
        undisturbed: Arc<Shown>,
    ) -> impl Future<Output = (Cell, Told, usize)> + Send + 'static {
        let how = How {
            logs: matches!(self.size, Size::Cell(_)),
            ..How::default()
        };
        async move {
            let undisturbed = &undisturbed[cell.tale.story];
            let mut told = Told::default();
            for runs in 1..=TELLINGS {
                told = cell.told(undisturbed, how).await;
                if told.befallen {
                    return (cell, told, runs);
                }
            }
            (cell, told, TELLINGS)
        }
    }
}

fn cells_of(tale: Tale, (mirror, call): &(usize, Call)) -> impl Iterator<Item = Cell> {
    call.mishaps().iter().map(move |mishap| Cell {
        tale,
        mirror: *mirror,
        call: call.clone(),
        mishap: *mishap,
    })
}
