//! How much of the product is told.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::fmt;
use std::hash::{Hash as _, Hasher as _};

use super::cell::Cell;
use super::place::Place;
use super::run::Tale;

/// How much of the product is told.
#[derive(Clone, Debug)]
pub(super) enum Size {
    /// All cells of these stories, where they are told.
    Stories(&'static [&'static str]),
    /// A sample of so many cells of all stories, drawn by a seed.
    Sample(usize, u64),
    /// Everything.
    Full,
    /// One cell.
    Cell(String),
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stories(_) => f.write_str("a fixed list"),
            Self::Sample(cells, seed) => write!(f, "{cells} cells, FAULTS_SEED={seed}"),
            Self::Full => f.write_str("full"),
            Self::Cell(cell) => write!(f, "FAULT={cell:?}"),
        }
    }
}

/// A variable of the environment.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::vars()
        .find(|(given, _)| given == name)
        .map(|(_, value)| value)
}

impl Size {
    /// What `FAULTS` says; the small one where it says nothing.
    pub(super) fn wanted(small: &'static [&'static str]) -> Self {
        let number = |name| variable(name).and_then(|value| value.parse().ok());
        match variable("FAULTS").as_deref() {
            None => Self::Stories(small),
            Some("full") => Self::Full,
            Some(cells) => {
                let cells = cells.parse().expect("FAULTS=full, or a number of cells");
                let seed = number("FAULTS_SEED").unwrap_or(u64::from(std::process::id()));
                Self::Sample(cells, seed)
            }
        }
    }

    /// The stories that are told at all.
    pub(super) fn tales(&self, place: Place) -> Vec<Tale> {
        let mut tales = Tale::all(place);
        match self {
            Self::Stories(named) => {
                return named.iter().map(|name| Tale::named(name, place)).collect();
            }
            Self::Cell(cell) => tales.retain(|tale| cell.split('|').next() == Some(tale.story)),
            Self::Sample(..) | Self::Full => {}
        }
        tales
    }

    /// The cells that are told of all that there are.
    pub(super) fn chosen(&self, mut cells: Vec<Cell>) -> Vec<Cell> {
        match self {
            Self::Stories(_) | Self::Full => {}
            Self::Sample(most, seed) => {
                sort_evenly(&mut cells, *seed);
                cells.truncate(*most);
            }
            Self::Cell(named) => cells.retain(|cell| cell.to_string().starts_with(named.as_str())),
        }
        cells
    }
}

/// In an order drawn by the seed, but for this: of each verb of each story, and what befalls it, the
/// first comes before the second of any. Else the calls of a few herds would be most of a sample.
fn sort_evenly(cells: &mut [Cell], seed: u64) {
    cells.sort_by_key(|cell| drawn(cell, seed));
    let mut kinds = HashMap::new();
    cells.sort_by_cached_key(|cell| {
        let count: &mut usize = kinds
            .entry((cell.tale.story, cell.call.verb, cell.mishap))
            .or_default();
        *count += 1;
        *count
    });
}

fn drawn(cell: &Cell, seed: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed, cell.to_string()).hash(&mut hasher);
    hasher.finish()
}
