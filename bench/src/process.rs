//! What the system says of this process.

use std::fs::read_to_string;
use std::time::Instant;

use crate::Outcome;
use crate::measured::Measured;

/// The unit of times under `/proc`, on every Linux: a hundredth of a second.
const TICKS_PER_SECOND: f64 = 100.0;

/// A moment in this process's life.
pub(crate) struct Moment {
    at: Instant,
    user: f64,
    system: f64,
}

impl Moment {
    pub(crate) fn now() -> Outcome<Self> {
        let (user, system) = processor_seconds(&read_to_string("/proc/self/stat")?)?;
        Ok(Self {
            at: Instant::now(),
            user,
            system,
        })
    }

    /// What this process, all its threads together, has used since. The peak of its memory is that
    /// of its whole life.
    pub(crate) fn since(&self, bytes: u64) -> Outcome<Measured> {
        let now = Self::now()?;
        Ok(Measured {
            bytes,
            user: now.user - self.user,
            system: now.system - self.system,
            wall: (now.at - self.at).as_secs_f64(),
            peak_kib: peak_kib(&read_to_string("/proc/self/status")?)?,
        })
    }
}

/// Fields 14 and 15 of the file; the second, the program's name, may hold blanks.
fn processor_seconds(stat: &str) -> Outcome<(f64, f64)> {
    let (_, rest) = stat.rsplit_once(')').ok_or("no name in stat")?;
    let ticks = rest.split_ascii_whitespace().skip(11).take(2);
    let ticks: Vec<f64> = ticks.map(str::parse).collect::<Result<_, _>>()?;
    let [user, system] = ticks[..] else {
        return Err("no times in stat".into());
    };
    Ok((user / TICKS_PER_SECOND, system / TICKS_PER_SECOND))
}

fn peak_kib(status: &str) -> Outcome<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_ascii_whitespace().next());
    Ok(number.ok_or("no VmHWM in status")?.parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = "7 (a) b) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 3 0";
        assert_eq!(processor_seconds(stat).unwrap(), (2.5, 0.5));
        assert!(processor_seconds("7 (a").is_err());
    }

    #[test]
    fn the_peak_is_not_the_size() {
        let status = "VmPeak:\t 9 kB\nVmHWM:\t   42 kB\nVmRSS:\t 7 kB\n";
        assert_eq!(peak_kib(status).unwrap(), 42);
        assert!(peak_kib("").is_err());
    }

    #[test]
    fn work_costs_time_and_memory() {
        let began = Moment::now().unwrap();
        let measured = began.since(1).unwrap();
        assert!(measured.peak_kib > 0 && measured.user >= 0.0);
    }
}
