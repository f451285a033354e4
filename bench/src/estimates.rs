//! What criterion has written down, as a table.

use std::fmt::Write as _;
use std::fs::{read_dir, read_to_string};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::Outcome;

#[derive(Args)]
pub(crate) struct Estimates {
    /// The folder into which criterion has written, `CRITERION_HOME`.
    folder: PathBuf,
    /// At most how many microseconds the median of a benchmark may be: `NAME=MICROSECONDS`.
    #[arg(long = "most")]
    goals: Vec<Goal>,
}

#[derive(Clone, Debug)]
struct Goal {
    name: String,
    microseconds: f64,
}

impl FromStr for Goal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, most) = text.rsplit_once('=').ok_or("write NAME=MICROSECONDS")?;
        let microseconds = most.parse().map_err(|_| format!("{most:?} is no number"))?;
        let name = name.to_owned();
        Ok(Self { name, microseconds })
    }
}

/// One benchmark's median and the bounds of its 95 % interval, in nanoseconds.
#[derive(Debug, PartialEq)]
struct Estimate {
    name: String,
    median: f64,
    least: f64,
    most: f64,
}

/// Parts of criterion's files.
#[derive(Deserialize)]
struct Benchmark {
    full_id: String,
}

#[derive(Deserialize)]
struct Written {
    median: Median,
}

#[derive(Deserialize)]
struct Median {
    point_estimate: f64,
    confidence_interval: Interval,
}

#[derive(Deserialize)]
struct Interval {
    lower_bound: f64,
    upper_bound: f64,
}

impl Estimates {
    /// Prints the table. A goal that is missed, or of a benchmark that there is not, is an error.
    pub(crate) fn run(&self) -> Outcome<()> {
        let mut estimates = Vec::new();
        collect(&self.folder, &mut estimates)?;
        estimates.sort_by(|one, other| one.name.cmp(&other.name));
        print!("{}", table(&estimates, &self.goals));
        let missed: Vec<_> = self
            .goals
            .iter()
            .filter_map(|goal| missed(goal, &estimates))
            .collect();
        if missed.is_empty() {
            return Ok(());
        }
        Err(missed.join("; ").into())
    }
}

/// Criterion has a folder for each benchmark, within folders of groups; the last run's is `new`.
fn collect(folder: &Path, estimates: &mut Vec<Estimate>) -> Outcome<()> {
    for entry in read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry?.path();
        if path.ends_with("new") {
            estimates.push(read(&path)?);
        } else if path.is_dir() {
            collect(&path, estimates)?;
        }
    }
    Ok(())
}

fn read(folder: &Path) -> Outcome<Estimate> {
    let benchmark: Benchmark = parsed(&folder.join("benchmark.json"))?;
    let written: Written = parsed(&folder.join("estimates.json"))?;
    let Interval {
        lower_bound,
        upper_bound,
    } = written.median.confidence_interval;
    Ok(Estimate {
        name: benchmark.full_id,
        median: written.median.point_estimate,
        least: lower_bound,
        most: upper_bound,
    })
}

fn parsed<T: DeserializeOwned>(file: &Path) -> Outcome<T> {
    let text = read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(serde_json::from_str(&text)?)
}

fn table(estimates: &[Estimate], goals: &[Goal]) -> String {
    let mut text =
        String::from("| benchmark | goal | median | 95 % interval |\n|---|---|---|---|\n");
    for estimate in estimates {
        let Estimate {
            name,
            median,
            least,
            most,
        } = estimate;
        let goal = goals.iter().find(|goal| goal.name == *name);
        let goal = goal.map_or_else(String::new, |goal| format!("{} µs", goal.microseconds));
        let [median, least, most] = [median, least, most].map(|time| readable(*time));
        // Writing into a string does not fail.
        let _ = writeln!(text, "| {name} | {goal} | {median} | {least} … {most} |");
    }
    text
}

/// Nanoseconds in a unit of which there are few, in three digits or more.
fn readable(nanoseconds: f64) -> String {
    let units = [(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")];
    let fits = units.iter().find(|(unit, _)| nanoseconds >= *unit);
    let (unit, name) = fits.copied().unwrap_or((1.0, "ns"));
    let figure = nanoseconds / unit;
    let digits = if figure < 10.0 {
        2
    } else {
        usize::from(figure < 100.0)
    };
    format!("{figure:.digits$} {name}")
}

/// What is to be said of a goal, if it is missed.
fn missed(goal: &Goal, estimates: &[Estimate]) -> Option<String> {
    let Goal { name, microseconds } = goal;
    let Some(found) = estimates.iter().find(|estimate| estimate.name == *name) else {
        return Some(format!("there is no benchmark {name:?}"));
    };
    (found.median > microseconds * 1e3).then(|| {
        let median = readable(found.median);
        format!("{name}: {median}, and {microseconds} µs was the goal")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(name: &str, median: f64) -> Estimate {
        Estimate {
            name: name.to_owned(),
            median,
            least: median - 1.0,
            most: median + 1.0,
        }
    }

    #[test]
    fn what_criterion_has_written_is_found_in_groups_and_outside() {
        let folder = tempfile::tempdir().unwrap();
        for (path, id) in [("one", "one"), ("group/two", "group/two")] {
            for run in ["base", "new"] {
                let at = folder.path().join(path).join(run);
                std::fs::create_dir_all(&at).unwrap();
                let benchmark = format!(r#"{{"full_id": "{id}", "title": "t"}}"#);
                std::fs::write(at.join("benchmark.json"), benchmark).unwrap();
                let estimates = r#"{"mean": {}, "median": {"point_estimate": 2.0,
                    "confidence_interval": {"lower_bound": 1.0, "upper_bound": 3.0}}}"#;
                std::fs::write(at.join("estimates.json"), estimates).unwrap();
            }
        }
        let mut found = Vec::new();
        collect(folder.path(), &mut found).unwrap();
        found.sort_by(|one, other| one.name.cmp(&other.name));
        assert_eq!(found, [estimate("group/two", 2.0), estimate("one", 2.0)]);
    }

    #[test]
    fn a_goal_that_is_missed_or_of_nothing_is_named() {
        let estimates = [estimate("a hot hit", 21_000.0)];
        let missed = |goal: &str| missed(&goal.parse().unwrap(), &estimates);
        assert_eq!(missed("a hot hit=21"), None);
        let late = missed("a hot hit=20").unwrap();
        assert_eq!(late, "a hot hit: 21.0 µs, and 20 µs was the goal");
        assert!(missed("a cold hit=20").unwrap().contains("no benchmark"));
    }

    #[test]
    fn a_time_is_in_a_unit_that_people_read() {
        for (nanoseconds, text) in [(0.5, "0.50 ns"), (17.44, "17.4 ns"), (182_400.0, "182 µs")] {
            assert_eq!(readable(nanoseconds), text);
        }
        let table = table(&[estimate("a", 2_000.0)], &["a=20".parse().unwrap()]);
        assert!(
            table.ends_with("| a | 20 µs | 2.00 µs | 2.00 µs … 2.00 µs |\n"),
            "{table}"
        );
    }
}
