//! What the system says of this process, and of those that it has started.

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
        let (user, system) = processor_seconds(&read_to_string("/proc/self/stat")?, OWN)?;
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
            peak_kib: kib(&read_to_string("/proc/self/status")?, "VmHWM:")?,
        })
    }
}

/// The memory of a process, in KiB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    pub(crate) resident_kib: u64,
    /// The most that was resident at once.
    pub(crate) peak_kib: u64,
}

/// Processor seconds that a process has used so far, all its threads together, in the program and in the
/// kernel.
pub(crate) fn seconds_of(process: u32) -> Outcome<f64> {
    let stat = read_to_string(format!("/proc/{process}/stat"))?;
    let (user, system) = processor_seconds(&stat, OWN)?;
    Ok(user + system)
}

/// The same of all processes that this one has started and that have ended.
pub(crate) fn seconds_of_ended() -> Outcome<f64> {
    let (user, system) = processor_seconds(&read_to_string("/proc/self/stat")?, ENDED)?;
    Ok(user + system)
}

/// What a process has in memory.
pub(crate) fn memory_of(process: u32) -> Outcome<Memory> {
    let status = read_to_string(format!("/proc/{process}/status"))?;
    Ok(Memory {
        resident_kib: kib(&status, "VmRSS:")?,
        peak_kib: kib(&status, "VmHWM:")?,
    })
}

/// Fields of the file, counted behind the program's name, which is the second and may hold blanks: 14 and
/// 15 are the times of the process, 16 and 17 those of its children that it has waited for.
const OWN: usize = 11;
const ENDED: usize = 13;

fn processor_seconds(stat: &str, field: usize) -> Outcome<(f64, f64)> {
    let (_, rest) = stat.rsplit_once(')').ok_or("no name in stat")?;
    let ticks = rest.split_ascii_whitespace().skip(field).take(2);
    let ticks: Vec<f64> = ticks.map(str::parse).collect::<Result<_, _>>()?;
    let [user, system] = ticks[..] else {
        return Err("no times in stat".into());
    };
    Ok((user / TICKS_PER_SECOND, system / TICKS_PER_SECOND))
}

fn kib(status: &str, name: &str) -> Outcome<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_ascii_whitespace().next());
    let number = number.ok_or_else(|| format!("no {name} in status"))?;
    Ok(number.parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = "7 (a) b) S 1 2 3 4 5 6 7 8 9 10 250 50 7 8 20 0 3 0";
        assert_eq!(processor_seconds(stat, OWN).unwrap(), (2.5, 0.5));
        assert_eq!(processor_seconds(stat, ENDED).unwrap(), (0.07, 0.08));
        assert!(processor_seconds("7 (a", OWN).is_err());
    }

    #[test]
    fn the_peak_is_not_the_size() {
        let status = "VmPeak:\t 9 kB\nVmHWM:\t   42 kB\nVmRSS:\t 7 kB\n";
        assert_eq!(kib(status, "VmHWM:").unwrap(), 42);
        assert_eq!(kib(status, "VmRSS:").unwrap(), 7);
        assert!(kib("", "VmHWM:").is_err());
    }

    #[test]
    fn work_costs_time_and_memory() {
        let began = Moment::now().unwrap();
        let mut work = 0_u64;
        // Until a hundredth of a second is counted: it never ends where none ever is.
        let measured = loop {
            (0..1_000_000).for_each(|number| work = std::hint::black_box(work ^ number));
            let measured = began.since(1).unwrap();
            if measured.user > 0.0 {
                break measured;
            }
        };
        assert!(measured.peak_kib > 0 && measured.wall > 0.0);
        assert!(seconds_of(std::process::id()).unwrap() >= measured.user);
    }
}
