//! What the product came to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use cloud_mirror_testkit::faults::Call;

use super::cell::{Cell, Told};
use super::place::Place;
use super::size::Size;

/// What the product came to.
pub(super) struct Report {
    place: Place,
    size: String,
    /// Of most calls not every mishap was drawn.
    is_sample: bool,
    stories: BTreeSet<&'static str>,
    calls: BTreeSet<(&'static str, String)>,
    verbs: BTreeMap<&'static str, Verb>,
    told: usize,
    runs: usize,
    broke: usize,
    touched: BTreeSet<(&'static str, usize, Call)>,
    untouched: Vec<Cell>,
    violations: Vec<String>,
}

/// Of one verb.
#[derive(Default)]
struct Verb {
    cells: usize,
    broke: usize,
    violated: usize,
    took: Duration,
}

impl Report {
    pub(super) fn of(place: Place, size: &Size) -> Self {
        Self {
            place,
            size: size.to_string(),
            is_sample: matches!(size, Size::Sample(..)),
            stories: BTreeSet::new(),
            calls: BTreeSet::new(),
            verbs: BTreeMap::new(),
            told: 0,
            runs: 0,
            broke: 0,
            touched: BTreeSet::new(),
            untouched: Vec::new(),
            violations: Vec::new(),
        }
    }

    /// What is not counted, for it is so without any fault.
    pub(super) fn knows(&self, story: &str, wrongs: &BTreeSet<String>) {
        for wrong in wrongs {
            println!(
                "faults: {}: {story}: undisturbed, too: {wrong}",
                self.place.word()
            );
        }
    }

    pub(super) fn plans(&mut self, cells: &[Cell]) {
        for cell in cells {
            self.stories.insert(cell.tale.story);
            let call = format!("{} {}", cell.mirror, cell.call);
            self.calls.insert((cell.tale.story, call));
            self.verbs.entry(cell.call.verb).or_default().cells += 1;
        }
    }

    /// A story that breaks by itself shows nothing.
    pub(super) fn cannot_tell(&mut self, why: String) {
        self.violations.push(why);
    }

    pub(super) fn notes(&mut self, cell: &Cell, told: &Told, runs: usize) {
        self.runs += runs;
        match told.befallen {
            true => drop(self.touched.insert(call_of(cell))),
            false => self.untouched.push(cell.clone()),
        }
        self.told += 1;
        if self.told.is_multiple_of(500) {
            println!("faults: {}: {} told", self.place.word(), self.told);
        }
        let verb = self.verbs.entry(cell.call.verb).or_default();
        verb.took += told.took.1;
        if let Some(why) = &told.broke {
            self.broke += 1;
            verb.broke += 1;
            if self.size.starts_with("FAULT=") {
                println!("faults: {cell}: the story broke: {why}");
            }
        }
        verb.violated += usize::from(!told.violations.is_empty());
        for violation in &told.violations {
            let violation = format!("FAULT={:?}: {violation}", cell.to_string());
            println!("faults: {}: {violation}", self.place.word());
            self.violations.push(violation);
        }
    }

    pub(super) fn ends(&self, took: Duration) {
        let (stories, calls) = (self.stories.len(), self.calls.len());
        println!("{}", self.table());
        println!(
            "faults: {}: {stories} stories, {calls} calls, {} runs, {} violations, {} untouched, \
             {} broke as stories, {}, {} s",
            self.place.word(),
            self.runs,
            self.violations.len(),
            self.untouched.len(),
            self.broke,
            self.size,
            took.as_secs()
        );
    }

    /// Calls that no run touched.
    pub(super) fn untouched(&self) -> &[Cell] {
        &self.untouched
    }

    /// What is no gap: the story, told once more, makes no such call; or the call was touched, but its
    /// caller gave it up or the story itself let it fail, so that there was no reply to lose. Of a
    /// sample nobody knows, because the other mishaps of that call were not drawn.
    pub(super) fn gives_up(&mut self, made: impl Fn(&Cell) -> bool) {
        let untouched = |cell: &Cell| made(cell) && !self.touched.contains(&call_of(cell));
        let is_gap = |cell: &Cell| untouched(cell) && !self.is_sample;
        let (gaps, others): (Vec<_>, Vec<_>) = self.untouched.drain(..).partition(is_gap);
        if !others.is_empty() {
            println!(
                "faults: not made every time, or given up:\n{}",
                lines(&others)
            );
        }
        self.untouched = gaps;
    }

    /// Every one of these verbs was disturbed.
    pub(super) fn touches(&self, verbs: &[&str]) {
        let untouched = verbs.iter().filter(|verb| !self.verbs.contains_key(*verb));
        let untouched: Vec<_> = untouched.collect();
        assert!(untouched.is_empty(), "no story touches {untouched:?}");
    }

    /// Nobody saw any fault, and every call was touched.
    pub(super) fn shows_no_violation(&self) {
        assert!(self.violations.is_empty(), "{}", self.violations.join("\n"));
        assert!(
            self.untouched.is_empty(),
            "no run touched\n{}",
            lines(&self.untouched)
        );
    }

    fn table(&self) -> String {
        let mut table =
            String::from("verb                     cells  broke  violations  seconds each\n");
        for (verb, of) in &self.verbs {
            let Verb {
                cells,
                broke,
                violated,
                took,
            } = of;
            let each = took.as_secs_f32() / (*cells).max(1) as f32;
            writeln!(
                table,
                "{verb:22} {cells:7} {broke:6} {violated:11} {each:13.1}"
            )
            .unwrap();
        }
        table
    }
}

fn call_of(cell: &Cell) -> (&'static str, usize, Call) {
    (cell.tale.story, cell.mirror, cell.call.clone())
}

fn lines(cells: &[Cell]) -> String {
    let lines: Vec<_> = cells.iter().map(Cell::to_string).collect();
    lines.join("\n")
}
